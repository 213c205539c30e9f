"""The latest `now` that this database has seen: time never goes back on it unless somebody insists."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from digest.errors import ConflictError
from digest.storage.dialects import put
from digest.storage.tables import clock

WAITED_SECONDS = 10
"""Two processes look at the clock and then wait for each other to write: the one that looked first may come second."""


class ClockRow:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def last(self) -> datetime | None:
        """The latest moment remembered; None on a fresh database."""
        return self._connection.scalar(select(clock.c.now))

    def advance(self, now: datetime, *, force: bool = False) -> None:
        """Remember `now`. Raises ConflictError when it lies before what is remembered, unless `force`.

        One that lies so little before that another process may have come in between is left as it is.
        """
        last = self.last()
        if last is not None and now < last and not force:
            if last - now <= timedelta(seconds=WAITED_SECONDS):
                return
            raise ConflictError(
                f"This database has seen {last:%Y-%m-%d %H:%M:%S} UTC, and {now:%Y-%m-%d %H:%M:%S} UTC lies before "
                "that. Set the clock forward, or insist with --force."
            )
        put(self._connection, clock, {"id": 1, "now": now})
