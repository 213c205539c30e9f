"""How surely two articles belong together: a regression on explainable features, over near neighbours alone."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digest.stages.cluster.features import Features

BLOCK = 512
"""Rows compared at a time: memory grows with BLOCK · n, never with n²."""
MOST_NEIGHBOURS = 120
# Log odds that two articles report the same happening. Fitted by bench/fit_cluster.py on 304,347 pairs of a stream of
# US political news (the half before its middle day): on the other half B-cubed F1 .856, pair F1 .667 at the best cut,
# where embeddings alone reach .79 and .49 and a hand-weighted sum with time decay .835 and .59.
INTERCEPT = -7.10
COSINE = 7.17
WORDS = 6.67
TITLE = 4.12
NAMES = -0.72
NUMBERS = 1.35
LOG_HOURS = -1.26
"""Times log(1 + hours between) / 5."""
DAYS = -4.53
"""Times days between, a week at most, / 7."""
FARTHEST_DAYS = 7.0
UNRELATED = -9.0
"""Log odds of a pair that is not among the neighbours: the median of pairs drawn at random is -9.1."""
LEAST = -7.5
"""Pairs below this are not kept: they hardly differ from unrelated ones."""
MOST = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """Two articles, by row, a < b."""

    a: int
    b: int
    log_odds: float


def neighbours(features: Features) -> Iterator[Neighbour]:
    """Each row's nearest rows by log odds, `MOST_NEIGHBOURS` at most; a pair comes once, in order of its rows."""
    total = len(features.days)
    kept: set[tuple[int, int]] = set()
    for first in range(0, total, BLOCK):
        rows = slice(first, min(first + BLOCK, total))
        odds = log_odds(features, rows)
        odds[np.arange(odds.shape[0]), np.arange(rows.start, rows.stop)] = -np.inf
        for offset, line in enumerate(odds):
            near = np.flatnonzero(line > LEAST)
            if len(near) > MOST_NEIGHBOURS:
                near = near[np.argsort(-line[near], kind="stable")[:MOST_NEIGHBOURS]]
            row = first + offset
            for other in near.tolist():
                pair = (row, other) if row < other else (other, row)
                if pair not in kept:
                    kept.add(pair)
                    yield Neighbour(a=pair[0], b=pair[1], log_odds=min(MOST, float(line[other])))


def log_odds(features: Features, rows: slice) -> NDArray[np.float32]:
    """Log odds of these rows against all: shape (rows, n)."""
    gap = np.abs(features.days[rows, None] - features.days[None, :])
    return np.asarray(
        INTERCEPT
        + COSINE * (features.embedding[rows] @ features.embedding.T)
        + WORDS * _cosine(features.words, rows)
        + TITLE * _cosine(features.title, rows)
        + NAMES * _cosine(features.names, rows)
        + NUMBERS * _cosine(features.numbers, rows)
        + LOG_HOURS * np.log1p(gap * 24) / 5
        + DAYS * np.minimum(gap, FARTHEST_DAYS) / FARTHEST_DAYS,
        dtype=np.float32,
    )


def _cosine(matrix: sparse.csr_array, rows: slice) -> NDArray[np.float32]:
    return np.asarray((matrix[rows] @ matrix.T).toarray(), dtype=np.float32)
