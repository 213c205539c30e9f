"""Editions: one of a day, bound approvals, publication once, and choices that no composition touches."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from digest.errors import AlreadyPublishedError, ConflictError, EditorialError
from digest.model.delivery import OutboxState, SubjectKind
from digest.model.edition import Cadence, Choice, EditionState
from digest.storage import Storage
from tests.factories import NOON, an_edition
from tests.integration.storage.lives import ANN, DAY, TODAY, a_plan, a_stored_story, drafted, published, stored


def test_a_day_has_one_edition(storage: Storage) -> None:
    first = drafted(storage)
    with storage.begin() as tx:
        again = tx.editions.open_draft(Cadence.DAILY, TODAY, covers_from=NOON, cut_off_at=NOON + DAY)
    assert again == first


def test_window_moves_with_a_draft_that_says_something_else_and_with_nothing_else(storage: Storage) -> None:
    edition = drafted(storage)
    later = an_edition(edition_on=TODAY, cards=(), cut_off_at=NOON + DAY)
    with storage.begin() as tx:
        assert tx.editions.save_draft(edition.id, later, now=NOON)
        assert tx.editions.get(edition.id) == edition
        assert tx.editions.save_draft(edition.id, replace(later, title="Other"), now=NOON)
        assert (tx.editions.get(edition.id).revision, tx.editions.get(edition.id).cut_off_at) == (2, NOON + DAY)


def test_draft_composed_while_a_person_approved_is_not_kept(storage: Storage) -> None:
    edition = drafted(storage)
    with storage.begin() as tx:
        newest = tx.editions.newest(edition.id)
        assert newest is not None
        tx.editions.approve(edition.id, revision=1, sha256=newest.sha256, by=ANN, now=NOON)
        assert not tx.editions.save_draft(edition.id, an_edition(edition_on=TODAY, title="Other"), now=NOON)
        assert tx.editions.newest(edition.id) == tx.editions.revision(edition.id, 1)
        tx.editions.reopen(edition.id)
        assert tx.editions.get(edition.id) == edition


def test_what_has_not_gone_out_is_listed_by_day(storage: Storage) -> None:
    late, todays = drafted(storage, on=TODAY - DAY), drafted(storage)
    published(storage, on=TODAY - 2 * DAY)
    with storage.read() as tx:
        assert tx.editions.not_out_since(Cadence.DAILY, TODAY - 3 * DAY) == [late, todays]
        assert tx.editions.not_out_since(Cadence.DAILY, TODAY) == [todays]


def test_the_same_document_is_no_new_revision(storage: Storage) -> None:
    edition = drafted(storage)
    with storage.begin() as tx:
        same = tx.editions.save_revision(edition.id, an_edition(edition_on=TODAY, cards=(), revision=7), now=NOON)
        other = tx.editions.save_revision(edition.id, an_edition(edition_on=TODAY, cards=(), title="Other"), now=NOON)
    assert (same.revision, other.revision) == (1, 2)
    assert other.document.revision == 2


def test_approval_binds_one_hash_and_a_new_revision_drops_it(storage: Storage) -> None:
    edition = drafted(storage)
    with storage.begin() as tx:
        newest = tx.editions.newest(edition.id)
        assert newest is not None
        with pytest.raises(ConflictError):
            tx.editions.approve(edition.id, revision=1, sha256="0" * 64, by=ANN, now=NOON)
        tx.editions.approve(edition.id, revision=1, sha256=newest.sha256, by=ANN, now=NOON)
        assert tx.editions.get(edition.id).state is EditionState.APPROVED
        tx.editions.save_revision(edition.id, an_edition(edition_on=TODAY, cards=(), title="Other"), now=NOON)
        assert tx.editions.get(edition.id).state is EditionState.DRAFT
        with pytest.raises(ConflictError):
            tx.editions.approve(edition.id, revision=1, sha256=newest.sha256, by=ANN, now=NOON)


def test_an_edition_goes_out_once(storage: Storage) -> None:
    edition = published(storage)
    with storage.begin() as tx, pytest.raises(AlreadyPublishedError):
        tx.editions.mark_published(edition.id, 1, now=NOON)
    with storage.begin() as tx:
        before = tx.editions.public_version()
        tx.editions.retract(edition.id, by=ANN, now=NOON, reason="wrong figure")
        assert tx.editions.public_version() > before
        assert tx.editions.published_on(Cadence.DAILY, TODAY) is None
        assert tx.editions.latest_published(Cadence.DAILY) is None
        assert tx.editions.archive(Cadence.DAILY, before=None, limit=9) == []
        counts = tx.outbox.counts(SubjectKind.EDITION, f"{edition.id}/1")
        assert {state for _, state in counts} == {OutboxState.CANCELLED}
        with pytest.raises(EditorialError):
            tx.editions.save_revision(edition.id, an_edition(edition_on=TODAY, cards=()), now=NOON)


def test_the_next_edition_begins_where_the_last_that_went_out_ended(storage: Storage) -> None:
    published(storage, on=TODAY - 2 * DAY)
    drafted(storage, on=TODAY - DAY)
    with storage.read() as tx:
        assert tx.editions.previous_cut_off(Cadence.DAILY, TODAY) == NOON
        assert tx.editions.previous_cut_off(Cadence.DAILY, TODAY - 2 * DAY) is None


def test_what_staff_chose_outlives_composition_and_merging(storage: Storage) -> None:
    one, other = stored(storage), stored(storage)
    kept, absorbed = a_stored_story(storage, one), a_stored_story(storage, other)
    edition = drafted(storage)
    with storage.begin() as tx:
        tx.editions.choose(edition.id, Choice(story_id=absorbed, is_pinned=True, note="Ours."), by=ANN, now=NOON)
        tx.editions.save_revision(edition.id, an_edition(edition_on=TODAY, cards=(), title="Other"), now=NOON)
        assert tx.editions.choices(edition.id)[absorbed].note == "Ours."
        tx.stories.apply([a_plan(one, other, id=kept, absorbs=(absorbed,))], now=NOON)
        assert tx.editions.choices(edition.id)[kept].is_pinned


def test_holds_are_a_set_of_reasons(storage: Storage) -> None:
    edition = drafted(storage)
    with storage.begin() as tx:
        tx.editions.set_holds(edition.id, ["b", "a", "a"])
        assert set(tx.editions.get(edition.id).holds) == {"a", "b"}
        tx.editions.set_holds(edition.id, [])
        assert set(tx.editions.get(edition.id).holds) == set()


def test_a_story_is_public_under_every_id_it_was_carried_by(storage: Storage) -> None:
    one, other = stored(storage), stored(storage)
    kept, absorbed = a_stored_story(storage, one), a_stored_story(storage, other)
    edition = published(storage, story=absorbed)
    with storage.begin() as tx:
        tx.stories.apply([a_plan(one, other, id=kept, absorbs=(absorbed,))], now=NOON + timedelta(hours=1))
        assert tx.stories.resolve(absorbed) == kept
        assert [revision.edition_id for revision in tx.editions.carrying(kept)] == [edition.id]


def test_archive_is_read_from_either_end(storage: Storage) -> None:
    days = [TODAY - number * DAY for number in range(4)]
    for on in days:
        published(storage, on=on)

    def found(**bounds: date | None) -> list[date]:
        with storage.read() as tx:
            return [line.edition_on for line in tx.editions.archive(Cadence.DAILY, limit=2, **bounds)]

    assert found() == days[:2]
    assert found(before=days[1]) == days[2:]
    assert found(after=days[3]) == days[1:3]
    assert found(before=days[0], after=days[2]) == [days[1]]
