"""Switches that stop or start something at once, for every process."""

from datetime import datetime

from sqlalchemy import Connection, select

from digest.model.ids import StaffName
from digest.storage.dialects import put
from digest.storage.tables import switches

_SENDING_PAUSED = "sending paused"
_RESTORED = "restored"


class Switches:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def is_sending_paused(self) -> bool:
        query = select(switches.c.is_on).where(switches.c.name == _SENDING_PAUSED)
        return self._connection.scalar(query) or False

    def pause_sending(self, *, by: StaffName, now: datetime) -> None:
        """Nothing leaves until sending is resumed; what waits, waits."""
        self._set(_SENDING_PAUSED, True, by=by, now=now)

    def resume_sending(self, *, by: StaffName, now: datetime) -> None:
        self._set(_SENDING_PAUSED, False, by=by, now=now)

    def note_restored(self, *, by: StaffName, now: datetime) -> None:
        """The database has just been brought back from a backup: what happened since that was made is not in it."""
        self._set(_RESTORED, True, by=by, now=now)

    def restored_at(self) -> datetime | None:
        """When the database was last brought back from a backup; None: never."""
        return self._connection.scalar(select(switches.c.at).where(switches.c.name == _RESTORED))

    def _set(self, name: str, is_on: bool, *, by: StaffName, now: datetime) -> None:
        put(self._connection, switches, {"name": name, "is_on": is_on, "by": by, "at": now})
