"""Vectors: in order, of unit length, of the text alone, from files that are here already."""

import numpy as np
import pytest

from digest.errors import ConfigError
from digest.stages.embed import Embedder, embedding_key, embedding_text

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
