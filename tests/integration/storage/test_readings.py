"""Readings: what storage remembers of how each article was read."""

from datetime import timedelta

import pytest

from digest.model.article import Article, Reading
from digest.storage import Storage
from tests.factories import NOON, PRESS, RIVAL_PRESS, a_new_article

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def known_sources(storage: Storage) -> None:
    with storage.begin() as tx:
        tx.sources.mirror([PRESS, RIVAL_PRESS], now=NOON)


def stored(storage: Storage, reading: Reading | None = None, **changes: object) -> Article:
    with storage.begin() as tx:
        article = tx.articles.get(tx.articles.add(a_new_article(**changes), now=NOON).article_id)
        if reading is not None:
            tx.readings.save_all({article.id: reading})
        return article


def test_a_reading_comes_back_as_it_was_saved_last_and_to_its_own_source_alone(storage: Storage) -> None:
    reading = Reading(entry_sha256="a" * 64, page_failures=2, page_due_at=NOON, vanished_at=NOON - HOUR)
    mine = stored(storage, Reading(entry_sha256="b" * 64))
    unread, theirs = stored(storage), stored(storage, Reading(), source_id=RIVAL_PRESS.id)
    with storage.begin() as tx:
        tx.readings.save_all({mine.id: reading})
        assert tx.readings.of(PRESS.id, [mine.id, unread.id, theirs.id]) == {mine.id: reading, unread.id: None}


def test_owed_pages_are_those_whose_hour_has_come_longest_due_first(storage: Storage) -> None:
    later = stored(storage, Reading(page_due_at=NOON))
    sooner = stored(storage, Reading(page_due_at=NOON - HOUR))
    stored(storage, Reading(page_due_at=NOON + HOUR))
    stored(storage, Reading())
    withdrawn = stored(storage, Reading(page_due_at=NOON - 2 * HOUR))
    with storage.begin() as tx:
        tx.articles.withdraw(withdrawn.id, now=NOON)
        assert tx.readings.due(NOON) == {PRESS.id: [withdrawn.id, sooner.id, later.id]}


def test_what_vanished_is_unlisted_within_the_period_and_not_noted_before(storage: Storage) -> None:
    gone = stored(storage, published_at=NOON - 2 * HOUR)
    listed = stored(storage, published_at=NOON - 2 * HOUR)
    stored(storage, published_at=NOON - 5 * HOUR)
    stored(storage, published_at=NOON)
    stored(storage, Reading(vanished_at=NOON), published_at=NOON - 2 * HOUR)
    stored(storage, source_id=RIVAL_PRESS.id, published_at=NOON - 2 * HOUR)
    with storage.read() as tx:
        found = tx.readings.vanished(PRESS.id, after=NOON - 5 * HOUR, before=NOON, listed=[listed.id])
    assert found == [gone.id]
