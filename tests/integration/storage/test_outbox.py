"""The outbox: each thing once, consent at the claim, and nothing sent twice after a crash."""

from collections.abc import Sequence
from datetime import timedelta

from digest.model.delivery import (
    Delivery,
    DeliveryResult,
    Medium,
    OutboxRow,
    OutboxState,
    RecipientKind,
    Settlement,
    Standing,
    SubjectKind,
    UnknownPolicy,
)
from digest.model.edition import Edition
from digest.model.ids import ChannelName
from digest.storage import Storage
from digest.storage.outbox import CANDIDATES, EXPIRES_AFTER
from tests.factories import NOON
from tests.integration.storage.lives import ANN, CHANNEL, DAY, READERS, TODAY, drafted, published

HOUR = timedelta(hours=1)


def an_attempt(row: OutboxRow, result: DeliveryResult) -> Delivery:
    return Delivery(
        outbox_id=row.id,
        attempt=row.attempts + 1,
        result=result,
        detail="said the relay",
        started_at=NOON,
        finished_at=NOON,
    )


def claimed(storage: Storage, holder: str = "one", *, later: timedelta = timedelta()) -> Sequence[OutboxRow]:
    return storage.ledger(holder).claim(limit=10, media=tuple(Medium), now=NOON + later)


def states(storage: Storage, edition_id: int) -> dict[OutboxState, int]:
    with storage.read() as tx:
        found: dict[OutboxState, int] = {}
        for (_, state), number in tx.outbox.counts(SubjectKind.EDITION, f"{edition_id}/1").items():
            found[state] = found.get(state, 0) + number
    return found


def test_filling_twice_is_filling_once(storage: Storage) -> None:
    edition = published(storage)
    with storage.begin() as tx:
        tx.outbox.fill_for_edition(edition.id, 1, channels=[CHANNEL], now=NOON)
        rows = tx.outbox.rows(SubjectKind.EDITION, f"{edition.id}/1")
        assert tx.outbox.audience([CHANNEL]).email == 2
    assert sorted(row.medium for row in rows) == [Medium.CHANNEL, Medium.EMAIL, Medium.EMAIL]
    assert all("@" not in row.recipient_id for row in rows)


def test_no_row_goes_to_two_senders(storage: Storage) -> None:
    published(storage)
    first, second = claimed(storage, "one"), claimed(storage, "two")
    assert (len(first), len(second)) == (3, 0)


def test_claim_that_ran_out_is_due_again_and_its_first_holder_may_not_send(storage: Storage) -> None:
    published(storage)
    row = claimed(storage, "slow")[0]
    assert len(claimed(storage, "next", later=HOUR)) == 3
    assert not storage.ledger("slow").intend(row.id, now=NOON + HOUR)


def test_who_left_after_queueing_gets_nothing(storage: Storage) -> None:
    edition = published(storage)
    with storage.begin() as tx:
        tx.subscribers.mirror_list(READERS[:1], now=NOON)
    assert len(claimed(storage)) == 2
    assert states(storage, edition.id)[OutboxState.CANCELLED] == 1


def test_who_left_after_the_claim_gets_nothing(storage: Storage) -> None:
    published(storage)
    rows = claimed(storage)
    with storage.begin() as tx:
        tx.subscribers.mirror_list([], now=NOON)
    ledger = storage.ledger("one")
    may_go = [row.recipient_kind for row in rows if ledger.intend(row.id, now=NOON)]
    assert may_go == [RecipientKind.CHANNEL]


def test_crash_after_the_intent_is_unknown_and_never_sent_again_by_itself(storage: Storage) -> None:
    edition = published(storage)
    ledger = storage.ledger("dies")
    for row in claimed(storage, "dies"):
        assert ledger.intend(row.id, now=NOON)
    assert claimed(storage, "next", later=HOUR) == []
    assert states(storage, edition.id) == {OutboxState.UNKNOWN: 3}
    assert settled(storage, UnknownPolicy.ASK) == Settlement(settled=0, too_late=0)
    assert settled(storage, UnknownPolicy.TAKE_AS_SENT) == Settlement(settled=3, too_late=0)
    assert states(storage, edition.id) == {OutboxState.SENT: 3}


def settled(
    storage: Storage, policy: UnknownPolicy, *, channel: ChannelName | None = None, later: timedelta = HOUR
) -> Settlement:
    with storage.begin() as tx:
        foretold = tx.outbox.settleable(policy, channel=channel, now=NOON + later)
        done = tx.outbox.settle(policy, channel=channel, now=NOON + later)
    assert done == foretold
    return done


def crashed(storage: Storage) -> Edition:
    """An edition whose sender died over every row of it."""
    edition, ledger = published(storage), storage.ledger("dies")
    for row in claimed(storage, "dies"):
        assert ledger.intend(row.id, now=NOON)
    return edition


def test_one_channel_can_be_settled_by_itself(storage: Storage) -> None:
    edition = crashed(storage)
    assert settled(storage, UnknownPolicy.SEND_AGAIN, channel=CHANNEL).settled == 1
    assert [row.recipient_id for row in claimed(storage, "next", later=HOUR)] == [CHANNEL]
    assert states(storage, edition.id)[OutboxState.UNKNOWN] == 2


def test_what_failed_for_a_channel_goes_again_and_what_was_refused_for_a_person_does_not(storage: Storage) -> None:
    published(storage)
    ledger = storage.ledger("one")
    for row in claimed(storage):
        ledger.intend(row.id, now=NOON)
        ledger.record(an_attempt(row, DeliveryResult.REFUSED), retry_at=None)
    assert settled(storage, UnknownPolicy.TAKE_AS_SENT).settled == 0
    assert settled(storage, UnknownPolicy.SEND_AGAIN).settled == 1
    assert [row.medium for row in claimed(storage, later=HOUR)] == [Medium.CHANNEL]


def test_unknown_rows_of_a_retracted_edition_never_go_again(storage: Storage) -> None:
    edition = crashed(storage)
    with storage.begin() as tx:
        tx.editions.retract(edition.id, by=ANN, now=NOON, reason="wrong")
    assert settled(storage, UnknownPolicy.SEND_AGAIN) == Settlement(settled=0, too_late=3)
    assert claimed(storage, "next", later=HOUR) == []


def test_row_of_an_edition_retracted_between_claim_and_intent_does_not_go(storage: Storage) -> None:
    edition = published(storage)
    rows = claimed(storage)
    with storage.begin() as tx:
        tx.editions.retract(edition.id, by=ANN, now=NOON, reason="wrong")
        tx.outbox.settle(UnknownPolicy.SEND_AGAIN, channel=None, now=NOON)
    assert not any(storage.ledger("one").intend(row.id, now=NOON) for row in rows)


def test_yesterdays_edition_does_not_go_next_morning(storage: Storage) -> None:
    edition = published(storage)
    assert len(claimed(storage, "early", later=EXPIRES_AFTER - HOUR)) == 3
    assert claimed(storage, "late", later=EXPIRES_AFTER) == []
    assert states(storage, edition.id) == {OutboxState.FAILED: 3}
    with storage.read() as tx:
        (detail,) = {row.last_detail for row in tx.outbox.rows(SubjectKind.EDITION, f"{edition.id}/1")}
    assert "12 hours" in detail


def test_edition_that_a_newer_one_has_followed_does_not_go(storage: Storage) -> None:
    old = published(storage)
    new = published(storage, on=TODAY + DAY)
    assert {row.subject_id for row in claimed(storage)} == {f"{new.id}/1"}
    assert states(storage, old.id) == {OutboxState.FAILED: 3}


def test_more_rows_than_one_claim_looks_at_do_not_hide_what_may_go(storage: Storage) -> None:
    old = drafted(storage)
    with storage.begin() as tx:
        names = [ChannelName(f"old-{number}") for number in range(CANDIDATES + 5)]
        tx.outbox.fill_for_edition(old.id, 1, channels=names, now=NOON - DAY)
    published(storage, on=TODAY + DAY)
    assert len(storage.ledger("one").claim(limit=10, media=[Medium.CHANNEL], now=NOON)) == 1


def test_only_the_media_that_were_asked_for_are_claimed(storage: Storage) -> None:
    published(storage)
    ledger = storage.ledger("one")
    assert [row.medium for row in ledger.claim(limit=10, media=[Medium.CHANNEL], now=NOON)] == [Medium.CHANNEL]
    assert len(ledger.claim(limit=1, media=tuple(Medium), now=NOON)) == 1


def test_media_are_claimed_in_the_order_asked_for(storage: Storage) -> None:
    published(storage)
    (row,) = storage.ledger("one").claim(limit=1, media=[Medium.CHANNEL, Medium.EMAIL], now=NOON)
    assert row.medium is Medium.CHANNEL


def test_row_that_is_put_back_is_due_as_before(storage: Storage) -> None:
    published(storage)
    (first, *_) = claimed(storage)
    storage.ledger("one").put_back(first.id)
    assert [row.id for row in claimed(storage, "two")] == [first.id]


def test_standing_and_troubles_say_where_each_channel_stands_and_nothing_of_persons(storage: Storage) -> None:
    published(storage)
    ledger = storage.ledger("one")
    results = iter((DeliveryResult.SENT, DeliveryResult.UNKNOWN, DeliveryResult.REFUSED))
    for row in sorted(claimed(storage), key=lambda row: row.medium.value, reverse=True):
        ledger.intend(row.id, now=NOON)
        ledger.record(an_attempt(row, next(results)), retry_at=None)
    with storage.read() as tx:
        standing = tx.outbox.standing(now=NOON)
        troubles = tx.outbox.troubles(since=NOON - DAY, now=NOON)
        assert tx.outbox.troubles(since=NOON + HOUR, now=NOON) == {}
    same = {"due": 0, "last_detail": "said the relay"}
    assert standing == [
        Standing(medium=Medium.CHANNEL, channel=CHANNEL, sent=0, unknown=0, failed=1, **same),  # type: ignore[arg-type]
        Standing(medium=Medium.EMAIL, channel=None, sent=1, unknown=1, failed=0, **same),  # type: ignore[arg-type]
    ]
    assert troubles == {(Medium.EMAIL, OutboxState.UNKNOWN): 1, (Medium.CHANNEL, OutboxState.FAILED): 1}


def test_crash_shows_as_unknown_before_anybody_claims_again(storage: Storage) -> None:
    crashed(storage)
    with storage.read() as tx:
        assert sum(at.unknown for at in tx.outbox.standing(now=NOON + HOUR)) == 3
        assert sum(tx.outbox.troubles(since=NOON - DAY, now=NOON + HOUR).values()) == 3
        assert sum(at.unknown for at in tx.outbox.standing(now=NOON)) == 0


def test_retry_waits_for_its_time_and_every_attempt_is_kept(storage: Storage) -> None:
    edition = published(storage)
    ledger = storage.ledger("one")
    for row in claimed(storage):
        assert ledger.intend(row.id, now=NOON)
        ledger.record(an_attempt(row, DeliveryResult.RETRY), retry_at=NOON + HOUR)
    assert claimed(storage, later=HOUR / 2) == []
    with storage.read() as tx:
        assert tx.outbox.oldest_due() == NOON + HOUR
    again = claimed(storage, later=HOUR)
    assert [row.attempts for row in again] == [1, 1, 1]
    for row, result in zip(again, (DeliveryResult.SENT, DeliveryResult.REFUSED, DeliveryResult.SENT), strict=True):
        assert ledger.intend(row.id, now=NOON + HOUR)
        ledger.record(an_attempt(row, result), retry_at=None)
    assert states(storage, edition.id) == {OutboxState.SENT: 2, OutboxState.FAILED: 1}
    with storage.read() as tx:
        assert [attempt.result for attempt in tx.outbox.deliveries(again[0].id)] == ["retry", "sent"]


def test_pause_stops_what_is_due_and_what_is_claimed(storage: Storage) -> None:
    published(storage)
    rows = claimed(storage)
    with storage.begin() as tx:
        tx.switches.pause_sending(by=ANN, now=NOON)
    assert not storage.ledger("one").intend(rows[0].id, now=NOON)
    assert claimed(storage, "two", later=HOUR) == []
    with storage.begin() as tx:
        tx.switches.resume_sending(by=ANN, now=NOON)
    assert len(claimed(storage, "two", later=HOUR)) == 3
