"""How surely two rows belong together: a regression on explainable features, over near neighbours alone."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from digest.stages.cluster.features import Features, days_between

Signal = NDArray[np.float32]

BLOCK = 512
"""Rows compared at a time: memory grows with BLOCK · n, never with n²."""
MOST_NEIGHBOURS = 60
FARTHEST_DAYS = 7.0
MOST = 8.0
"""No pair counts for more: one identical pair must not carry a whole cluster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Coefficients of the log odds that two rows belong together."""

    intercept: float
    embedding: float
    words: float
    names: float = 0.0
    numbers: float = 0.0
    log_hours: float = 0.0
    """Times log(1 + hours between) / 5."""
    days: float
    """Times days between, a week at most, / 7."""
    crowding: float = 0.0
    """Times the mean of how crowded it is about the two."""
    unrelated: float
    """What a pair counts that is not among the neighbours."""


SAME_EVENT = Weights(
    intercept=-3.31,
    embedding=9.91,
    words=9.74,
    numbers=3.03,
    days=-8.72,
    crowding=-12.40,
    unrelated=-9.0,
)
"""Two articles report the same happening.

By `bench.fit_likeness`, on the first half of a stream of US political news, on draws from it in which most articles are
alone, and on the sample campaign. On the half that it was not fitted on B-cubed F1 is .881 and pair F1 .745; without
crowding .845 and .641, without days .846 and .667, without the embedding .856 and .697, without words .865 and .719,
without numbers .879 and .744. Titles and names by themselves, hours, the rarest word that two articles share, and what
products of these or trees of decisions could add, bring nothing beside these (under .003).
"""
SAME_STORY = Weights(
    intercept=-4.41,
    embedding=9.20,
    words=1.75,
    names=1.87,
    log_hours=-1.0,
    days=-2.0,
    unrelated=-7.5,
)
"""Two groups of articles belong to one continuing matter.

By the same, on groups half grown of the first half of 40 large stories of 2014 and of the sample campaign, rounded.
That half spans a day, so what time is worth is set by hand. Crowding is left out: what a large story is in the midst of
is the story itself.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """Two rows, a < b, and how surely they belong together."""

    a: int
    b: int
    log_odds: float


def neighbours(features: Features, weights: Weights, *, most: int = MOST_NEIGHBOURS) -> Iterator[Neighbour]:
    """Each row's nearest rows by log odds, `most` at most; a pair comes once."""
    kept: set[tuple[int, int]] = set()
    for first in range(0, len(features), BLOCK):
        rows = slice(first, min(first + BLOCK, len(features)))
        odds = log_odds(features, rows, features, weights)
        odds[np.arange(rows.stop - rows.start), np.arange(rows.start, rows.stop)] = -np.inf
        if odds.shape[1] > most:
            others = np.argpartition(-odds, most, axis=1)[:, :most]
            odds = np.take_along_axis(odds, others, axis=1)
        else:
            others = np.broadcast_to(np.arange(odds.shape[1]), odds.shape)
        # Half a unit above unrelated: what hardly differs from chance is not worth its memory.
        places, columns = np.nonzero(odds > weights.unrelated + 0.5)
        near = others[places, columns]
        for row, other, likely in zip(
            (places + first).tolist(), near.tolist(), odds[places, columns].tolist(), strict=True
        ):
            a, b = (row, other) if row < other else (other, row)
            if row < other or (a, b) not in kept:
                yield Neighbour(a=a, b=b, log_odds=min(MOST, likely))
            if row < other:
                kept.add((a, b))


def log_odds(some: Features, rows: slice, others: Features, weights: Weights) -> NDArray[np.float32]:
    """Log odds of some rows against all others (of the same vocabulary): shape (rows, others)."""
    odds = np.full((len(some.first_day[rows]), len(others)), weights.intercept, dtype=np.float32)
    for name, signal in SIGNALS.items():
        weight = getattr(weights, name)
        if weight:
            odds += np.float32(weight) * signal(some, rows, others)
    return odds


def counted(odds: NDArray[np.float32], weights: Weights) -> NDArray[np.float64]:
    """Log odds as linkage counts them: what hardly differs from chance is unrelated, no pair counts for too much."""
    return np.where(odds > weights.unrelated + 0.5, np.minimum(odds, MOST), weights.unrelated).astype(np.float64)


def contributions(features: Features, a: int, b: int, weights: Weights) -> dict[str, float]:
    """What each signal adds to the log odds of two rows, by its name in `Weights`; the intercept is the rest."""
    return {
        name: getattr(weights, name) * float(signal(features, slice(a, a + 1), features)[0, b])
        for name, signal in SIGNALS.items()
        if getattr(weights, name)
    }


# --- what is weighed: each gives (rows, others) ---------------------------------------------------------------


def _embedding(some: Features, rows: slice, others: Features) -> Signal:
    return np.asarray(some.embedding[rows] @ others.embedding.T)


def _words(some: Features, rows: slice, others: Features) -> Signal:
    return some.words[rows].cosines(others.words)


def _names(some: Features, rows: slice, others: Features) -> Signal:
    return some.names[rows].cosines(others.names)


def _numbers(some: Features, rows: slice, others: Features) -> Signal:
    return some.numbers[rows].cosines(others.numbers)


def _log_hours(some: Features, rows: slice, others: Features) -> Signal:
    return np.asarray(np.log1p(_gap(some, rows, others) * 24) / 5, dtype=np.float32)


def _days(some: Features, rows: slice, others: Features) -> Signal:
    return np.asarray(np.minimum(_gap(some, rows, others), FARTHEST_DAYS) / FARTHEST_DAYS, dtype=np.float32)


def _crowding(some: Features, rows: slice, others: Features) -> Signal:
    return np.asarray((some.crowding[rows, None] + others.crowding[None, :]) / 2, dtype=np.float32)


def _gap(some: Features, rows: slice, others: Features) -> NDArray[np.float64]:
    return days_between(some.first_day[rows], some.last_day[rows], others.first_day, others.last_day)


SIGNALS: Final[Mapping[str, Callable[[Features, slice, Features], Signal]]] = {
    "embedding": _embedding,
    "words": _words,
    "names": _names,
    "numbers": _numbers,
    "log_hours": _log_hours,
    "days": _days,
    "crowding": _crowding,
}
"""By the name of its weight."""
