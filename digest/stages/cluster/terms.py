"""Weighed terms of texts, one row a text, and how alike two rows are by them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digest.model.background import Background

NOTHING = Background(articles=0, seen_in={})


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Terms:
    """Rows of unit length, or empty, over one vocabulary: what compressed sparse rows are made of.

    Few rows are taken and compared by numpy alone: scipy checks an array's order each time that one is made, which
    takes longer than comparing one article with a hundred.
    """

    starts: NDArray[np.int64]
    """Row i has the places from `starts[i]` up to `starts[i + 1]`."""
    columns: NDArray[np.int32]
    weights: NDArray[np.float32]
    width: int

    @classmethod
    def of(cls, documents: Sequence[Iterable[str]], background: Background = NOTHING) -> Self:
        """(1 + log tf) · idf, the idf that of these documents and of the background, smoothed."""
        counts = [Counter(document) for document in documents]
        seen_in: Counter[str] = Counter(term for count in counts for term in count)
        column = {term: index for index, term in enumerate(sorted(seen_in))}
        total, before = len(documents), background.seen_in
        known = np.array([df + before.get(term, 0) for term, df in sorted(seen_in.items())], dtype=np.float64)
        idf = np.log((1 + total + background.articles) / (1 + known)) + 1
        rows = np.repeat(np.arange(total), [len(count) for count in counts])
        columns = np.array([column[term] for count in counts for term in count], dtype=np.int64)
        tf = np.array([times for count in counts for times in count.values()], dtype=np.float64)
        weights = ((1 + np.log(tf)) * idf[columns]).astype(np.float32)
        return cls(**_unit_rows(sparse.csr_array((weights, (rows, columns)), shape=(total, max(1, len(column))))))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, rows: Sequence[int] | NDArray[np.int_] | slice) -> Self:
        """These rows alone; of a slice, rows that follow each other."""
        if isinstance(rows, slice):
            rows = np.arange(*rows.indices(len(self)))
        chosen = np.asarray(rows, dtype=np.int64)
        lengths = self.starts[chosen + 1] - self.starts[chosen]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        places = np.arange(starts[-1]) + np.repeat(self.starts[chosen] - starts[:-1], lengths)
        return type(self)(starts=starts, columns=self.columns[places], weights=self.weights[places], width=self.width)

    def cosines(self, others: Self) -> NDArray[np.float32]:
        """Of each row with each of the others: shape (rows, others)."""
        if len(self) != 1:
            return np.asarray((self._matrix() @ others._matrix().T).toarray(), dtype=np.float32)
        row = np.zeros(self.width, dtype=np.float32)
        row[self.columns] = self.weights
        shares = others.weights * row[others.columns]
        which = np.repeat(np.arange(len(others)), np.diff(others.starts))
        return np.bincount(which, shares, len(others)).astype(np.float32)[None, :]

    def middles(self, groups: Sequence[Sequence[int]]) -> Self:
        """One row for each group of rows."""
        return type(self)(**_unit_rows(gather(groups, len(self)) @ self._matrix()))

    def _matrix(self) -> sparse.csr_array:
        return sparse.csr_array((self.weights, self.columns, self.starts), shape=(len(self), self.width))


def gather(groups: Sequence[Sequence[int]], total: int) -> sparse.csr_array:
    """What sums up each group's rows, of so many in all: shape (groups, total)."""
    which = [number for number, rows in enumerate(groups) for _ in rows]
    members = [row for rows in groups for row in rows]
    ones = np.ones(len(members), dtype=np.float32)
    return sparse.csr_array((ones, (which, members)), shape=(len(groups), total))


def _unit_rows(matrix: sparse.csr_array) -> dict[str, Any]:
    """What `Terms` are made of, every row of unit length."""
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    lengths[lengths == 0] = 1
    return {
        "starts": matrix.indptr.astype(np.int64),
        "columns": matrix.indices.astype(np.int32),
        "weights": (matrix.data / np.repeat(lengths, np.diff(matrix.indptr))).astype(np.float32),
        "width": matrix.shape[1],
    }
