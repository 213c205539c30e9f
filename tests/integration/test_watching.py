"""No source dies quietly: what is the matter is found, shown and told to staff once."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from digest.clock import FixedClock
from digest.model.fetch import FetchState
from digest.model.ids import ChannelName, SourceId
from digest.model.job import JobKind
from digest.model.trouble import Trouble, TroubleKind
from digest.pipeline import Tools, alert_of
from digest.pipeline.watching import draw_rhythms, find_troubles, note_troubles, tell_what_was_taken_back
from digest.storage import Storage
from tests.factories import NOON, a_campaign, a_card, a_new_article, a_report, a_source, an_edition
from tests.fakes import fake_tools
from tests.integration.storage.lives import ANN, a_stored_story, drafted

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
COURIER = a_source(id=SourceId("courier"), name="Courier", feed="https://courier.example/feed")
QUILL = a_source(id=SourceId("quill"), name="Quill", feed="https://quill.example/feed")


@pytest.fixture
def tools(storage: Storage) -> Tools:
    with storage.begin() as tx:
        tx.sources.mirror([COURIER, QUILL], now=NOON)
    return fake_tools(storage, a_campaign(sources=(COURIER, QUILL)), staff_channels=(ChannelName("staff"),))


def at(tools: Tools, now: datetime) -> Tools:
    return replace(tools, clock=FixedClock(now))


def reached(tools: Tools, now: datetime, *, since: datetime = NOON - 20 * DAY) -> Tools:
    """At that moment, when the source has just answered, as it did without a pause `since` then."""
    state = FetchState(source_id=COURIER.id, url=COURIER.feed, last_ok_at=now, reached_since=since)
    with tools.storage.begin() as tx:
        tx.fetches.save_all([state])
    return at(tools, now)


def publish_daily(tools: Tools, days: int, **changes: object) -> None:
    """Four articles a day until now, each of its own text."""
    with tools.storage.begin() as tx:
        tx.articles.add_all(
            [
                a_new_article(
                    source_id=COURIER.id,
                    guid=f"{number}",
                    canonical_url=f"https://courier.example/{number}",
                    headline=f"Report {number}",
                    published_at=NOON - HOUR * 6 * number,
                    text=f"Number {number} of many reports of the day. " * 20,
                    **changes,
                )
                for number in range(4 * days)
            ],
            now=NOON,
        )
        tx.fetches.save_all([FetchState(source_id=COURIER.id, url=COURIER.feed, last_ok_at=NOON)])


def found(tools: Tools, *, is_thorough: bool = True) -> list[tuple[str, TroubleKind]]:
    return [(each.source_id, each.kind) for each in troubles(tools, is_thorough=is_thorough)]


def troubles(tools: Tools, *, is_thorough: bool) -> list[Trouble]:
    return find_troubles(tools.storage, tools.campaign, now=tools.clock.now(), is_thorough=is_thorough)


def told(tools: Tools) -> list[str]:
    """What waits to be told to staff, oldest first."""
    texts = []
    with tools.storage.begin() as tx:
        while job := tx.jobs.claim([JobKind.TELL_STAFF], now=NOON + DAY, until=NOON + 2 * DAY):
            message = alert_of(job.payload, tools).message
            texts.append(f"{message.title}\n{message.text}")
            tx.jobs.finish(job.id, now=NOON, result="sent")
    return texts


def test_a_source_that_falls_silent_is_late_until_it_publishes_again(tools: Tools) -> None:
    publish_daily(tools, 20)
    draw_rhythms(tools)
    assert found(tools) == []
    assert found(reached(tools, NOON + 12 * HOUR)) == []
    silent = reached(tools, NOON + 5 * DAY)
    assert found(silent) == [(COURIER.id, TroubleKind.LATE)]
    with tools.storage.begin() as tx:
        for number in range(12):
            tx.articles.add(
                a_new_article(
                    source_id=COURIER.id,
                    guid=f"new-{number}",
                    canonical_url=f"https://courier.example/new-{number}",
                    headline=f"New {number}",
                    published_at=NOON + 2 * DAY + 6 * HOUR * number,
                    text=f"Number {number} of many reports of the day. " * 20,
                ),
                now=NOON + 5 * DAY,
            )
    assert found(silent) == []


def test_while_our_own_server_was_off_nothing_was_late(tools: Tools) -> None:
    publish_daily(tools, 20)
    draw_rhythms(tools)
    assert found(at(tools, NOON + 3 * DAY)) == []
    back = NOON + 3 * DAY
    assert found(reached(tools, back, since=back)) == []
    assert found(reached(tools, back + 5 * HOUR, since=back)) == []
    assert found(reached(tools, back + DAY, since=back)) == [(COURIER.id, TroubleKind.LATE)]


def test_a_source_that_cannot_be_read_is_broken_and_not_late(tools: Tools) -> None:
    publish_daily(tools, 20)
    draw_rhythms(tools)
    with tools.storage.begin() as tx:
        tx.fetches.save_all(
            [
                FetchState(
                    source_id=COURIER.id, url=COURIER.feed, failures=9, last_error="it answered 503", last_ok_at=NOON
                )
            ]
        )
    assert found(at(tools, NOON + 5 * DAY)) == [(COURIER.id, TroubleKind.BROKEN)]


def test_a_paused_source_is_left_alone(tools: Tools) -> None:
    publish_daily(tools, 20)
    draw_rhythms(tools)
    late = reached(tools, NOON + 5 * DAY)
    assert found(late)
    assert found(replace(late, campaign=a_campaign(sources=(replace(COURIER, paused=True), QUILL)))) == []


def test_what_articles_look_like_is_kept_between_thorough_looks(tools: Tools) -> None:
    publish_daily(tools, 15)
    with tools.storage.begin() as tx:
        for number in range(10):
            tx.articles.add(
                a_new_article(
                    source_id=COURIER.id,
                    guid=f"wall-{number}",
                    canonical_url=f"https://courier.example/wall-{number}",
                    headline=f"Walled {number}",
                    published_at=NOON - timedelta(minutes=number),
                    text=f"Subscribe to read report {number}.",
                ),
                now=NOON,
            )
    thorough = troubles(tools, is_thorough=True)
    assert [trouble.kind for trouble in thorough] == [TroubleKind.THIN]
    note_troubles(tools, thorough)
    assert troubles(tools, is_thorough=False) == thorough


def test_staff_are_told_once_of_a_trouble_and_again_when_it_comes_again(tools: Tools) -> None:
    late = Trouble(source_id=COURIER.id, kind=TroubleKind.LATE, since=NOON, words="has published nothing for 2 days")
    gone = Trouble(source_id=QUILL.id, kind=TroubleKind.BROKEN, since=None, words="cannot be read: it answered 410")
    note_troubles(tools, [late])
    note_troubles(at(tools, NOON + HOUR), [replace(late, words="has published nothing for 3 days")])
    note_troubles(at(tools, NOON + 2 * HOUR), [late, gone])
    note_troubles(at(tools, NOON + 3 * HOUR), [late])
    note_troubles(at(tools, NOON + 4 * HOUR), [late, gone])
    first, second, third, fourth = told(tools)
    title = tools.campaign.site.title
    assert first == (
        f"{title}: one source needs a look\nCourier: has published nothing for 2 days.\n"
        "To look closer, and for new addresses: digest sources check"
    )
    assert "Courier" not in second
    assert "Quill: cannot be read: it answered 410." in second
    assert third == f"{title}: one source is well again\nQuill is well again."
    assert fourth == second


def test_staff_hear_of_new_troubles_and_of_recoveries_in_one_message(tools: Tools) -> None:
    late = Trouble(source_id=COURIER.id, kind=TroubleKind.LATE, since=NOON, words="has published nothing for 2 days")
    gone = Trouble(source_id=QUILL.id, kind=TroubleKind.GONE, since=None, words="is gone")
    note_troubles(tools, [late])
    note_troubles(at(tools, NOON + HOUR), [gone])
    _, message = told(tools)
    assert message.splitlines() == [
        f"{tools.campaign.site.title}: one source needs a look, one source is well again",
        "Quill: is gone.",
        "Courier is well again.",
        "To look closer, and for new addresses: digest sources check",
    ]


def test_a_source_is_well_again_only_when_nothing_is_the_matter_and_it_is_still_read(tools: Tools) -> None:
    late = Trouble(source_id=COURIER.id, kind=TroubleKind.LATE, since=NOON, words="is late")
    thin = Trouble(source_id=COURIER.id, kind=TroubleKind.THIN, since=NOON, words="is thin")
    note_troubles(tools, [late, thin])
    note_troubles(at(tools, NOON + HOUR), [late])
    paused = replace(tools, campaign=a_campaign(sources=(replace(COURIER, paused=True), QUILL)))
    note_troubles(at(paused, NOON + 2 * HOUR), [])
    assert len(told(tools)) == 1


def take_back(tools: Tools, number: int, *, reason: str = "its page is gone (410)") -> None:
    with tools.storage.begin() as tx:
        (article,) = (each for each in tx.articles.active(NOON - 30 * DAY) if each.guid == f"{number}")
        tx.articles.withdraw(article.id, reason=reason, now=NOON)


def compose(tools: Tools, number: int, *, day: date, is_published: bool) -> None:
    """An edition whose one card shows the article of this number."""
    with tools.storage.begin() as tx:
        (article,) = (each for each in tx.articles.active(NOON - 30 * DAY) if each.guid == f"{number}")
    story_id = a_stored_story(tools.storage, article)
    card = a_card(story_id=story_id, pairings=(), reports=(a_report(article_id=article.id),))
    edition = drafted(tools.storage, an_edition(edition_on=day, cards=(card,)), on=day)
    if is_published:
        with tools.storage.begin() as tx:
            newest = tx.editions.newest(edition.id)
            assert newest is not None
            tx.editions.approve(edition.id, revision=newest.revision, sha256=newest.sha256, by=ANN, now=NOON)
            tx.editions.mark_published(edition.id, newest.revision, now=NOON)


def test_staff_are_told_once_of_each_article_that_was_taken_back_where_an_edition_shows_it(tools: Tools) -> None:
    publish_daily(tools, 2)
    compose(tools, 1, day=date(2026, 11, 22), is_published=True)
    compose(tools, 2, day=date(2026, 11, 23), is_published=False)
    compose(tools, 4, day=date(2026, 11, 24), is_published=False)
    drafted(tools.storage, an_edition(edition_on=date(2026, 11, 24), cards=()), on=date(2026, 11, 24))  # without 4
    for number in (1, 2, 3, 4):
        take_back(tools, number)
    tell_what_was_taken_back(tools)
    tell_what_was_taken_back(at(tools, NOON + HOUR))
    published, draft = sorted(text.splitlines()[1] for text in told(tools))
    assert published == "Courier has taken back “Report 1” (its page is gone (410)); it is off the pages."
    assert draft == "Courier has taken back “Report 2” (its page is gone (410)); it is out of the draft."


def test_what_was_taken_back_days_ago_is_no_news_and_without_a_channel_nothing_is_queued(tools: Tools) -> None:
    publish_daily(tools, 2)
    compose(tools, 1, day=date(2026, 11, 22), is_published=True)
    take_back(tools, 1)
    tell_what_was_taken_back(at(tools, NOON + 3 * DAY))
    tell_what_was_taken_back(replace(tools, staff_channels=()))
    assert told(tools) == []


def test_without_a_channel_of_staff_nothing_is_queued_and_nothing_marked_told(tools: Tools) -> None:
    late = Trouble(source_id=COURIER.id, kind=TroubleKind.LATE, since=NOON, words="has published nothing for 2 days")
    note_troubles(replace(tools, staff_channels=()), [late])
    assert told(tools) == []
    note_troubles(at(tools, NOON + HOUR), [late])
    assert len(told(tools)) == 1


def test_rhythms_are_drawn_once_a_day(tools: Tools) -> None:
    publish_daily(tools, 20)
    draw_rhythms(tools)
    for later, is_new in ((HOUR, False), (DAY, True)):
        draw_rhythms(at(tools, NOON + later))
        with tools.storage.read() as tx:
            drawn_at = tx.watch.rhythms()[COURIER.id].drawn_at
        assert (drawn_at == NOON + later) is is_new
