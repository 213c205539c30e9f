"""In how many articles of the archive each word stands: one row, made anew each day."""

from sqlalchemy import Connection, select

from digest.model.background import Background
from digest.storage.dialects import put
from digest.storage.tables import background


class BackgroundRow:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def load(self) -> Background | None:
        """What was kept last; None where nothing was yet."""
        row = self._connection.execute(select(background)).one_or_none()
        return None if row is None else Background(articles=row.articles, seen_in=row.seen_in)

    def keep(self, found: Background) -> None:
        """In place of what was kept."""
        row: dict[str, object] = {"id": 1, "articles": found.articles, "seen_in": dict(found.seen_in)}
        put(self._connection, background, row)
