"""How sources fare: what storage tells of it, and what it keeps."""

from dataclasses import replace
from datetime import timedelta

import pytest

from digest.model.article import TextOrigin
from digest.model.ids import SourceId
from digest.model.trouble import Rhythm, Trouble, TroubleKind
from digest.storage import Storage
from tests.factories import NOON, PRESS, RIVAL_PRESS, a_new_article

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def known_sources(storage: Storage) -> None:
    with storage.begin() as tx:
        tx.sources.mirror([PRESS, RIVAL_PRESS], now=NOON)


def publish(storage: Storage, source_id: SourceId, hours_ago: int, **changes: object) -> None:
    new = a_new_article(
        source_id=source_id,
        guid=f"{hours_ago}",
        canonical_url=f"https://{source_id}.example/{hours_ago}",
        headline=f"{source_id} {hours_ago}",
        published_at=NOON - HOUR * hours_ago,
        **changes,
    )
    with storage.begin() as tx:
        tx.articles.add(new, now=NOON)


def test_when_sources_published_comes_back_by_source_oldest_first(storage: Storage) -> None:
    for hours_ago in (1, 30, 5):
        publish(storage, PRESS.id, hours_ago)
    publish(storage, RIVAL_PRESS.id, 40)
    with storage.read() as tx:
        found = tx.watch.published([PRESS.id, RIVAL_PRESS.id], since=NOON - HOUR * 20)
        assert found == {PRESS.id: [NOON - HOUR * 5, NOON - HOUR]}
        assert tx.watch.last_published() == {PRESS.id: NOON - HOUR, RIVAL_PRESS.id: NOON - HOUR * 40}


def test_the_newest_articles_of_each_source_are_its_samples(storage: Storage) -> None:
    for hours_ago in (3, 1, 2):
        publish(storage, PRESS.id, hours_ago, text="six by six " * 60, language="en-GB")
    publish(storage, RIVAL_PRESS.id, 9, text_origin=TextOrigin.SUMMARY, author=None, summary="", stated_published=None)
    with storage.read() as tx:
        found = tx.watch.samples(since=NOON - HOUR * 20, most=2)
    assert [sample.published_at for sample in found[PRESS.id]] == [NOON - HOUR, NOON - HOUR * 2]
    assert (found[PRESS.id][0].words, found[PRESS.id][0].language) == (110, "en-GB")
    (rival,) = found[RIVAL_PRESS.id]
    assert (rival.is_summary, rival.has_author, rival.has_summary, rival.has_date) == (True, False, False, False)


def test_a_rhythm_takes_the_place_of_the_former_one(storage: Storage) -> None:
    rhythm = Rhythm(
        source_id=PRESS.id,
        drawn_at=NOON,
        articles=12,
        hourly=0.5,
        weekdays=(1.0,) * 7,
        hours=tuple(hour / 11.5 for hour in range(24)),
        spread=2.5,
    )
    newer = replace(rhythm, drawn_at=NOON + HOUR, articles=13)
    with storage.begin() as tx:
        tx.watch.save_rhythms([rhythm])
        tx.watch.save_rhythms([newer])
        assert tx.watch.rhythms() == {PRESS.id: newer}


def test_a_trouble_that_goes_on_is_told_once_and_one_that_ends_is_forgotten(storage: Storage) -> None:
    late = Trouble(source_id=PRESS.id, kind=TroubleKind.LATE, since=NOON, words="is late")
    thin = Trouble(source_id=PRESS.id, kind=TroubleKind.THIN, since=None, words="is thin")
    with storage.begin() as tx:
        tx.watch.note_troubles([late, thin], now=NOON)
        tx.watch.mark_told([late], now=NOON)
        worse = replace(late, words="is later still")
        tx.watch.note_troubles([worse], now=NOON + HOUR)
        (noted,) = tx.watch.troubles()
        assert (noted.trouble, noted.told_at) == (worse, NOON)
        assert tx.watch.note_troubles([], now=NOON + 2 * HOUR) == [noted]
        tx.watch.note_troubles([late], now=NOON + 3 * HOUR)
        (again,) = tx.watch.troubles()
        assert again.told_at is None
