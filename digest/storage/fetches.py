"""What we remember of each feed and robots.txt between passes, and what asking cost per source and day."""

from dataclasses import fields
from datetime import date, datetime

from sqlalchemy import Connection, delete, select

from digest.model.fetch import FetchState, FetchTally, RobotsFile
from digest.model.ids import SourceId
from digest.storage.dialects import insert_into, put
from digest.storage.tables import fetch_states, fetch_tallies, robots_files


class Fetches:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def states(self) -> dict[SourceId, FetchState]:
        """The state of every feed that was ever asked."""
        return {
            row["source_id"]: FetchState(**row) for row in self._connection.execute(select(fetch_states)).mappings()
        }

    def save(self, state: FetchState) -> None:
        """Remember the state of one feed in place of what was known of it."""
        put(self._connection, fetch_states, {field.name: getattr(state, field.name) for field in fields(state)})

    def tally(self, tally: FetchTally) -> None:
        """Add to the day's sums of one source."""
        values = {field.name: getattr(tally, field.name) for field in fields(tally)}
        statement = insert_into(self._connection, fetch_tallies).values(values)
        keys = ("source_id", "day")
        added = {name: fetch_tallies.c[name] + statement.excluded[name] for name in values if name not in keys}
        self._connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=added))

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

    def save_robots(self, file: RobotsFile) -> None:
        """Keep what a site's robots.txt says in place of what was known of it."""
        put(self._connection, robots_files, {field.name: getattr(file, field.name) for field in fields(file)})

    def delete_robots(self, before: datetime) -> None:
        """Forget the files that ran out before `before`."""
        self._connection.execute(delete(robots_files).where(robots_files.c.expires_at < before))
