"""Turn texts into unit vectors, offline. The only importer of sentence-transformers, torch and onnxruntime.

    texts -> float32 (n, 384)

Two backends compute the same model, all-MiniLM-L6-v2, from files that come with the installed packages:

  onnx    int8 on onnxruntime: small, quick to load, no torch in the process. Two files may serve it: the one that
          set-up makes from the weights (`python -m digest.stages.embed --make`), else a ready one from a package.
          Taken when the file's hash is the recorded one and a self-check agrees with torch's figures.
  torch   sentence-transformers: the reference, and the way to any other model.

Importing this module loads neither; the first `embed` does. It decides nothing about which texts belong together.
"""

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from digest.errors import ConfigError
from digest.model.text import lead_text
from digest.ports import Vectors
from digest.stages.embed.encoders import (
    MODEL_NAME,
    Encoder,
    OnnxEncoder,
    OnnxFile,
    TorchEncoder,
    bundled_folder,
    find_onnx_file,
    greatest_drift,
    weights_revision,
)

__all__ = ["Embedder", "embedding_key", "embedding_text"]

logger = logging.getLogger(__name__)

BackendKind = Literal["auto", "onnx", "torch"]
# Largest departure from torch's cosines between the check sentences: .022 for the file that set-up makes, .005 for
# the ready one, .054 for per-tensor int8, which loses every sixth nearest neighbour.
MOST_DRIFT = 0.04
# Tokens of this vocabulary have 4 to 5 characters on average and at most 18; what lies beyond would be tokenized for
# nothing, and a megabyte without a space takes seconds.
MOST_CHARACTERS = 5_000


def embedding_text(headline: str, text: str) -> str:
    """What stands for an article: its headline and the first 500 characters of its text."""
    return lead_text(headline, text)


def embedding_key(text: str) -> str:
    """The text's SHA-256 in hex: what its vector is cached under, beside the backend's name."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Embedder:
    """Embeds texts with one backend, loaded on first use.

    model_folder: a sentence-transformers folder instead of the bundled model; it runs on torch.
    backend: "auto" takes onnx where it is sound, else torch.
    Raises ConfigError when the asked-for backend's files are missing.
    """

    def __init__(self, *, model_folder: Path | None = None, backend: BackendKind = "auto") -> None:
        if model_folder is not None and backend == "onnx":
            raise ConfigError("A model folder of your own runs on torch: leave the backend at auto, or say torch.")
        if model_folder is not None and not (model_folder / "config.json").is_file():
            raise ConfigError(
                f"{model_folder} holds no model (no config.json); name a folder saved by sentence-transformers."
            )
        self._folder = model_folder or bundled_folder()
        self._name = MODEL_NAME if model_folder is None else model_folder.name
        self._onnx: OnnxFile | None = None
        if backend != "torch" and model_folder is None:
            self._onnx = find_onnx_file()
        if backend == "onnx" and self._onnx is None:
            raise ConfigError("No sound int8 model file: run `python -m digest.stages.embed --make`, or say torch.")
        self._may_fall_back = backend == "auto"
        self._encoder: Encoder | None = None

    @property
    def backend(self) -> str:
        """Name of model, arithmetic and revision. Read it after `embed`: a failed self-check changes it to torch's."""
        if self._onnx is not None:
            return f"{self._name}/onnx-int8/{self._onnx.revision}"
        return f"{self._name}/torch/{weights_revision(self._folder)}"

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row of unit length per text, in order: float32, shape (n, 384) with the bundled model.

        A text's row does not depend on its neighbours (up to rounding, on torch). Texts beyond 256 tokens are cut. An
        empty text has a vector like any other. Raises ConfigError when the int8 model was asked for by name and gives
        wrong vectors here.
        """
        if self._encoder is None:
            self._encoder = self._load()
        return self._encoder.encode([_embeddable(text) for text in texts])

    def release(self) -> None:
        """Forget the model and its memory; the next `embed` loads it again."""
        self._encoder = None

    def _load(self) -> Encoder:
        if self._onnx is None:
            return TorchEncoder(self._folder)
        encoder = OnnxEncoder(self._onnx)
        drift = greatest_drift(encoder)
        if drift <= MOST_DRIFT:
            return encoder
        if not self._may_fall_back:
            raise ConfigError("The int8 model gives wrong vectors on this processor: set the backend to torch.")
        logger.warning("int8 model is wrong on this processor, using torch", extra={"drift": round(drift, 4)})
        self._onnx = None
        return TorchEncoder(self._folder)


def _embeddable(text: str) -> str:
    """`text` as a tokenizer can take it: no lone surrogates, and no more of it than 256 tokens could ever hold."""
    return text[:MOST_CHARACTERS].encode("utf-8", "replace").decode("utf-8")
