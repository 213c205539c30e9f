"""Rows of terms are compared the same whether one by one or all at once, and those near an arrival are found whole."""

import numpy as np
import pytest

from digest.stages.cluster.nearby import SHORT_FROM, SHORT_NUMBERS, TOGETHER, Nearby
from digest.stages.cluster.terms import Terms

DOCUMENTS = [("ferry", "harbour", "ferry"), (), ("rent", "ferry"), ("rent", "guild"), ("quill",)]


def test_one_row_is_compared_as_all_are() -> None:
    terms = Terms.of(DOCUMENTS)
    whole = terms.cosines(terms)
    assert whole.diagonal().tolist() == pytest.approx([1, 0, 1, 1, 1])
    assert whole[0, 2] > 0 == whole[0, 3]
    for row in range(len(terms)):
        assert terms[[row]].cosines(terms)[0] == pytest.approx(whole[row])
        assert terms[row : row + 1].cosines(terms[[4, 1, 0]])[0] == pytest.approx(whole[row, [4, 1, 0]])


def test_rows_may_be_taken_in_any_order_and_none() -> None:
    terms = Terms.of(DOCUMENTS)
    taken = terms[[3, 1, 3]]
    assert taken.cosines(taken).tolist() == pytest.approx(np.array([[1, 0, 1], [0, 0, 0], [1, 0, 1]]))
    assert len(terms[[]]) == len(terms[2:2]) == 0
    assert terms[[0]].cosines(terms[[]]).shape == (1, 0)
    assert len(Terms.of([])) == 0


def test_a_word_that_few_say_weighs_more_than_one_that_many_do() -> None:
    terms = Terms.of([("ferry", "quill"), ("ferry", "rent"), ("tench", "quill"), ("ferry",), ("ferry", "guild")])
    whole = terms.cosines(terms)
    assert whole[0, 2] > whole[0, 1]


def test_middle_of_a_group_is_nearer_to_it_than_to_others() -> None:
    terms = Terms.of(DOCUMENTS)
    middles = terms.middles([[0, 2], [3], [1]])
    likeness = middles.cosines(terms)
    assert likeness[0, 0] > likeness[0, 3]
    assert likeness[1, 3] == pytest.approx(1)
    assert not likeness[2].any()


@pytest.mark.parametrize("total", [300, SHORT_FROM + 300])
def test_those_near_an_arrival_are_found_by_the_short_vectors_as_by_the_whole(total: int) -> None:
    draw = np.random.default_rng(5)
    middles = draw.normal(size=(total // 6, 4 * SHORT_NUMBERS)).astype(np.float32)
    vectors = middles[np.arange(total) % len(middles)] + draw.normal(size=(total, 4 * SHORT_NUMBERS)) * 0.5
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    arrivals = list(range(0, total, total // (2 * TOGETHER)))
    among = np.ones(total, dtype=bool)
    among[arrivals] = False
    nearby = Nearby(vectors, arrivals)
    for row in arrivals:
        own = [other for other in range(row % len(middles), total, len(middles)) if among[other]]
        assert set(nearby.nearest(row, among=among)[: len(own)]) == set(own)
    assert nearby.nearest(arrivals[0], among=np.zeros(total, dtype=bool)) == []
