"""The ledger that `deliver` is handed: every call a transaction of its own, so that what it says is on disk."""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from digest.errors import NotFoundError
from digest.model.delivery import Delivery, Medium, OutboxRow, RecipientKind
from digest.model.ids import OutboxId, SubscriberId
from digest.storage.transaction import Transaction

_Open = Callable[[], AbstractContextManager[Transaction]]

CLAIM = timedelta(minutes=10)
"""How long a sender may hold a row: far longer than one send takes, and short enough for the same evening."""


class StoredLedger:
    """`ports.Ledger` over the outbox. begin and read open transactions; holder names this sender, and no other one."""

    def __init__(self, *, begin: _Open, read: _Open, holder: str) -> None:
        self._begin = begin
        self._read = read
        self._holder = holder

    def claim(self, *, limit: int, media: Collection[Medium], now: datetime) -> Sequence[OutboxRow]:
        """Due rows of these media, held by this sender now; none while sending is paused."""
        while True:
            # A transaction for each look: rows that must not go any more can be many, and the lock is everybody's.
            with self._begin() as tx:
                if tx.switches.is_sending_paused():
                    return []
                rows, is_more = tx.outbox.claim(
                    holder=self._holder, limit=limit, media=media, now=now, until=now + CLAIM
                )
            if rows or not is_more:
                return rows

    def intend(self, row: OutboxId, *, now: datetime) -> bool:
        """Commit that the next thing is the send. False: it must not be sent."""
        with self._begin() as tx:
            if tx.switches.is_sending_paused():
                tx.outbox.put_back(row, holder=self._holder)
                return False
            return tx.outbox.intend(row, holder=self._holder, now=now, until=now + CLAIM)

    def put_back(self, row: OutboxId) -> None:
        """Give up a claim."""
        with self._begin() as tx:
            tx.outbox.put_back(row, holder=self._holder)

    def record(self, delivery: Delivery, *, retry_at: datetime | None) -> None:
        """Commit what happened."""
        with self._begin() as tx:
            tx.outbox.record(delivery, holder=self._holder, retry_at=retry_at)

    def address_of(self, row: OutboxRow) -> str:
        """The recipient's address. Raises NotFoundError when the row goes to no subscriber, or they are gone."""
        if row.recipient_kind is not RecipientKind.SUBSCRIBER:
            raise NotFoundError(f"Outbox row {row.id} goes to a {row.recipient_kind.value}, which has no address here.")
        with self._read() as tx:
            return tx.outbox.address_of(SubscriberId(int(row.recipient_id)))
