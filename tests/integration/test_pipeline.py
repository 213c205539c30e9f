"""The whole pass on a small press of its own: real feeds over loopback, real parsers, real storage; a fake embedder."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from digest import editorial
from digest.clock import FixedClock
from digest.demo.press import SamplePress, serve_press
from digest.demo.samples import Outlet, SampleArticle, Samples
from digest.errors import AlreadyPublishedError, ConflictError, EditorialError, HeldError, NotApprovedError
from digest.model.article import Article, Span, StoreOutcome
from digest.model.background import Background
from digest.model.delivery import Medium, OutboxState, SubjectKind
from digest.model.edition import Cadence, EditionState
from digest.model.ids import ChannelName, SourceId, StaffName, TopicId
from digest.model.job import JobKind
from digest.model.pairing import Relation
from digest.model.source import Campaign, Imprint, PublishMode, Source, SourceKind, Topic
from digest.net import AddressGuard, GuardedClient
from digest.pipeline import (
    FetchLimits,
    NoProgress,
    Tools,
    alert_of,
    compose_edition,
    deliver_due,
    keep_the_hour,
    publish_edition,
    run_pass,
)
from digest.stages.extract import ParserPool
from digest.storage import Storage
from tests.factories import NOON, a_campaign, a_new_article, a_site
from tests.fakes import FakeEmbedder, FakeNotifier
from tests.integration.conftest import Publish

EVENING = NOON.replace(hour=17, minute=30)
NOON_BEFORE = EVENING - timedelta(days=2)
ANN = StaffName("ann")
CHANNEL = ChannelName("supporters")
CLAIM = "The rent plan of Hester Quill leaves a hole of 214,000 in the budget of Brackmouth, the Treasurer said."
ANSWER = "Hester Quill's rent plan was costed at 190,000 and every penny of it is in the budget of Brackmouth."


def a_sample(outlet: str, number: str, title: str | None, text: str, *, hours_before: float = 3) -> SampleArticle:
    return SampleArticle(
        id=f"{outlet}-{number}",
        outlet=outlet,
        before_anchor=timedelta(hours=hours_before),
        title=title,
        author="Ada Penn",
        summary=text.partition("\n\n")[0],
        text=text,
    )


def an_outlet(outlet_id: str, feed_format: str, *, is_full_text: bool) -> Outlet:
    return Outlet(
        id=outlet_id,
        name=outlet_id.title(),
        format=feed_format,
        is_full_text=is_full_text,
        page="broadsheet",
        motto="",
        navigation=("News",),
        colour="#000",
    )


FILLER = "\n\n".join(
    f"The committee met for the {n} time and heard what members had to say about it." for n in ("second", "third")
)
SMALL_PRESS = Samples(
    folder=Path(),
    outlets=(
        an_outlet("ledger", "rss2", is_full_text=False),
        an_outlet("whistle", "atom", is_full_text=False),
        an_outlet("quill-press", "jsonfeed", is_full_text=True),
    ),
    articles=(
        a_sample("ledger", "rents", "Quill rent plan leaves hole of 214,000, says Treasurer", f"{CLAIM}\n\n{FILLER}"),
        a_sample(
            "whistle", "rents", "Treasurer: hole of 214,000 in Quill rent plan", f"{CLAIM}\n\nMore soon.\n\n{FILLER}"
        ),
        a_sample(
            "ledger", "tortoise", "Lost tortoise found in Pellory", f"A tortoise came home to Pellory.\n\n{FILLER}"
        ),
        a_sample("quill-press", "rents", "Our rent plan is costed", f"{ANSWER}\n\nRead the sums.", hours_before=1),
    ),
    pairings=(),
    zone=ZoneInfo("Europe/London"),
)


@pytest.fixture
def press() -> Iterator[SamplePress]:
    with serve_press(SMALL_PRESS, anchor=EVENING) as running:
        yield running


@pytest.fixture
def tools(sqlite_storage: Storage, press: SamplePress, parsers: ParserPool) -> Tools:
    def open_client() -> GuardedClient:
        guard = AddressGuard((press.base.removeprefix("http://"),))
        return GuardedClient(guard, timeout_seconds=5, max_bytes=1_000_000, user_agent="test", host_spacing_seconds=0)

    return Tools(
        storage=sqlite_storage,
        campaign=the_campaign(press.base),
        clock=FixedClock(EVENING),
        open_client=open_client,
        parsers=parsers,
        embedder=FakeEmbedder(),
        limits=FetchLimits(concurrency=4, poll_interval=timedelta(minutes=30), is_everything_due=True),
        base_url="https://news.example",
        channels=(CHANNEL,),
        email_list=(),
        keep_text_days=30,
    )


def the_campaign(base: str, **site: object) -> Campaign:
    kinds = {"ledger": SourceKind.MAINSTREAM, "whistle": SourceKind.MAINSTREAM, "quill-press": SourceKind.CAMPAIGN}
    sources = tuple(
        Source(id=SourceId(name), name=name.title(), kind=kind, feed=f"{base}/{name}/feed", site=f"{base}/{name}/")
        for name, kind in kinds.items()
    )
    return a_campaign(site=a_site(**site), sources=sources)


def at(tools: Tools, moment: datetime) -> Tools:
    return replace(tools, clock=FixedClock(moment))


def confirm_the_answer(tools: Tools) -> None:
    with tools.storage.begin() as tx:
        articles = {article.source_id: article for article in tx.articles.active(EVENING - timedelta(days=2))}
        claiming = next(
            a for a in tx.articles.active(EVENING - timedelta(days=2)) if a.source_id == "ledger" and CLAIM in a.text
        )
        answering = articles[SourceId("quill-press")]

        def span(article_text: str, passage: str) -> tuple[int, int]:
            start = article_text.index(passage)
            return start, start + len(passage)

        (cs, ce), (as_, ae) = span(claiming.text, CLAIM), span(answering.text, ANSWER)
        editorial.pair(
            tx,
            Span(article_id=claiming.id, revision=1, start=cs, end=ce),
            Span(article_id=answering.id, revision=1, start=as_, end=ae),
            Relation.REBUTS,
            by=ANN,
            now=EVENING,
        )


def approve_todays(tools: Tools) -> None:
    edition = compose_edition(tools)
    with tools.storage.begin() as tx:
        revision = tx.editions.newest(edition.id)
        assert revision is not None
        editorial.approve(tx, edition, revision, by=ANN, now=tools.clock.now())


def test_pass_reads_every_source_and_composes_the_day(tools: Tools) -> None:
    report = run_pass(tools)
    assert (report.reached, report.failed, report.added) == (3, {}, 4)
    assert report.edition_on == EVENING.date()
    assert report.would_reach == {CHANNEL: 1}
    with tools.storage.read() as tx:
        texts = [article.text for article in tx.articles.active(EVENING - timedelta(days=2))]
    assert sum(CLAIM in text for text in texts) == 2
    assert not any("biscuits" in text or "Most read" in text for text in texts)


def test_second_pass_changes_nothing_and_embeds_nothing(tools: Tools) -> None:
    run_pass(tools)
    with tools.storage.read() as tx:
        before = (tx.articles.count(), [s.story.id for s in tx.stories.active(EVENING - timedelta(days=7))])
        revision = tx.editions.newest(tx.editions.find(Cadence.DAILY, EVENING.date()).id)  # type: ignore[union-attr]
    fresh = FakeEmbedder()
    report = run_pass(replace(tools, embedder=fresh))
    assert (report.added, report.updated, report.unchanged) == (0, 0, 3)
    assert fresh.embedded == []
    assert not report.is_model_loaded
    with tools.storage.read() as tx:
        after = (tx.articles.count(), [s.story.id for s in tx.stories.active(EVENING - timedelta(days=7))])
        again = tx.editions.newest(tx.editions.find(Cadence.DAILY, EVENING.date()).id)  # type: ignore[union-attr]
    assert after == before
    assert again == revision


def test_first_pass_of_a_day_counts_the_words_of_what_has_left_the_window(tools: Tools) -> None:
    run_pass(tools)
    with tools.storage.read() as tx:
        assert tx.background.load() == Background(articles=0, seen_in={})
    for days, counted in ((6, 0), (9, 4)):
        later = at(tools, EVENING + timedelta(days=days))
        run_pass(later)
        with tools.storage.read() as tx:
            found = tx.background.load()
        assert found is not None
        assert found.articles == counted
    assert found.seen_in["committe"] == 3
    assert "tortois" not in found.seen_in


def test_pass_that_has_the_same_before_it_finds_nothing_anew(tools: Tools) -> None:
    first, again = run_pass(tools), run_pass(tools)
    assert {"embed", "cluster", "match"}.isdisjoint(again.seconds)
    assert (again.stories, again.active_articles) == (first.stories, first.active_articles)
    topics = (Topic(id=TopicId("animals"), name="Animals", seeds=("tortoise",)),)
    edited = run_pass(tools.with_campaign(replace(tools.campaign, topics=topics)))
    assert "cluster" in edited.seconds


def test_source_that_staff_took_off_the_file_leaves_the_draft(tools: Tools) -> None:
    run_pass(tools)
    rest = tuple(source for source in tools.campaign.sources if source.id != "ledger")
    edition = compose_edition(tools.with_campaign(replace(tools.campaign, sources=rest)))
    with tools.storage.read() as tx:
        revision = tx.editions.newest(edition.id)
    assert revision is not None
    shown = {
        report.source_id for card in (*revision.document.cards, *revision.document.more) for report in card.reports
    }
    assert shown == {"whistle"}


def test_one_failing_source_is_named_and_stops_nothing(tools: Tools) -> None:
    broken = tuple(
        replace(source, feed=source.feed + "-gone") if source.id == "whistle" else source
        for source in tools.campaign.sources
    )
    report = run_pass(replace(tools, campaign=replace(tools.campaign, sources=broken)))
    assert report.reached == 2
    assert list(report.failed) == ["whistle"]
    assert "404" in report.failed[SourceId("whistle")]


def test_every_source_down_leaves_yesterday_in_place(tools: Tools) -> None:
    run_pass(tools)
    gone = tuple(replace(source, feed="http://127.0.0.1:1/feed") for source in tools.campaign.sources)
    report = run_pass(replace(tools, campaign=replace(tools.campaign, sources=gone)))
    assert (report.reached, len(report.failed)) == (0, 3)
    with tools.storage.read() as tx:
        assert tx.articles.count() == 4


def test_edition_goes_only_after_a_person_approved_it(tools: Tools) -> None:
    run_pass(tools)
    edition = compose_edition(tools)
    with pytest.raises(NotApprovedError):
        publish_edition(tools, edition.id)
    late = at(tools, EVENING + timedelta(hours=2))
    assert not run_pass(late).published


def test_published_edition_reaches_each_channel_once(tools: Tools) -> None:
    run_pass(tools)
    confirm_the_answer(tools)
    approve_todays(tools)
    edition = compose_edition(tools)
    publish_edition(tools, edition.id)
    notifier = FakeNotifier()
    for _ in range(3):
        deliver_due(tools.storage, tools.clock, notifies=notifier, mails=None)
    assert [channel for channel, _ in notifier.sent] == [CHANNEL]
    assert notifier.sent[0][1].text.startswith(ANSWER)
    with pytest.raises(AlreadyPublishedError):
        publish_edition(tools, edition.id)


def test_automatic_edition_goes_at_its_hour_and_never_twice(tools: Tools, press: SamplePress) -> None:
    tools = replace(tools, campaign=the_campaign(press.base, publish=PublishMode.AUTOMATIC))
    assert not run_pass(tools).published
    confirm_the_answer(tools)
    at_six = at(tools, EVENING.replace(hour=18, minute=0))
    notifier = FakeNotifier()
    assert run_pass(at_six, notifies=notifier).published
    report = run_pass(at(tools, EVENING.replace(hour=18, minute=10)), notifies=notifier)
    assert not report.published
    assert report.edition_on == EVENING.date() + timedelta(days=1)
    assert len(notifier.sent) == 1
    with tools.storage.read() as tx:
        assert [line.edition_on for line in tx.editions.archive(Cadence.DAILY, before=None, limit=9)] == [
            EVENING.date()
        ]


def test_approved_draft_is_not_recomposed_under_the_approval(tools: Tools) -> None:
    run_pass(tools)
    approve_todays(tools)
    with tools.storage.read() as tx:
        edition = tx.editions.find(Cadence.DAILY, EVENING.date())
        assert edition is not None
        approved = tx.editions.newest(edition.id)
    confirm_the_answer(tools)
    run_pass(at(tools, EVENING + timedelta(minutes=10)))
    with tools.storage.read() as tx:
        assert tx.editions.newest(edition.id) == approved
        assert tx.editions.get(edition.id).state is EditionState.APPROVED


def test_placeholder_imprint_is_never_published(tools: Tools, press: SamplePress) -> None:
    run_pass(tools)
    approve_todays(tools)
    edition = compose_edition(tools)
    unfinished = Imprint(promoter="YOUR NAME", address="TODO", on_behalf_of="Hester Quill")
    broken = tools.with_campaign(the_campaign(press.base, imprint=unfinished))
    with pytest.raises(HeldError, match="imprint"):
        publish_edition(broken, edition.id)
    # The file is read again before every job: mended, it goes without a restart.
    publish_edition(broken.with_campaign(tools.campaign), edition.id)


def test_edition_of_late_evening_goes_after_midnight_and_the_next_day_has_its_own(
    tools: Tools, press: SamplePress
) -> None:
    tools = replace(tools, campaign=the_campaign(press.base, publish=PublishMode.AUTOMATIC, edition_hour=time(23, 58)))
    run_pass(at(tools, EVENING.replace(hour=22)))
    report = run_pass(at(tools, EVENING.replace(hour=0, minute=10) + timedelta(days=1)))
    assert (report.published, report.edition_on) == (True, EVENING.date())
    assert run_pass(at(tools, EVENING + timedelta(days=1))).edition_on == EVENING.date() + timedelta(days=1)


def test_edition_approved_for_an_hour_that_a_restart_missed_goes_when_somebody_is_up(tools: Tools) -> None:
    run_pass(tools)
    approve_todays(tools)
    assert keep_the_hour(at(tools, EVENING.replace(hour=23, minute=50))).published


def test_edition_missed_by_long_waits_for_a_person_and_is_told_as_late(tools: Tools) -> None:
    run_pass(tools)
    approve_todays(tools)
    morning = at(tools, EVENING.replace(hour=9) + timedelta(days=1))
    report = run_pass(morning)
    assert (report.published, report.late_on) == (False, EVENING.date())
    with tools.storage.read() as tx:
        edition = tx.editions.find(Cadence.DAILY, EVENING.date())
    assert edition is not None
    publish_edition(morning, edition.id)
    assert run_pass(morning).late_on is None


def test_staff_are_told_once_on_each_of_their_channels_that_an_edition_is_late_and_why(tools: Tools) -> None:
    tools = replace(tools, staff_channels=(ChannelName("desk"), ChannelName("phone")))
    run_pass(tools)
    for minutes in (4, 6, 30):
        run_pass(at(tools, EVENING.replace(hour=18, minute=minutes)))
    with tools.storage.begin() as tx:
        assert tx.jobs.pending(JobKind.TELL_STAFF) == 2
        moment = EVENING + timedelta(hours=1)
        job = tx.jobs.claim([JobKind.TELL_STAFF], now=moment, until=moment)
    assert job is not None
    alert = alert_of(job.payload, tools)
    assert alert.channel == "desk"
    assert alert.message.title == "The Evening Quill: the edition of Monday 23 November is late"
    assert alert.message.text.splitlines() == [
        "It was due at 18:00.",
        "Nobody has approved it.",
        "To let it go: digest publish 2026-11-23 --as NAME",
    ]


def test_edition_of_a_day_to_come_is_not_published(tools: Tools) -> None:
    run_pass(tools)
    approve_todays(tools)
    publish_edition(tools, compose_edition(tools).id)
    tomorrows = compose_edition(tools)
    assert tomorrows.edition_on == EVENING.date() + timedelta(days=1)
    approve_todays(tools)
    with pytest.raises(EditorialError, match="a day to come"):
        publish_edition(tools, tomorrows.id)


def test_automatic_edition_waits_while_a_person_has_paused_sending(tools: Tools, press: SamplePress) -> None:
    tools = at(
        replace(tools, campaign=the_campaign(press.base, publish=PublishMode.AUTOMATIC)), EVENING.replace(hour=18)
    )
    with tools.storage.begin() as tx:
        tx.switches.pause_sending(by=ANN, now=EVENING)
    assert not run_pass(tools).published
    with tools.storage.begin() as tx:
        tx.switches.resume_sending(by=ANN, now=EVENING)
    assert run_pass(tools).published


def test_approval_given_while_a_pass_composes_stands(tools: Tools) -> None:
    run_pass(tools)

    class Approving(NoProgress):
        def stage(self, name: str, *, total: int) -> None:
            if name == "Composing":
                with tools.storage.begin() as tx:
                    edition = tx.editions.find(Cadence.DAILY, EVENING.date())
                    assert edition is not None
                    revision = tx.editions.newest(edition.id)
                    assert revision is not None
                    editorial.approve(tx, edition, revision, by=ANN, now=EVENING)

    confirm_the_answer(tools)
    compose_edition(replace(tools, progress=Approving()))
    with tools.storage.read() as tx:
        edition = tx.editions.find(Cadence.DAILY, EVENING.date())
        assert edition is not None
        assert (edition.state, edition.revision) == (EditionState.APPROVED, 1)


def test_passes_without_news_leave_the_draft_as_somebody_looked_at_it(tools: Tools) -> None:
    run_pass(tools)
    with tools.storage.read() as tx:
        before = tx.editions.find(Cadence.DAILY, EVENING.date())
    for minutes in (5, 10, 15):
        run_pass(at(tools, EVENING + timedelta(minutes=minutes)))
    with tools.storage.read() as tx:
        assert tx.editions.find(Cadence.DAILY, EVENING.date()) == before


def test_next_edition_begins_where_what_was_published_ends(tools: Tools) -> None:
    run_pass(tools)
    approve_todays(tools)
    run_pass(at(tools, EVENING + timedelta(minutes=10)))
    late = at(tools, EVENING + timedelta(minutes=20))
    published = publish_edition(late, compose_edition(late).id).document
    with tools.storage.read() as tx:
        assert tx.editions.previous_cut_off(Cadence.DAILY, date(2100, 1, 1)) == published.cut_off_at
    assert published.cut_off_at == EVENING


def test_retracted_editions_stories_are_the_next_days(tools: Tools) -> None:
    run_pass(tools)
    approve_todays(tools)
    edition = compose_edition(tools)
    cards = publish_edition(tools, edition.id).document.cards
    with tools.storage.begin() as tx:
        editorial.retract(tx, tx.editions.get(edition.id), by=ANN, now=EVENING, reason="wrong")
    tomorrow = compose_edition(at(tools, EVENING + timedelta(hours=12)))
    with tools.storage.read() as tx:
        revision = tx.editions.newest(tomorrow.id)
    assert revision is not None
    assert {card.story_id for card in revision.document.cards} == {card.story_id for card in cards}


def test_answer_rejected_after_the_approval_does_not_go_out(tools: Tools) -> None:
    run_pass(tools)
    confirm_the_answer(tools)
    approve_todays(tools)
    with tools.storage.begin() as tx:
        (pairing,) = [p for p in tx.pairings.between(tx.articles.ids_since(NOON_BEFORE)) if p.is_confirmed]
        editorial.reject(tx, pairing.id, by=ANN, now=EVENING)
    report = run_pass(at(tools, EVENING.replace(hour=18)))
    assert not report.published
    assert any("not confirmed" in hold for hold in report.holds)


def test_automatic_edition_goes_without_what_cannot_be_proved(tools: Tools, press: SamplePress) -> None:
    tools = replace(tools, campaign=the_campaign(press.base, publish=PublishMode.AUTOMATIC))
    run_pass(tools)
    confirm_the_answer(tools)
    with tools.storage.begin() as tx:
        answering = next(a for a in tx.articles.active(NOON_BEFORE) if ANSWER in a.text)
        rewritten = a_new_article(
            source_id=answering.source_id,
            guid=answering.guid,
            canonical_url=answering.canonical_url,
            headline=answering.headline,
            text=answering.text.replace(ANSWER, "We take it back."),
        )
        assert tx.articles.add(rewritten, now=EVENING).outcome is StoreOutcome.UPDATED
    report = run_pass(at(tools, EVENING.replace(hour=18)))
    assert (report.published, report.answered) == (True, 0)


def test_second_pass_at_the_same_time_does_nothing(tools: Tools) -> None:
    class Nosy(FakeEmbedder):
        def embed(self, texts: object) -> object:  # type: ignore[override]  # never returns
            run_pass(tools)

    with pytest.raises(ConflictError, match="Another"):
        run_pass(replace(tools, embedder=Nosy()))
    assert run_pass(tools).reached == 3


def test_article_from_two_feeds_is_one_article(tools: Tools, press: SamplePress) -> None:
    twin = replace(tools.campaign.sources[0], id=SourceId("ledger-politics"), name="Ledger politics")
    campaign = replace(tools.campaign, sources=(*tools.campaign.sources, twin))
    report = run_pass(replace(tools, campaign=campaign))
    assert report.reached == 4
    with tools.storage.read() as tx:
        assert tx.articles.count() == 4


def test_outbox_and_publication_are_one_transaction(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    run_pass(tools)
    approve_todays(tools)
    edition = compose_edition(tools)

    def broken(*_: object, **__: object) -> None:
        raise OSError("disk")

    with monkeypatch.context() as patch:
        patch.setattr("digest.storage.outbox.Outbox.fill_for_edition", broken)
        with pytest.raises(OSError, match="disk"):
            publish_edition(tools, edition.id)
    with tools.storage.read() as tx:
        assert tx.editions.get(edition.id).state is EditionState.APPROVED
    publish_edition(tools, edition.id)
    with tools.storage.read() as tx:
        counts = tx.outbox.counts(SubjectKind.EDITION, f"{edition.id}/1")
    assert counts == {(Medium.CHANNEL, OutboxState.DUE): 1}


class OddFeed:
    """One outlet's feed, written by the test, on a server of its own."""

    def __init__(self) -> None:
        self.items: list[str] = []
        self.base = ""

    def add(self, guid: str, *, title: str = "A ferry ran aground off Skerrow", link: str = "", date: str = "") -> None:
        dated = f"<pubDate>{date}</pubDate>" if date else ""
        linked = f"<link>{self.base}{link}</link>" if link else ""
        text = f"<description>{title}. {CLAIM}</description>"
        self.items.insert(0, f"<item><guid>{guid}</guid><title>{title}</title>{linked}{dated}{text}</item>")

    @property
    def body(self) -> bytes:
        return f"<rss version='2.0'><channel><title>Odd</title>{''.join(self.items)}</channel></rss>".encode()


@pytest.fixture
def odd(publish_outlet: Publish) -> Iterator[OddFeed]:
    feed = OddFeed()
    page = f"<p>{CLAIM}</p><p>{FILLER}</p>".encode()
    with publish_outlet(lambda path: (200, feed.body if path == "/feed" else page)) as feed.base:
        yield feed


def reading(tools: Tools, odd: OddFeed) -> Tools:
    def open_client() -> GuardedClient:
        guard = AddressGuard((odd.base.removeprefix("http://"),))
        return GuardedClient(guard, timeout_seconds=5, max_bytes=1_000_000, user_agent="test", host_spacing_seconds=0)

    source = Source(
        id=SourceId("ledger"), name="Ledger", kind=SourceKind.MAINSTREAM, feed=f"{odd.base}/feed", site=odd.base
    )
    return replace(tools, open_client=open_client, campaign=replace(tools.campaign, sources=(source,)))


def stored(tools: Tools) -> list[Article]:
    with tools.storage.read() as tx:
        return tx.articles.active(EVENING - timedelta(days=2))


@pytest.mark.parametrize("date", ["Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 25 Dec 2037 12:00:00 GMT", "next Tuesday", ""])
def test_article_with_an_absurd_date_is_of_the_moment_we_saw_it_first(tools: Tools, odd: OddFeed, date: str) -> None:
    odd.add("one", link="/one", date=date)
    report = run_pass(reading(tools, odd))
    assert (report.added, report.cards) == (1, 1)
    (article,) = stored(tools)
    assert article.published_at == article.first_seen_at == EVENING
    run_pass(at(reading(tools, odd), EVENING + timedelta(hours=1)))
    assert stored(tools) == [article]


def test_article_of_last_year_that_a_feed_gives_again_is_no_news(tools: Tools, odd: OddFeed) -> None:
    odd.add("new", link="/new")
    run_pass(reading(tools, odd))
    odd.add("old", link="/old", date="Fri, 14 Nov 2025 08:00:00 GMT", title="A ferry ran aground off Skerrow, again")
    for hours in (1, 9):
        report = run_pass(at(reading(tools, odd), EVENING + timedelta(hours=hours)))
        assert (report.added, report.active_articles, report.stories) == (0, 1, 1)
    odd.add("same day", link="/same-day", title="A ferry ran aground off Skerrow, again")
    assert run_pass(at(reading(tools, odd), EVENING + timedelta(hours=10))).added == 1


def test_feed_that_gives_its_items_new_ids_doubles_nothing(tools: Tools, odd: OddFeed) -> None:
    odd.add("one", link="/one")
    run_pass(reading(tools, odd))
    odd.items.clear()
    odd.add("one, again", link="/one?utm_source=feed")
    report = run_pass(at(reading(tools, odd), EVENING + timedelta(hours=1)))
    assert (report.added, report.active_articles) == (0, 1)


def test_feed_without_links_that_gives_its_items_new_ids_doubles_nothing(tools: Tools, odd: OddFeed) -> None:
    for look in range(3):
        odd.items.clear()
        odd.add(f"one, look {look}")
        odd.add(f"two, look {look}", title="A lighthouse is for sale")
        report = run_pass(at(reading(tools, odd), EVENING + timedelta(minutes=5 * look)))
        assert (report.added, report.active_articles) == (0 if look else 2, 2)


def test_feed_that_gives_its_items_new_ids_and_addresses_tells_one_story(tools: Tools, odd: OddFeed) -> None:
    odd.add("one", link="/one")
    odd.add("two", link="/two")
    report = run_pass(reading(tools, odd))
    assert (report.added, report.stories, report.cards) == (1, 1, 1)
    with tools.storage.read() as tx:
        edition = tx.editions.find(Cadence.DAILY, EVENING.date())
        assert edition is not None
        newest = tx.editions.newest(edition.id)
    assert newest is not None
    assert len(newest.document.cards[0].reports) == 1


def test_withdrawn_report_leaves_the_draft_at_the_next_pass(tools: Tools) -> None:
    def in_the_draft() -> set[str]:
        with tools.storage.read() as tx:
            edition = tx.editions.find(Cadence.DAILY, EVENING.date())
            assert edition is not None
            newest = tx.editions.newest(edition.id)
        assert newest is not None
        cards = (*newest.document.cards, *newest.document.more)
        return {report.headline for card in cards for report in card.reports}

    whistles = "Treasurer: hole of 214,000 in Quill rent plan"
    ledgers = "Quill rent plan leaves hole of 214,000, says Treasurer"
    run_pass(tools)
    assert whistles in in_the_draft()
    with tools.storage.begin() as tx:
        (report,) = (a for a in tx.articles.active(EVENING - timedelta(days=2)) if a.source_id == "whistle")
        tx.articles.withdraw(report.id, now=EVENING)
    run_pass(at(tools, EVENING + timedelta(minutes=10)))
    assert whistles not in in_the_draft()
    assert ledgers in in_the_draft()
