"""Of the articles that have been placed, those that are most like one that arrives, by their embeddings."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from digest.ports import Vectors
from digest.stages.cluster.features import evenly

# Of 384 numbers the 96 that say most are read first: rows of 384 don't fit into a processor's cache. The exact likeness
# then orders the few that come first.
SHORT_NUMBERS = 96
SHORT_FROM = 2000
"""Rows from which that is worth while: to find which numbers say most costs as much as hundreds of arrivals among
fewer."""
MOST_SAMPLED = 4000
"""Rows from which it is read which numbers say most."""
NEAR = 0.2
"""Likeness by the short vectors; what is below it is no neighbour of anything."""
MOST_NEAR = 120
TOGETHER = 64
"""Arrivals that are held against all rows in one product: each then takes a ninth of what it takes alone."""


class Nearby:
    """The rows near each arrival.   embedding: shape (n, d), rows of unit length.   arrivals: rows, as they come."""

    def __init__(self, embedding: Vectors, arrivals: Sequence[int]) -> None:
        self._embedding = embedding
        self._short = _shortened(embedding)
        self._arrivals = list(arrivals)
        self._place = {row: place for place, row in enumerate(self._arrivals)}
        self._block = -1
        self._likeness: NDArray[np.float32] = np.zeros((0, 0), dtype=np.float32)

    def nearest(self, row: int, *, among: NDArray[np.bool_]) -> list[int]:
        """The rows most like an arrival, nearest first.   among: by row, whether it may be one of them."""
        likeness = self._likeness_of(row)
        near = np.flatnonzero((likeness >= NEAR) & among)
        if len(near) > MOST_NEAR:
            near = near[np.argpartition(-likeness[near], MOST_NEAR)[:MOST_NEAR]]
        exact = (self._embedding[near] @ self._embedding[row]).round(4)
        return [int(other) for other in near[np.lexsort((near, -exact))]]

    def _likeness_of(self, row: int) -> NDArray[np.float32]:
        block, place = divmod(self._place[row], TOGETHER)
        if block != self._block:
            rows = self._arrivals[block * TOGETHER : (block + 1) * TOGETHER]
            self._block, self._likeness = block, self._short[rows] @ self._short.T
        return np.asarray(self._likeness[place])


def _shortened(embedding: Vectors) -> Vectors:
    """The rows; of many, along the directions in which they differ most: what two share so, they share on the whole."""
    if embedding.shape[1] <= SHORT_NUMBERS or len(embedding) < SHORT_FROM:
        return embedding
    sample = embedding[evenly(len(embedding), MOST_SAMPLED)]
    _, directions = np.linalg.eigh(sample.T @ sample)
    return np.ascontiguousarray(embedding @ directions[:, -SHORT_NUMBERS:], dtype=np.float32)
