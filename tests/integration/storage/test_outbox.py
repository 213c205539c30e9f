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
    SubjectKind,
    UnknownPolicy,
)
from digest.storage import Storage
from tests.factories import NOON
from tests.integration.storage.lives import ANN, CHANNEL, READERS, published

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
    return storage.ledger(holder).claim(limit=10, now=NOON + later)


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
    with storage.begin() as tx:
        assert tx.outbox.settle_unknown(UnknownPolicy.ASK, now=NOON + HOUR) == 0
    with storage.begin() as tx:
        assert tx.outbox.settle_unknown(UnknownPolicy.TAKE_AS_SENT, now=NOON + HOUR) == 3
    assert states(storage, edition.id) == {OutboxState.SENT: 3}


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
