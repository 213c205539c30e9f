"""What we remember of each feed and robots.txt between passes, and what asking cost per source and day."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import date, datetime

from sqlalchemy import Connection, delete, select, update

from digest.model.fetch import FetchState, FetchTally, RobotsFile
from digest.model.ids import SourceId
from digest.storage.dialects import insert_into, put_all
from digest.storage.tables import fetch_states, fetch_tallies, robots_files


class Fetches:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def states(self) -> dict[SourceId, FetchState]:
        """The state of every feed that was ever asked."""
        return {
            row["source_id"]: FetchState(**row) for row in self._connection.execute(select(fetch_states)).mappings()
        }

    def save_all(self, states: Sequence[FetchState]) -> None:
        """Remember the state of each feed in place of what was known of it."""
        names = [field.name for field in fields(FetchState)]
        put_all(self._connection, fetch_states, [{name: getattr(state, name) for name in names} for state in states])

    def ask_soon(self, source_id: SourceId, now: datetime) -> None:
        """Let a feed be due now that is not due yet; one that failed last time keeps its pause."""
        early = (fetch_states.c.source_id == source_id) & (fetch_states.c.failures == 0)
        later = fetch_states.c.next_due_at > now
        self._connection.execute(update(fetch_states).where(early, later).values(next_due_at=now))

    def tally_all(self, tallies: Sequence[FetchTally]) -> None:
        """Add each to the day's sums of its source."""
        if not tallies:
            return
        statement = insert_into(self._connection, fetch_tallies)
        keys = ("source_id", "day")
        sums = [field.name for field in fields(FetchTally) if field.name not in keys]
        added = {name: fetch_tallies.c[name] + statement.excluded[name] for name in sums}
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=keys, set_=added), [asdict(tally) for tally in tallies]
        )

    def tallies(self, since: date) -> list[FetchTally]:
        """The sums of `since` and later days, by day, then source."""
        query = select(fetch_tallies).where(fetch_tallies.c.day >= since)
        found = [FetchTally(**row) for row in self._connection.execute(query).mappings()]
        return sorted(found, key=lambda tally: (tally.day, tally.source_id))

    def delete_tallies(self, before: date) -> None:
        """Forget the sums of days before `before`."""
        self._connection.execute(delete(fetch_tallies).where(fetch_tallies.c.day < before))

    def robots(self) -> list[RobotsFile]:
        """What every site's robots.txt said when it was last asked for."""
        return [RobotsFile(**row) for row in self._connection.execute(select(robots_files)).mappings()]

    def save_robots(self, files: Sequence[RobotsFile]) -> None:
        """Keep what each site's robots.txt says in place of what was known of it."""
        names = [field.name for field in fields(RobotsFile)]
        put_all(self._connection, robots_files, [{name: getattr(file, name) for name in names} for file in files])

    def delete_robots(self, before: datetime) -> None:
        """Forget the files that ran out before `before`."""
        self._connection.execute(delete(robots_files).where(robots_files.c.expires_at < before))
