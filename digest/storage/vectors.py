"""The cache of vectors, by the hash of the text they were made from; those of two backends never meet."""

from collections.abc import Collection, Mapping
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from digest.storage.dialects import chunked, put_all
from digest.storage.tables import vectors


class Vectors:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, backend: str, row_by_key: Mapping[str, NDArray[np.float32]], *, now: datetime) -> None:
        """Keep these vectors, in the place of what was kept under their keys. Raises ValueError for what is no single
        vector.
        """
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
        put_all(self._connection, vectors, rows)

    def load(self, keys: Collection[str], *, backend: str) -> dict[str, NDArray[np.float32]]:
        """The vectors of those keys that have a whole one, each of shape (d,), read-only; d may differ."""
        found: dict[str, NDArray[np.float32]] = {}
        columns = (vectors.c.key, vectors.c.dimension, vectors.c.bytes)
        for chunk in chunked(set(keys)):
            query = select(*columns).where(vectors.c.backend == backend, vectors.c.key.in_(chunk))
            for row in self._connection.execute(query):
                if len(row.bytes) == 4 * row.dimension:
                    found[row.key] = np.frombuffer(row.bytes, dtype="<f4")
        return found
