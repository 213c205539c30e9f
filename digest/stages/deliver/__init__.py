"""Deliver: send what the outbox holds, and record exactly what happened.

    outbox row --claim--> intend (committed) --send--> record

The order is the guarantee: the intent is on disk before the message can leave, so a process that dies in between leaves
a row `unknown`, which is never sent again by itself. Only what provably never left is tried again. Nobody gets an
edition twice.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import assert_never

from digest.clock import Clock
from digest.errors import DeliveryError, NotFoundError, RouteError, UncertainDeliveryError, UnreadableError
from digest.model.delivery import Delivery, DeliveryResult, Medium, Message, OutboxRow
from digest.model.ids import ChannelName
from digest.ports import Composes, Ledger, Mails, Notifies

__all__ = ["MESSAGE_SECONDS", "Delivered", "Routes", "deliver", "retry_at"]

logger = logging.getLogger(__name__)

# Growing pauses: a relay that is down for the evening still gets today's edition, and a row whose edition has grown
# old meanwhile is ended by the outbox (storage/outbox.py, EXPIRES_AFTER), not here.
PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=20),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=6),
)
GROUP = 20
MESSAGE_SECONDS = 90.0
"""The longest that one message may take: a relay that scans before it answers gets its time, for what is cut off here
is `unknown` and waits for a person. Who stops a sender gives it this long."""


def retry_at(attempts: int, error: DeliveryError, *, now: datetime) -> datetime | None:
    """When to try again after the given number of attempts, or None: never.

    A closed route is nobody's last attempt: its rows wait until it opens or their edition expires.
    """
    if isinstance(error, RouteError):
        return now + PAUSES[min(attempts, len(PAUSES)) - 1]
    if not error.retryable or attempts > len(PAUSES):
        return None
    return now + PAUSES[attempts - 1]


@dataclass(slots=True)
class Routes:
    """The media by which nothing leaves at the moment, and until when. A sender keeps one for as long as it runs.

    One row tries a closed route after each pause; the others wait without an attempt, so that a list of half a million
    does not hammer at a relay that refuses its sender.
    """

    _closed: dict[Medium, tuple[int, datetime]] = field(default_factory=dict)

    def open_media(self, now: datetime) -> tuple[Medium, ...]:
        """Those that something may leave by, the few channels before the many persons."""
        order = (Medium.CHANNEL, Medium.WEB_PUSH, Medium.EMAIL)
        return tuple(medium for medium in order if medium not in self._closed or self._closed[medium][1] <= now)

    def close(self, medium: Medium, now: datetime) -> datetime:
        """Close it for the next longer pause; until when."""
        times, _ = self._closed.get(medium, (0, now))
        until = now + PAUSES[min(times, len(PAUSES) - 1)]
        self._closed[medium] = (times + 1, until)
        return until

    def reopen(self, medium: Medium) -> None:
        self._closed.pop(medium, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What one call of `deliver` did."""

    sent: int = 0
    failed: int = 0
    """For good."""
    waiting: int = 0
    """Will be tried again."""
    unknown: int = 0
    """May have left: a person settles them."""
    failures: tuple[str, ...] = ()
    """One clause each, naming the channel or the recipient's id, never an address."""


def deliver(
    ledger: Ledger,
    composes: Composes,
    *,
    notifies: Notifies,
    mails: Mails | None,
    clock: Clock,
    routes: Routes,
    is_stopping: Callable[[], bool] = lambda: False,
) -> Delivered:
    """Send every row that is due, in groups, until none is left or `is_stopping` says so.

    The message in hand is finished, what else is claimed is put back. A failing recipient never holds up another: its
    row waits for its retry. A closed route holds up what goes that way, and nothing else.
    """
    count = dict.fromkeys(DeliveryResult, 0)
    failures: list[str] = []
    while not is_stopping() and (
        rows := ledger.claim(limit=GROUP, media=routes.open_media(clock.now()), now=clock.now())
    ):
        for row in rows:
            if is_stopping() or row.medium not in routes.open_media(clock.now()):
                ledger.put_back(row.id)
                continue
            started_at = clock.now()
            try:
                message, send = _prepare(row, ledger, composes, notifies, mails)
            except (NotFoundError, UnreadableError) as error:
                outcome: str | DeliveryError = DeliveryError(str(error), retryable=False)
            except DeliveryError as error:
                outcome = error
            else:
                if not ledger.intend(row.id, now=clock.now()):
                    continue
                outcome = _attempt(send, message)
            result = _record(ledger, row, outcome, started_at, clock.now())
            count[result] += 1
            if isinstance(outcome, str):
                routes.reopen(row.medium)
                continue
            failures.append(f"{row.medium.value} {row.recipient_id}: {outcome}")
            logger.warning("delivery failed", extra={"row": row.id, "medium": row.medium.value, "reason": str(outcome)})
            # A relay that breaks off is left alone for a while too: else one bad night makes every row unknown.
            is_cut_off = isinstance(outcome, UncertainDeliveryError) and row.medium is Medium.EMAIL
            if isinstance(outcome, RouteError) or is_cut_off:
                until = routes.close(row.medium, clock.now())
                logger.error(
                    "nothing leaves this way for now",
                    extra={"medium": row.medium.value, "reason": str(outcome), "until": until.isoformat()},
                )
    return Delivered(
        sent=count[DeliveryResult.SENT],
        failed=count[DeliveryResult.REFUSED],
        waiting=count[DeliveryResult.RETRY],
        unknown=count[DeliveryResult.UNKNOWN],
        failures=tuple(failures),
    )


def _prepare(
    row: OutboxRow, ledger: Ledger, composes: Composes, notifies: Notifies, mails: Mails | None
) -> tuple[Message, Callable[[Message], str]]:
    match row.medium:
        case Medium.CHANNEL:
            channel = ChannelName(row.recipient_id)
            message = composes.message_for(row, room=notifies.room_of(channel))
            return message, lambda message: notifies.send(channel, message)
        case Medium.EMAIL:
            if mails is None:
                raise RouteError("no mail relay is set; set DIGEST_SMTP_URL and DIGEST_EMAIL_FROM")
            address = ledger.address_of(row)
            message = composes.message_for(row, room=None)
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


def _record(
    ledger: Ledger, row: OutboxRow, outcome: str | DeliveryError, started_at: datetime, now: datetime
) -> DeliveryResult:
    """Write down what happened."""
    attempt = row.attempts + 1
    again = None if isinstance(outcome, str) else retry_at(attempt, outcome, now=now)
    if isinstance(outcome, str):
        result = DeliveryResult.SENT
    elif isinstance(outcome, UncertainDeliveryError):
        result = DeliveryResult.UNKNOWN
    elif again is not None:
        result = DeliveryResult.RETRY
    else:
        result = DeliveryResult.REFUSED
    ledger.record(
        Delivery(
            outbox_id=row.id,
            attempt=attempt,
            result=result,
            detail=str(outcome),
            started_at=started_at,
            finished_at=now,
        ),
        retry_at=again,
    )
    logger.info(
        "delivery recorded",
        extra={"row": row.id, "medium": row.medium.value, "result": result.value, "attempt": attempt},
    )
    return result
