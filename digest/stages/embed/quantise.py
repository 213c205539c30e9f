"""Make the int8 file from the bundled weights, and measure a backend against torch. Used at set-up and by `doctor`."""

import importlib.util
import json
import logging
import tempfile
import time
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path

from digest.errors import ConfigError
from digest.stages.embed.encoders import (
    CHECK_SENTENCES,
    MADE_NAME,
    Encoder,
    OnnxEncoder,
    OnnxFile,
    TorchEncoder,
    bundled_folder,
    file_sha256,
    find_onnx_file,
    made_folder,
    tell_nobody,
)

# .994 on 500 news leads for a good file; per-tensor int8 gives .957 and loses every seventh nearest neighbour.
LEAST_MEAN_COSINE = 0.985
TIMING_ROUNDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendCheck:
    """An int8 file against torch, on the check sentences."""

    sha256: str
    mean_cosine: float
    min_cosine: float
    texts_per_second: float
    torch_texts_per_second: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    words: str
    check: BackendCheck | None


def verify_backend(file: OnnxFile | None = None) -> BackendCheck:
    """The int8 file in use (or `file`) measured against torch. Loads both. Raises ConfigError when there is none."""
    chosen = file or find_onnx_file()
    if chosen is None:
        raise ConfigError("No int8 model file is in use: everything runs on torch.")
    onnx, torch = OnnxEncoder(chosen), TorchEncoder(bundled_folder())
    cosines = (onnx.encode(CHECK_SENTENCES) * torch.encode(CHECK_SENTENCES)).sum(axis=1)
    return BackendCheck(
        sha256=chosen.sha256,
        mean_cosine=round(float(cosines.mean()), 5),
        min_cosine=round(float(cosines.min()), 5),
        texts_per_second=round(_texts_per_second(onnx), 1),
        torch_texts_per_second=round(_texts_per_second(torch), 1),
    )


def make_int8_file(folder: Path | None = None) -> Made:
    """Make the int8 file in `folder` unless a sound one is there; keeps it only when it agrees with torch.

    About 20 s once. Never raises for a missing tool: without it the ready file, or torch, serves.
    """
    target = (folder or made_folder()) / MADE_NAME
    found = find_onnx_file(folder)
    if found is not None and found.path == target:
        return Made(words="The int8 model is there.", check=None)
    if importlib.util.find_spec("onnx") is None:  # the quantiser needs it
        return Made(words="Without the onnx package no int8 model is made; the ready one serves.", check=None)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        made = Path(scratch) / MADE_NAME
        _quantise(made)
        check = verify_backend(OnnxFile(path=made, sha256=file_sha256(made)))
        if check.mean_cosine < LEAST_MEAN_COSINE:
            return Made(
                words=f"The int8 model agrees too little with torch ({check.mean_cosine}): not kept.", check=check
            )
        made.replace(target)
    # Last, so that a file without its record (a crash in between) is never used.
    record = target.with_suffix(".json.new")
    record.write_text(json.dumps(asdict(check), indent=1) + "\n", encoding="utf-8")
    record.replace(target.with_suffix(".json"))
    return Made(words=f"Made the int8 model: cosine {check.mean_cosine} to torch.", check=check)


def _quantise(target: Path) -> None:
    """int8 weights by column for the matrix products alone: by tensor, or with the embedding table, it drifts.

    Of seven bits, so that no processor's sums run over: those without VNNI add two products in sixteen bits. With eight
    they give other vectors than the rest do, and other stories.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer warns of shapes that are constant here
        tell_nobody()
        import torch
        from onnxruntime.quantization import QuantType, quantize_dynamic
        from transformers import AutoModel
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()

        class LastState(torch.nn.Module):  # type: ignore[misc]  # torch is not followed, so its classes are Any
            def __init__(self, model: torch.nn.Module) -> None:
                super().__init__()
                self.model = model

            def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
                types = torch.zeros_like(ids)
                return self.model(input_ids=ids, attention_mask=mask, token_type_ids=types).last_hidden_state

        model = AutoModel.from_pretrained(str(bundled_folder()), attn_implementation="eager").eval()
        whole = target.with_name("fp32.onnx")
        axes = {0: "batch", 1: "token"}
        example = torch.ones((2, 8), dtype=torch.long)
        torch.onnx.export(
            LastState(model),
            (example, example),
            str(whole),
            input_names=["input_ids", "attention_mask"],
            output_names=["last_hidden_state"],
            dynamic_axes={name: axes for name in ("input_ids", "attention_mask", "last_hidden_state")},  # noqa: C420
            opset_version=17,
            dynamo=False,
        )
        was_disabled = logging.root.manager.disable
        logging.disable(logging.WARNING)  # it recommends a pre-processing that changes nothing here
        try:
            quantize_dynamic(
                whole,
                target,
                op_types_to_quantize=["MatMul"],
                per_channel=True,
                reduce_range=True,
                weight_type=QuantType.QInt8,
            )
        finally:
            logging.disable(was_disabled)


def _texts_per_second(encoder: Encoder) -> float:
    texts = CHECK_SENTENCES * TIMING_ROUNDS
    encoder.encode(texts)
    began = time.perf_counter()
    encoder.encode(texts)
    return len(texts) / (time.perf_counter() - began)
