"""The cache of vectors, by the hash of the text they were made from; those of two backends never meet."""

from collections.abc import Collection, Mapping
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from digest.storage.dialects import chunked, insert_missing
from digest.storage.tables import vectors


class Vectors:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def missing(self, keys: Collection[str], *, backend: str) -> list[str]:
        """Those of `keys` that have no vector of this backend yet, each once, in order."""
        known: set[str] = set()
        for chunk in chunked(set(keys)):
            query = select(vectors.c.key).where(vectors.c.backend == backend, vectors.c.key.in_(chunk))
            known.update(self._connection.scalars(query))
        return [key for key in dict.fromkeys(keys) if key not in known]

    def add(self, backend: str, row_by_key: Mapping[str, NDArray[np.float32]], *, now: datetime) -> None:
        """Keep these vectors; one that is kept already stays. Raises ValueError for what is no single vector."""
        rows: list[dict[str, object]] = []
        for key, vector in row_by_key.items():
            if vector.ndim != 1:
                raise ValueError(f"a vector of shape {vector.shape} is not a single row")
            rows.append(
                {
                    "backend": backend,
                    "key": key,
                    "dimension": vector.size,
                    "created_at": now,
                    "bytes": vector.astype("<f4").tobytes(),
                }
            )
        for chunk in chunked(rows):
            insert_missing(self._connection, vectors, chunk)

    def load(self, keys: Collection[str], *, backend: str) -> dict[str, NDArray[np.float32]]:
        """The vectors of those keys that have one, each of shape (d,), read-only."""
        found: dict[str, NDArray[np.float32]] = {}
        for chunk in chunked(set(keys)):
            query = select(vectors.c.key, vectors.c.bytes).where(vectors.c.backend == backend, vectors.c.key.in_(chunk))
            for row in self._connection.execute(query):
                found[row.key] = np.frombuffer(row.bytes, dtype="<f4")
        return found
