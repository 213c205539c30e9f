"""Average linkage over near neighbours: one tree, cut at two heights."""

import heapq
from collections.abc import Collection, Iterable, Sequence

from digest.stages.cluster.likeness import Neighbour


class Tree:
    """Grows clusters by merging the two that are most alike on average, as long as they are `at_least` so much alike.

    Pairs of rows that are no neighbours count as unrelated, so only neighbours are held: for each two clusters the sum
    of (log odds - unrelated) over their neighbouring pairs, which adds up when clusters merge.

    sizes: how many articles a row stands for.   unrelated: log odds of pairs that are not given.
    apart: rows that must never share a cluster.
    Ties go to the earlier rows, so the same rows always give the same tree.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        pairs: Iterable[Neighbour],
        *,
        unrelated: float,
        at_least: float,
        apart: Collection[tuple[int, int]] = (),
    ) -> None:
        self._unrelated = unrelated
        self._at_least = at_least
        self._rows = {row: [row] for row in range(len(sizes))}
        self._size = dict(enumerate(sizes))
        self._above: dict[int, dict[int, float]] = {row: {} for row in self._rows}
        self._apart: dict[int, set[int]] = {row: set() for row in self._rows}
        for a, b in apart:
            self._apart[a].add(b)
            self._apart[b].add(a)
        self._queue: list[tuple[float, int, int]] = []
        for pair in pairs:
            above = (pair.log_odds - unrelated) * sizes[pair.a] * sizes[pair.b]
            self._above[pair.a][pair.b] = self._above[pair.b][pair.a] = above
        for a, others in self._above.items():
            for b in others:
                if a < b:
                    self._offer(a, b)

    def join(self, a: int, b: int) -> None:
        """Merge the clusters of two rows, whatever their likeness, unless they are to be kept apart."""
        first, second = sorted((self._cluster_of(a), self._cluster_of(b)))
        if first != second and second not in self._apart[first]:
            self._merge(first, second)

    def grow(self) -> list[list[int]]:
        """Merge; the clusters then, rows in order, by first row."""
        while self._queue:
            alike, a, b = heapq.heappop(self._queue)
            is_current = a in self._above and b in self._above[a] and -alike == self._alike(a, b)
            # An offer may be older than what keeps the two apart, and yet as good as it was.
            if is_current and b not in self._apart[a]:
                self._merge(a, b)
        return sorted(sorted(rows) for rows in self._rows.values())

    def _alike(self, a: int, b: int) -> float:
        return self._unrelated + self._above[a][b] / (self._size[a] * self._size[b])

    def _offer(self, a: int, b: int) -> None:
        alike = self._alike(a, b)
        if alike >= self._at_least and b not in self._apart[a]:
            heapq.heappush(self._queue, (-alike, min(a, b), max(a, b)))

    def _merge(self, into: int, gone: int) -> None:
        self._rows[into] += self._rows.pop(gone)
        self._size[into] += self._size.pop(gone)
        for other in self._apart.pop(gone):
            self._apart[other].discard(gone)
            self._apart[other].add(into)
            self._apart[into].add(other)
        for other, above in self._above.pop(gone).items():
            del self._above[other][gone]
            if other != into:
                self._above[into][other] = self._above[other][into] = self._above[into].get(other, 0.0) + above
        for other in self._above[into]:
            self._offer(into, other)

    def _cluster_of(self, row: int) -> int:
        return next(name for name, rows in self._rows.items() if row in rows)
