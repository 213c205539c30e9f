"""deliver: what the outbox holds due, through the ledger that storage implements."""

import os
import socket
from collections.abc import Callable

from digest.clock import Clock
from digest.errors import NotFoundError
from digest.model.delivery import Message, OutboxRow, Room, SubjectKind
from digest.model.edition import EditionDocument
from digest.model.ids import EditionId
from digest.ports import Mails, Notifies
from digest.rendering.email import email_message
from digest.rendering.push import push_message
from digest.stages.deliver import Delivered, Routes, deliver
from digest.storage import Storage


def deliver_due(
    storage: Storage,
    clock: Clock,
    *,
    notifies: Notifies,
    mails: Mails | None,
    routes: Routes | None = None,
    is_stopping: Callable[[], bool] = lambda: False,
) -> Delivered:
    """Send what the outbox holds due, through the ledger that storage implements.

    routes: what a sender remembers from call to call of the ways that are closed; None: every way is tried once.
    """
    holder = f"{socket.gethostname()}/{os.getpid()}"
    return deliver(
        storage.ledger(holder),
        _Composer(storage),
        notifies=notifies,
        mails=mails,
        clock=clock,
        routes=routes if routes is not None else Routes(),
        is_stopping=is_stopping,
    )


class _Composer:
    """Makes messages from published documents, each document read and rendered once."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._documents: dict[str, EditionDocument] = {}
        self._emails: dict[str, Message] = {}

    def message_for(self, row: OutboxRow, *, room: Room | None) -> Message:
        if row.subject_kind is not SubjectKind.EDITION:
            raise NotFoundError(f"This version sends no message of kind {row.subject_kind.value}.")
        if room is None:
            if row.subject_id not in self._emails:
                self._emails[row.subject_id] = email_message(self._document(row.subject_id))
            return self._emails[row.subject_id]
        return push_message(self._document(row.subject_id), room=room)

    def _document(self, subject_id: str) -> EditionDocument:
        if subject_id not in self._documents:
            edition_id, _, number = subject_id.partition("/")
            with self._storage.read() as tx:
                self._documents[subject_id] = tx.editions.standing(EditionId(int(edition_id)), int(number))
        return self._documents[subject_id]
