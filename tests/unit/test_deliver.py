from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from digest.clock import FixedClock
from digest.errors import DeliveryError, NotFoundError
from digest.model.delivery import (
    Delivery,
    DeliveryResult,
    Medium,
    Message,
    OutboxRow,
    OutboxState,
    RecipientKind,
    SubjectKind,
)
from digest.model.ids import ChannelName, OutboxId
from digest.stages.deliver import PAUSES, Delivered, deliver, retry_at
from tests.factories import NOON

CLOCK = FixedClock(NOON)


def a_row(number: int, **changes: object) -> OutboxRow:
    values: dict[str, object] = {
        "id": OutboxId(number),
        "subject_kind": SubjectKind.EDITION,
        "subject_id": "1/1",
        "recipient_kind": RecipientKind.CHANNEL,
        "recipient_id": f"channel-{number}",
        "medium": Medium.CHANNEL,
        "state": OutboxState.CLAIMED,
        "attempts": 0,
        "due_at": NOON,
    }
    return OutboxRow(**values | changes)  # type: ignore[arg-type]  # a test names only what it is about


@dataclass
class FakeLedger:
    rows: list[OutboxRow]
    refuses: set[OutboxId] = field(default_factory=set)
    log: list[tuple[str, int]] = field(default_factory=list)
    recorded: list[tuple[Delivery, datetime | None]] = field(default_factory=list)

    def claim(self, *, limit: int, now: datetime) -> Sequence[OutboxRow]:
        group, self.rows = self.rows[:limit], self.rows[limit:]
        return group

    def intend(self, row: OutboxId, *, now: datetime) -> bool:
        self.log.append(("intend", row))
        return row not in self.refuses

    def record(self, delivery: Delivery, *, retry_at: datetime | None) -> None:
        self.log.append(("record", delivery.outbox_id))
        self.recorded.append((delivery, retry_at))

    def address_of(self, row: OutboxRow) -> str:
        return "reader@home.invalid"


@dataclass
class FakeNotifier:
    ledger: FakeLedger
    fails_with: dict[str, DeliveryError] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)

    def most_characters(self, channel: ChannelName) -> int:
        return 500

    def send(self, channel: ChannelName, message: Message) -> str:
        self.ledger.log.append(("send", int(channel.rpartition("-")[2])))
        if channel in self.fails_with:
            raise self.fails_with[channel]
        self.sent.append(channel)
        return "taken"


class FakeComposer:
    def message_for(self, row: OutboxRow, *, most_characters: int) -> Message:
        if row.subject_id == "gone":
            raise NotFoundError("That edition is gone.")
        return Message(title="t", text="x", url="u", html="<p>x</p>")


def delivered(ledger: FakeLedger, notifier: FakeNotifier) -> Delivered:
    return deliver(ledger, FakeComposer(), notifies=notifier, mails=None, clock=CLOCK)


def test_intent_is_committed_before_anything_leaves() -> None:
    ledger = FakeLedger([a_row(1), a_row(2)])
    done = delivered(ledger, FakeNotifier(ledger))
    assert done.sent == 2
    assert ledger.log == [(act, row) for row in (1, 2) for act in ("intend", "send", "record")]


def test_row_that_is_no_longer_ours_is_not_sent() -> None:
    ledger = FakeLedger([a_row(1)], refuses={OutboxId(1)})
    notifier = FakeNotifier(ledger)
    assert delivered(ledger, notifier).sent == 0
    assert notifier.sent == []


def test_failing_channel_waits_for_its_retry_and_holds_up_nobody() -> None:
    ledger = FakeLedger([a_row(1), a_row(2)])
    notifier = FakeNotifier(ledger, fails_with={"channel-1": DeliveryError("down", retryable=True)})
    done = delivered(ledger, notifier)
    assert (done.sent, done.waiting, done.failed) == (1, 1, 0)
    assert notifier.sent == ["channel-2"]
    delivery, again = ledger.recorded[0]
    assert delivery.result is DeliveryResult.RETRY
    assert again == NOON + PAUSES[0]


def test_refused_row_is_never_tried_again() -> None:
    ledger = FakeLedger([a_row(1)])
    done = delivered(ledger, FakeNotifier(ledger, fails_with={"channel-1": DeliveryError("no", retryable=False)}))
    assert (done.failed, ledger.recorded[0][1]) == (1, None)
    assert done.failures == ("channel channel-1: no",)


def test_message_that_cannot_be_made_is_recorded_and_not_intended() -> None:
    ledger = FakeLedger([a_row(1, subject_id="gone")])
    assert delivered(ledger, FakeNotifier(ledger)).failed == 1
    assert ledger.log == [("record", 1)]


def test_email_without_a_relay_waits() -> None:
    ledger = FakeLedger([a_row(1, medium=Medium.EMAIL, recipient_kind=RecipientKind.SUBSCRIBER)])
    done = delivered(ledger, FakeNotifier(ledger))
    assert done.waiting == 1
    assert "DIGEST_SMTP_URL" in done.failures[0]


def test_failures_name_ids_and_never_addresses() -> None:
    ledger = FakeLedger([replace(a_row(7), medium=Medium.EMAIL, recipient_id="7")])
    assert "reader@home.invalid" not in "".join(delivered(ledger, FakeNotifier(ledger)).failures)


def test_pauses_grow_and_end() -> None:
    error = DeliveryError("down", retryable=True)
    moments = [retry_at(attempt, error, now=NOON) for attempt in range(1, len(PAUSES) + 2)]
    pauses = [moment - NOON for moment in moments[:-1] if moment is not None]
    assert pauses == sorted(pauses)
    assert sum(pauses, timedelta()) < timedelta(days=1)
    assert moments[-1] is None
