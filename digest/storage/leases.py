"""Leases: a name that one process holds until a moment, so that a dead process frees it by itself."""

from datetime import datetime

from sqlalchemy import Connection, delete, or_, select, update

from digest.storage.dialects import insert_into
from digest.storage.tables import leases


class Leases:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take(self, name: str, *, holder: str, now: datetime, until: datetime) -> bool:
        """Whether `holder` has the lease now: it was free, had run out, or was `holder`'s already."""
        statement = insert_into(self._connection, leases).values(name=name, holder=holder, until=until)
        taken = statement.on_conflict_do_update(
            index_elements=["name"],
            set_={"holder": statement.excluded.holder, "until": statement.excluded.until},
            where=or_(leases.c.until <= now, leases.c.holder == holder),
        ).returning(leases.c.name)
        return self._connection.execute(taken).first() is not None

    def renew(self, name: str, *, holder: str, now: datetime, until: datetime) -> bool:
        """Whether `holder` still had the lease and now has it until `until`."""
        mine = (leases.c.name == name) & (leases.c.holder == holder) & (leases.c.until > now)
        return self._connection.execute(update(leases).where(mine).values(until=until)).rowcount == 1

    def release(self, name: str, holder: str) -> None:
        """Free the lease when `holder` has it; nothing otherwise."""
        self._connection.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))

    def holder(self, name: str, now: datetime) -> str | None:
        """Who has the lease; None when nobody has, or it has run out."""
        return self._connection.scalar(select(leases.c.holder).where(leases.c.name == name, leases.c.until > now))
