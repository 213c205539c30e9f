"""Vectors: in order, of unit length, of the text alone, from files that are here already."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from digest.errors import ConfigError
from digest.ports import Vectors
from digest.stages.embed import MOST_DRIFT, Embedder, embedding_key, embedding_text
from digest.stages.embed.encoders import MADE_NAME, bundled_folder, find_onnx_file, greatest_drift

pytestmark = pytest.mark.xdist_group("model")
TEXTS = [
    "The ferry will be out of service.",
    "The rent cap passed its second reading.",
    "",
    "漢字 🗳 ünïcödé",
    "x" * 9000,
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder()


def test_rows_are_unit_vectors_in_order_whatever_their_neighbours(embedder: Embedder) -> None:
    together = embedder.embed(TEXTS)
    assert (together.shape, together.dtype) == ((5, 384), np.float32)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for row, text in zip(together, TEXTS, strict=True):
        assert float(row @ embedder.embed([text])[0]) > 0.999


def test_likeness_is_of_meaning(embedder: Embedder) -> None:
    ferry, boat, rent = embedder.embed([TEXTS[0], "No boat sails until further notice.", TEXTS[1]])
    assert ferry @ boat > ferry @ rent


def test_nothing_gives_no_rows(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, 384)


def test_model_that_was_let_go_comes_back_the_same(embedder: Embedder) -> None:
    before = embedder.embed(TEXTS[:2])
    embedder.release()
    np.testing.assert_array_equal(embedder.embed(TEXTS[:2]), before)


def test_set_up_has_made_the_small_model_and_it_agrees_with_the_reference(embedder: Embedder) -> None:
    small = embedder.embed(TEXTS[:2])
    assert "/onnx-int8/" in embedder.backend
    reference = Embedder(backend="torch")
    exact = reference.embed(TEXTS[:2])
    assert float(np.sum(small * exact, axis=1).min()) > 0.97
    assert "/torch/" in reference.backend
    reference.release()


def test_keys_tell_texts_apart_and_texts_begin_with_the_headline() -> None:
    assert embedding_key("a") != embedding_key("b")
    assert embedding_text("Rents rise", "By 4 per cent.").startswith("Rents rise")
    assert embedding_text("Rents rise", "x" * 9000) == embedding_text("Rents rise", "x" * 9001)


def test_model_folder_that_holds_none_is_told(tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(ConfigError, match=r"config\.json"):
        Embedder(model_folder=tmp_path_factory.mktemp("empty"))
    with pytest.raises(ConfigError, match="torch"):
        Embedder(model_folder=bundled_folder(), backend="onnx")


def test_text_that_is_no_unicode_and_one_without_end_have_vectors(embedder: Embedder) -> None:
    rows = embedder.embed(["broken \ud800 pair", "a" * 2_000_000, "word " * 400_000])
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert embedding_key("broken \ud800 pair") == embedding_key("broken \ud800 pair")


def test_int8_file_that_is_not_the_recorded_one_is_passed_over(tmp_path: Path) -> None:
    made = tmp_path / MADE_NAME
    made.write_bytes(b"not what was made")
    made.with_suffix(".json").write_text(json.dumps({"sha256": "0" * 64}), encoding="utf-8")
    found = find_onnx_file(tmp_path)
    assert found is not None
    assert found.path != made


def test_encoder_that_computes_nonsense_is_found_out(embedder: Embedder) -> None:
    class Nonsense:
        def encode(self, texts: Sequence[str]) -> Vectors:
            rows = np.random.default_rng(0).normal(size=(len(texts), 384)).astype(np.float32)
            unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
            return unit

    class Sound:
        def encode(self, texts: Sequence[str]) -> Vectors:
            return embedder.embed(texts)

    assert greatest_drift(Nonsense()) > MOST_DRIFT > greatest_drift(Sound())


def test_importing_embed_loads_no_model_and_embedding_reaches_for_no_network() -> None:
    program = """
import sys
sys.addaudithook(lambda event, _: sys.exit(event) if event in {"socket.connect", "socket.getaddrinfo"} else None)
from digest.stages.embed import Embedder
heavy = {"torch", "onnxruntime", "sentence_transformers", "tokenizers", "transformers"} & set(sys.modules)
assert not heavy, heavy
Embedder().embed(["The ferry will be out of service."])
assert "torch" not in sys.modules, "the small model needs no torch"
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_libraries_of_models_leave_no_trace_for_their_makers(tmp_path: Path) -> None:
    program = "from digest.stages.embed import Embedder; Embedder(backend='onnx').embed(['One sentence.'])"
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "PATH": os.environ["PATH"]}
    done = subprocess.run([sys.executable, "-c", program], env=home, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []
