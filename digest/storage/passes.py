"""The passes of the pipeline: when each began and ended, and what it did."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from digest.errors import NotFoundError
from digest.model.job import JSON, PassRecord
from digest.storage.tables import passes


class Passes:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def start(self, now: datetime) -> int:
        """The number of a pass that begins now."""
        statement = insert(passes).values(started_at=now, summary={}).returning(passes.c.id)
        return int(self._connection.scalars(statement).one())

    def finish(self, number: int, *, now: datetime, summary: Mapping[str, JSON]) -> None:
        """The pass ended, and did what `summary` says. Raises NotFoundError."""
        change = update(passes).where(passes.c.id == number).values(finished_at=now, summary=dict(summary))
        if self._connection.execute(change).rowcount == 0:
            raise NotFoundError(f"There is no pass {number}.")

    def last(self) -> PassRecord | None:
        """The pass that began last, finished or not."""
        return self._newest(is_finished=False)

    def last_finished(self) -> PassRecord | None:
        """The pass that began last among those that came to their end."""
        return self._newest(is_finished=True)

    def last_finished_on(self) -> date | None:
        """The day, in UTC, on which the last pass that came to its end began."""
        last = self.last_finished()
        return last.started_at.date() if last is not None else None

    def first_started_at(self) -> datetime | None:
        """When the first pass began that is on record; None before any."""
        first: datetime | None = self._connection.scalar(select(func.min(passes.c.started_at)))
        return first

    def delete(self, before: datetime) -> None:
        """Forget the passes that began before this, but for the first ever: it says since when editions are owed."""
        first = select(func.min(passes.c.id)).scalar_subquery()
        self._connection.execute(delete(passes).where(passes.c.started_at < before, passes.c.id != first))

    def _newest(self, *, is_finished: bool) -> PassRecord | None:
        query = select(passes).order_by(passes.c.id.desc()).limit(1)
        row = self._connection.execute(query.where(passes.c.finished_at.is_not(None)) if is_finished else query).first()
        if row is None:
            return None
        return PassRecord(id=row.id, started_at=row.started_at, finished_at=row.finished_at, summary=row.summary)
