"""Deliver: send what the outbox holds, and record exactly what happened.

    outbox row --claim--> intend (committed) --send--> record

The order is the guarantee: the intent is on disk before the message can leave, so a process that dies in between leaves
a row `unknown`, which is never sent again by itself. Nobody gets an edition twice.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from digest.clock import Clock
from digest.errors import DeliveryError, NotFoundError
from digest.model.delivery import Delivery, DeliveryResult, Medium, Message, OutboxRow
from digest.model.ids import ChannelName
from digest.ports import Composes, Ledger, Mails, Notifies

__all__ = ["Delivered", "deliver", "retry_at"]

logger = logging.getLogger(__name__)

# Growing pauses, a little under a day in all: a relay that is down for the evening still gets today's edition.
PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=20),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
)
GROUP = 20
EMAIL_CHARACTERS = 1_000_000
"""An email carries the whole edition."""


def retry_at(attempts: int, error: DeliveryError, *, now: datetime) -> datetime | None:
    """When to try again after the given number of attempts, or None: never."""
    if not error.retryable or attempts > len(PAUSES):
        return None
    return now + PAUSES[attempts - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What one call of `deliver` did."""

    sent: int = 0
    failed: int = 0
    """For good."""
    waiting: int = 0
    """Will be tried again."""
    failures: tuple[str, ...] = ()
    """One clause each, naming the channel or the recipient's id, never an address."""


def deliver(
    ledger: Ledger,
    composes: Composes,
    *,
    notifies: Notifies,
    mails: Mails | None,
    clock: Clock,
    is_stopping: Callable[[], bool] = lambda: False,
    on_row: Callable[[OutboxRow], None] = lambda _: None,
) -> Delivered:
    """Send every row that is due, in groups, until none is left or `is_stopping` says so.

    A failing recipient never holds up another: its row waits for its retry.
    """
    sent = failed = waiting = 0
    failures: list[str] = []
    while not is_stopping() and (rows := ledger.claim(limit=GROUP, now=clock.now())):
        for row in rows:
            if is_stopping():
                break
            try:
                message, send = _prepare(row, ledger, composes, notifies, mails)
            except NotFoundError as error:
                outcome: str | DeliveryError = DeliveryError(str(error), retryable=False)
            except DeliveryError as error:
                outcome = error
            else:
                if not ledger.intend(row.id, now=clock.now()):
                    continue
                outcome = _attempt(send, message)
            on_row(row)
            again = _record(ledger, row, outcome, clock)
            if isinstance(outcome, str):
                sent += 1
                continue
            failures.append(f"{row.medium.value} {row.recipient_id}: {outcome}")
            waiting, failed = (waiting + 1, failed) if again else (waiting, failed + 1)
    return Delivered(sent=sent, failed=failed, waiting=waiting, failures=tuple(failures))


def _prepare(
    row: OutboxRow, ledger: Ledger, composes: Composes, notifies: Notifies, mails: Mails | None
) -> tuple[Message, Callable[[Message], str]]:
    match row.medium:
        case Medium.CHANNEL:
            channel = ChannelName(row.recipient_id)
            message = composes.message_for(row, most_characters=notifies.most_characters(channel))
            return message, lambda message: notifies.send(channel, message)
        case Medium.EMAIL:
            if mails is None:
                raise DeliveryError("no mail relay is set; set DIGEST_SMTP_URL and DIGEST_EMAIL_FROM", retryable=True)
            address = ledger.address_of(row)
            message = composes.message_for(row, most_characters=EMAIL_CHARACTERS)
            message_id = f"{row.subject_kind}-{row.subject_id}-{row.id}".replace("/", ".")
            return message, lambda message: mails.send(address, message, message_id=message_id)
        case Medium.WEB_PUSH:
            raise DeliveryError("web push to persons is not part of this version", retryable=False)
        case _:
            assert_never(row.medium)


def _attempt(send: Callable[[Message], str], message: Message) -> str | DeliveryError:
    try:
        return send(message)
    except DeliveryError as error:
        return error


def _record(ledger: Ledger, row: OutboxRow, outcome: str | DeliveryError, clock: Clock) -> bool:
    """Write down what happened; whether the row will be tried again."""
    now = clock.now()
    attempt = row.attempts + 1
    again = None if isinstance(outcome, str) else retry_at(attempt, outcome, now=now)
    if isinstance(outcome, str):
        result = DeliveryResult.SENT
    elif again is not None:
        result = DeliveryResult.RETRY
    else:
        result = DeliveryResult.REFUSED
    ledger.record(
        Delivery(
            outbox_id=row.id, attempt=attempt, result=result, detail=str(outcome), started_at=now, finished_at=now
        ),
        retry_at=again,
    )
    logger.info(
        "delivery recorded",
        extra={"row": row.id, "medium": row.medium.value, "result": result.value, "attempt": attempt},
    )
    return again is not None
