from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from digest.clock import FixedClock
from digest.errors import DeliveryError, NotFoundError, RouteError, UncertainDeliveryError, UnreadableError
from digest.model.delivery import (
    Delivery,
    DeliveryResult,
    Medium,
    Message,
    OutboxRow,
    OutboxState,
    RecipientKind,
    Room,
    SubjectKind,
)
from digest.model.ids import ChannelName, OutboxId
from digest.stages.deliver import PAUSES, Delivered, Routes, deliver, retry_at
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

    def claim(self, *, limit: int, media: Collection[Medium], now: datetime) -> Sequence[OutboxRow]:
        group = [row for row in self.rows if row.medium in media][:limit]
        self.rows = [row for row in self.rows if row not in group]
        return group

    def intend(self, row: OutboxId, *, now: datetime) -> bool:
        self.log.append(("intend", row))
        return row not in self.refuses

    def put_back(self, row: OutboxId) -> None:
        self.log.append(("put back", row))

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

    def room_of(self, channel: ChannelName) -> Room:
        return Room(title=250, text=500)

    def send(self, channel: ChannelName, message: Message) -> str:
        self.ledger.log.append(("send", int(channel.rpartition("-")[2])))
        if channel in self.fails_with:
            raise self.fails_with[channel]
        self.sent.append(channel)
        return "taken"


class FakeComposer:
    def message_for(self, row: OutboxRow, *, room: Room | None) -> Message:
        if row.subject_id == "gone":
            raise NotFoundError("That edition is gone.")
        if row.subject_id == "damaged":
            raise UnreadableError("A stored edition can't be read.")
        return Message(title="t", text="x", url="u", html="<p>x</p>")


@dataclass
class FakeMails:
    """Raises the outcomes in turn, then takes everything."""

    outcomes: list[DeliveryError] = field(default_factory=list)
    asked: int = 0

    def send(self, address: str, message: Message, *, message_id: str) -> str:
        self.asked += 1
        if self.outcomes:
            raise self.outcomes.pop(0)
        return "taken"


def delivered(
    ledger: FakeLedger, notifier: FakeNotifier, mails: FakeMails | None = None, **changes: object
) -> Delivered:
    values = {"clock": CLOCK, "routes": Routes()} | changes
    return deliver(ledger, FakeComposer(), notifies=notifier, mails=mails, **values)  # type: ignore[arg-type]  # as above


def an_email(number: int) -> OutboxRow:
    return a_row(number, medium=Medium.EMAIL, recipient_kind=RecipientKind.SUBSCRIBER, recipient_id=str(number))


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


def test_stored_edition_that_cannot_be_read_fails_its_own_row_and_no_other() -> None:
    ledger = FakeLedger([a_row(1, subject_id="damaged"), a_row(2)])
    done = delivered(ledger, FakeNotifier(ledger))
    assert (done.sent, done.failed) == (1, 1)
    assert ledger.recorded[0][0].result is DeliveryResult.REFUSED
    assert "can't be read" in ledger.recorded[0][0].detail


def test_what_may_have_left_is_unknown_and_never_tried_again() -> None:
    ledger = FakeLedger([a_row(1), a_row(2)])
    done = delivered(ledger, FakeNotifier(ledger, fails_with={"channel-1": UncertainDeliveryError("no answer")}))
    assert (done.sent, done.unknown, done.waiting, done.failed) == (1, 1, 0, 0)
    assert (ledger.recorded[0][0].result, ledger.recorded[0][1]) == (DeliveryResult.UNKNOWN, None)


@pytest.mark.parametrize("trouble", [RouteError("sender refused"), UncertainDeliveryError("broke off")])
def test_closed_relay_is_asked_once_a_pause_and_costs_the_others_no_attempt(trouble: DeliveryError) -> None:
    ledger, mails, routes = FakeLedger([an_email(n) for n in range(1, 101)]), FakeMails([trouble]), Routes()
    ledger.rows.append(a_row(101))
    done = delivered(ledger, FakeNotifier(ledger), mails, routes=routes)
    assert mails.asked == 1
    assert done.sent == 1  # the channel's
    assert [delivery.outbox_id for delivery, _ in ledger.recorded] == [1, 101]
    assert [row for act, row in ledger.log if act == "put back"] == list(range(2, 21))
    assert delivered(ledger, FakeNotifier(ledger), mails, routes=routes) == Delivered()
    later = FixedClock(NOON + PAUSES[0])
    assert delivered(ledger, FakeNotifier(ledger), mails, routes=routes, clock=later).sent == 80


def test_channels_do_not_wait_for_every_email() -> None:
    assert Routes().open_media(NOON)[0] is Medium.CHANNEL
    assert set(Routes().open_media(NOON)) == set(Medium)


def test_pauses_of_a_closed_route_grow_until_something_gets_through() -> None:
    routes = Routes()
    assert routes.close(Medium.EMAIL, NOON) == NOON + PAUSES[0]
    assert routes.close(Medium.EMAIL, NOON) == NOON + PAUSES[1]
    assert Medium.EMAIL not in routes.open_media(NOON)
    routes.reopen(Medium.EMAIL)
    assert Medium.EMAIL in routes.open_media(NOON)
    assert routes.close(Medium.EMAIL, NOON) == NOON + PAUSES[0]


def test_closed_route_is_nobodys_last_attempt() -> None:
    assert retry_at(50, RouteError("relay away"), now=NOON) == NOON + PAUSES[-1]


def test_stopping_sender_finishes_the_message_in_hand_and_puts_the_rest_back() -> None:
    ledger = FakeLedger([a_row(1), a_row(2), a_row(3)])
    notifier = FakeNotifier(ledger)
    done = delivered(ledger, notifier, is_stopping=lambda: bool(notifier.sent))
    assert done.sent == 1
    assert ledger.log == [("intend", 1), ("send", 1), ("record", 1), ("put back", 2), ("put back", 3)]


def test_email_without_a_relay_waits() -> None:
    ledger = FakeLedger([a_row(1, medium=Medium.EMAIL, recipient_kind=RecipientKind.SUBSCRIBER)])
    done = delivered(ledger, FakeNotifier(ledger))
    assert done.waiting == 1
    assert "DIGEST_SMTP_URL" in done.failures[0]


def test_failures_name_ids_and_never_addresses() -> None:
    ledger = FakeLedger([replace(a_row(7), medium=Medium.EMAIL, recipient_id="7")])
    assert "reader@home.invalid" not in "".join(delivered(ledger, FakeNotifier(ledger)).failures)


def test_pauses_grow_and_end_within_the_day() -> None:
    error = DeliveryError("down", retryable=True)
    moments = [retry_at(attempt, error, now=NOON) for attempt in range(1, len(PAUSES) + 2)]
    pauses = [moment - NOON for moment in moments[:-1] if moment is not None]
    assert pauses == sorted(pauses)
    assert sum(pauses, timedelta()) < timedelta(days=1)
    assert moments[-1] is None
