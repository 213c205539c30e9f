"""What staff did, who and when: rows are added and never changed."""

from datetime import datetime

from sqlalchemy import Connection, insert

from digest.model.ids import StaffName
from digest.storage.tables import audit


class Audit:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, *, by: StaffName, act: str, subject: str, detail: str, now: datetime) -> None:
        """Keep one act. subject: what it was done to, as "kind/id"; neither it nor `detail` may hold an address."""
        self._connection.execute(insert(audit).values(by=by, act=act, subject=subject, detail=detail, at=now))
