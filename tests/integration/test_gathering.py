"""What is read again, and what is not: a feed and its pages over loopback, changed between passes by the test."""

import asyncio
import html
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest

from digest.clock import FixedClock
from digest.model.article import Article, TextOrigin
from digest.model.edition import Report
from digest.model.ids import SourceId
from digest.model.source import Source, SourceKind
from digest.model.story import StoryPlan
from digest.net import AddressGuard, GuardedClient
from digest.net.guard import Place
from digest.pipeline import FetchLimits, PassReport, Tools
from digest.pipeline.gather import gather
from digest.pipeline.pages import PAGES_AT_ONCE
from digest.pipeline.shown import MOST_WATCHED
from digest.pipeline.source_reading import MOST_AGAIN, MOST_NEW
from digest.stages.extract import ParserPool
from digest.storage import Storage
from tests.factories import NOON, a_campaign, a_card, a_copy, a_report, an_edition
from tests.fakes import FakeEmbedder
from tests.integration.conftest import Publish

HOUR = timedelta(hours=1)
FILLER = " ".join(f"The committee met for the {n} time and heard what members had to say." for n in range(9))


@dataclass
class Outlet:
    """A feed and its pages, as they are now, and which pages were asked for."""

    base: str = ""
    entries: list[tuple[str, str, datetime | None]] = field(default_factory=list)
    """Name of the page, summary, date; in the feed's order."""
    pages: dict[str, str] = field(default_factory=dict)
    status: dict[str, int] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    """Where a page's address leads to."""
    asked: list[str] = field(default_factory=list)
    canonical: str = ""
    """What every page calls its own address."""
    robots: str = ""
    titles: dict[str, str] = field(default_factory=dict)
    """Of entries, where they are not made of the name."""
    is_bare: bool = False
    """Whether the front page is all links and no text."""
    is_linking: bool = True
    """Whether entries say where their pages are."""

    def publish(self, name: str, text: str, *, at: datetime | None = NOON - HOUR) -> None:
        self.entries.append((name, text, at))
        self.pages[name] = text

    def edit(self, name: str, text: str, *, page: str = "") -> None:
        self.entries = [(n, text if n == name else said, at) for n, said, at in self.entries]
        self.pages[name] = page or text

    def drop(self, name: str) -> None:
        self.entries = [entry for entry in self.entries if entry[0] != name]

    def respond(self, path: str) -> tuple[int, str]:
        if path == "/feed":
            return (
                200,
                f"<rss version='2.0'><channel><title>T</title>{''.join(map(self._item, self.entries))}</channel></rss>",
            )
        if path == "/robots.txt":
            return 200 if self.robots else 404, self.robots
        name = path.strip("/")
        self.asked.append(name)
        if name in self.moved:
            return 302, self.moved[name]
        if self.is_bare and not name:
            return 200, "<html><body><nav><a href='/news'>News</a></nav></body></html>"
        text = self.pages.get(name, "")
        head = f"<head><link rel='canonical' href='{self.canonical}'></head>" if self.canonical else ""
        body = f"<html>{head}<body><article><h1>On {name}</h1><p>{text}</p><p>{FILLER}</p></article></body></html>"
        return self.status.get(name, 200), body

    def _item(self, entry: tuple[str, str, datetime | None]) -> str:
        name, text, at = entry
        date = f"<pubDate>{format_datetime(at)}</pubDate>" if at else ""
        link = f"<link>{self.base}/{html.escape(name)}</link>" if self.is_linking else ""
        return (
            f"<item><guid isPermaLink='false'>{name}</guid>"
            f"<title>{self.titles.get(name, f'News of {name} today')}</title>{link}{date}"
            f"<description>{html.escape(text)}</description></item>"
        )


@pytest.fixture
def outlet(publish_outlet: Publish) -> Iterator[Outlet]:
    outlet = Outlet()

    def respond(path: str) -> tuple[int, bytes]:
        status, body = outlet.respond(path)
        return status, body.encode()

    with publish_outlet(respond) as outlet.base:
        yield outlet


class Reader:
    """Polls the outlet, at whatever hour the test says."""

    def __init__(self, storage: Storage, outlet: Outlet, parsers: ParserPool) -> None:
        self.storage = storage
        self.outlet = outlet
        self.source = Source(
            id=SourceId("ledger"),
            name="Ledger",
            kind=SourceKind.MAINSTREAM,
            feed=f"{outlet.base}/feed",
            site=outlet.base,
        )
        self.tools = Tools(
            storage=storage,
            campaign=a_campaign(sources=(self.source,)),
            clock=FixedClock(NOON),
            open_client=self.open_client,
            parsers=parsers,
            embedder=FakeEmbedder(),
            limits=FetchLimits(concurrency=4, poll_interval=timedelta(minutes=30), is_everything_due=True),
            base_url="https://news.example",
            channels=(),
            email_list=(),
            keep_text_days=30,
        )

    def open_client(self) -> GuardedClient:
        guard = AddressGuard(source.site.removeprefix("http://") for source in self.tools.campaign.sources)
        return GuardedClient(guard, timeout_seconds=5, max_bytes=1_000_000, user_agent="test", host_spacing_seconds=0)

    def as_kind(self, kind: SourceKind) -> "Reader":
        self.source = replace(self.source, kind=kind)
        self.tools = replace(self.tools, campaign=a_campaign(sources=(self.source,)))
        return self

    def also(self, other: Source) -> None:
        self.tools = replace(self.tools, campaign=a_campaign(sources=(self.source, other)))

    def with_places(self, count: int) -> "Reader":
        self.tools = replace(self.tools, limits=replace(self.tools.limits, concurrency=count))
        return self

    def poll(self, now: datetime = NOON) -> PassReport:
        self.outlet.asked.clear()
        report = PassReport()
        with self.storage.begin() as tx:
            tx.sources.mirror(self.tools.campaign.sources, now=now)
        asyncio.run(gather(replace(self.tools, clock=FixedClock(now)), report, lambda: None))
        assert report.failed == {}
        return report

    def active(self) -> dict[str, Article]:
        with self.storage.read() as tx:
            return {article.guid: article for article in tx.articles.active(NOON - timedelta(days=7))}


class _Outside(AddressGuard):
    """A guard to which one place of loopback, though it may be reached, is the internet's."""

    def __init__(self, outside: str, *, opened: str) -> None:
        super().__init__([outside, opened])
        self._outside = int(outside.rpartition(":")[2])

    def check(self, url: str) -> Place:
        place = super().check(url)
        return replace(place, is_opened=place.port != self._outside)


@pytest.fixture
def reader(sqlite_storage: Storage, outlet: Outlet, parsers: ParserPool) -> Reader:
    return Reader(sqlite_storage, outlet, parsers)


def test_an_edited_report_is_read_again_and_an_unchanged_one_is_not(reader: Reader, outlet: Outlet) -> None:
    outlet.publish("rents", "The hole is 214,000 crowns.")
    outlet.publish("ferry", "The ferry is late.")
    assert reader.poll().added == 2
    assert reader.poll(NOON + HOUR).unchanged == 1
    outlet.edit("rents", "The hole is 21,400 crowns.")
    report = reader.poll(NOON + 2 * HOUR)
    assert (report.added, report.updated, outlet.asked) == (0, 1, ["rents"])
    article = reader.active()["rents"]
    assert (article.revision, "21,400" in article.text, article.text_origin) == (2, True, TextOrigin.PAGE)
    assert reader.active()["ferry"].revision == 1


def test_a_campaign_post_with_a_corrected_figure_gets_a_second_revision(reader: Reader, outlet: Outlet) -> None:
    reader.as_kind(SourceKind.CAMPAIGN)
    outlet.publish("post", "Our plan costs 214,000 crowns. It is on page four.")
    reader.poll()
    outlet.edit("post", "Our plan costs 190,000 crowns. It is on page four.")
    report = reader.poll(NOON + HOUR)
    assert (report.updated, outlet.asked) == (1, [])
    assert reader.active()["post"].revision == 2
    assert "190,000" in reader.active()["post"].text


def test_a_feed_that_rewrites_all_its_entries_costs_a_pass_no_more_than_its_bound(
    reader: Reader, outlet: Outlet
) -> None:
    names = [f"n{number}" for number in range(MOST_AGAIN + 3)]
    for name in names:
        outlet.publish(name, f"First words of {name}.")
    reader.poll()
    for name in names:
        outlet.edit(name, f"Second words of {name}.")
    assert reader.poll(NOON + HOUR).updated == MOST_AGAIN
    assert reader.poll(NOON + 2 * HOUR).updated == 3
    assert reader.poll(NOON + 3 * HOUR).unchanged == 1


def test_a_page_that_could_not_be_had_takes_the_place_of_the_summary_when_it_can(
    reader: Reader, outlet: Outlet
) -> None:
    outlet.publish("rents", "A hole.")
    outlet.pages["rents"] = "The hole is 214,000 crowns, the Treasurer said."
    outlet.status["rents"] = 503
    assert reader.poll().pages_missing == 1
    assert reader.active()["rents"].text_origin is TextOrigin.SUMMARY
    reader.poll(NOON + timedelta(minutes=10))
    assert outlet.asked == []
    del outlet.status["rents"]
    report = reader.poll(NOON + HOUR)
    assert (report.unchanged, report.updated, outlet.asked) == (1, 1, ["rents"])
    article = reader.active()["rents"]
    assert (article.text_origin, "214,000" in article.text) == (TextOrigin.PAGE, True)


def test_a_page_that_never_comes_is_given_up(reader: Reader, outlet: Outlet) -> None:
    outlet.publish("rents", "A hole.")
    outlet.status["rents"] = 503
    asked = 0
    for hours in range(0, 60, 2):
        reader.poll(NOON + hours * HOUR)
        asked += len(outlet.asked)
    assert asked == 5


@pytest.mark.parametrize("status", [403, 404])
def test_a_page_that_refuses_us_is_not_asked_again(reader: Reader, outlet: Outlet, status: int) -> None:
    outlet.publish("rents", "A hole.")
    outlet.status["rents"] = status
    reader.poll()
    reader.poll(NOON + 20 * HOUR)
    assert outlet.asked == []
    assert "rents" in reader.active()


@pytest.mark.parametrize("kind", [SourceKind.MAINSTREAM, SourceKind.CAMPAIGN])
def test_what_vanished_from_its_feed_and_is_gone_is_withdrawn(reader: Reader, outlet: Outlet, kind: SourceKind) -> None:
    reader.as_kind(kind)
    for hours, name in enumerate(("newest", "slip", "kept", "oldest"), start=1):
        outlet.publish(name, f"Words on {name} that stand in the feed.", at=NOON - hours * HOUR)
    reader.poll()
    outlet.drop("slip")
    outlet.drop("kept")
    outlet.status["slip"] = 410
    report = reader.poll(NOON + HOUR)
    assert (report.withdrawn, sorted(outlet.asked)) == (1, ["kept", "slip"])
    assert set(reader.active()) == {"newest", "kept", "oldest"}
    # Asked once: a page that still stands is left alone after that.
    outlet.edit("newest", "Other words.")
    reader.poll(NOON + 2 * HOUR)
    assert "kept" not in outlet.asked
    assert reader.active()["kept"].revision == 1


@pytest.mark.parametrize(
    ("leads_to", "says", "reason"),
    [
        ("/", "", "its feed has dropped it, and its address leads to another page"),
        ("", "This article has been removed. We apologise.", "its page says that it was removed"),
    ],
)
def test_what_vanished_from_its_feed_without_a_404_is_withdrawn_too(
    reader: Reader, outlet: Outlet, leads_to: str, says: str, reason: str
) -> None:
    for hours, name in enumerate(("newest", "slip", "kept", "oldest"), start=1):
        outlet.publish(name, f"Words on {name} that stand in the feed.", at=NOON - hours * HOUR)
    reader.poll()
    outlet.drop("slip")
    outlet.drop("kept")
    outlet.pages[""] = "The front page of the paper."
    if leads_to:
        outlet.moved["slip"] = leads_to
    else:
        outlet.pages["slip"] = says
    assert reader.poll(NOON + HOUR).withdrawn == 1
    assert set(reader.active()) == {"newest", "kept", "oldest"}
    with reader.storage.read() as tx:
        assert [each.reason for each in tx.withdrawals.since(NOON)] == [reason]


def test_a_page_that_leads_to_the_front_page_while_its_feed_lists_it_stands(reader: Reader, outlet: Outlet) -> None:
    outlet.publish("rents", "The hole is 214,000 crowns.")
    reader.poll()
    outlet.edit("rents", "The hole is 21,400 crowns.")
    outlet.pages[""] = "The front page of the paper."
    outlet.moved["rents"] = "/"
    assert reader.poll(NOON + HOUR).withdrawn == 0


def show(reader: Reader, *, cards: Sequence[Report] = (), more: Sequence[Report] = ()) -> None:
    """Publish an edition whose one card, and whose one line, has these reports."""
    with reader.storage.begin() as tx:
        first = (cards or more)[0].article_id
        plan = StoryPlan(id=None, title="T", lead_article_id=first, events=((first,),), topic_id=None, topic_reason="")
        tx.stories.apply([plan], now=NOON)
        (story,) = tx.stories.active(NOON - timedelta(days=7))
        shown = [
            (a_card(story_id=story.story.id, pairings=(), reports=tuple(reports)),) if reports else ()
            for reports in (cards, more)
        ]
        document = an_edition(cards=shown[0], more=shown[1])
        edition = tx.editions.open_draft(
            document.cadence, document.edition_on, covers_from=document.covers_from, cut_off_at=NOON
        )
        revision = tx.editions.save_revision(edition.id, document, now=NOON)
        tx.editions.mark_published(edition.id, revision.revision, now=NOON)


def report_on(reader: Reader, name: str) -> Report:
    return a_report(article_id=reader.active()[name].id)


def reasons(reader: Reader) -> list[str]:
    with reader.storage.read() as tx:
        return [each.reason for each in tx.withdrawals.since(NOON)]


@pytest.mark.parametrize("place", ["cards", "more"])
def test_what_readers_see_is_withdrawn_within_one_poll_whatever_its_feed_says(
    reader: Reader, outlet: Outlet, place: str
) -> None:
    outlet.publish("rents", "The hole is 214,000 crowns.")
    outlet.publish("ferry", "The ferry is late.")
    reader.poll()
    show(reader, **{place: [report_on(reader, "rents")]})
    assert (reader.poll(NOON + HOUR).unchanged, outlet.asked) == (1, ["rents"])
    outlet.status["rents"] = 404
    report = reader.poll(NOON + 2 * HOUR)
    assert (report.unchanged, report.withdrawn, outlet.asked) == (1, 1, ["rents"])


@pytest.mark.parametrize("kind", [SourceKind.MAINSTREAM, SourceKind.CAMPAIGN])
def test_a_404_that_was_a_mishap_is_undone_when_the_page_stands_again(
    reader: Reader, outlet: Outlet, kind: SourceKind
) -> None:
    reader.as_kind(kind)
    outlet.publish("rents", "The hole is 214,000 crowns, and nobody knows who will fill it.")
    reader.poll()
    before = reader.active()["rents"]
    show(reader, more=[report_on(reader, "rents")])
    outlet.status["rents"] = 404
    assert reader.poll(NOON + HOUR).withdrawn == 1
    assert (reader.poll(NOON + 2 * HOUR).withdrawn, outlet.asked) == (0, ["rents"])
    assert reader.active() == {}
    del outlet.status["rents"]
    reader.poll(NOON + 4 * HOUR)
    assert reader.active()["rents"] == before


@pytest.mark.parametrize(("status", "times"), [(404, 4), (410, 0)])
def test_what_is_gone_for_good_is_left_alone_in_the_end(
    reader: Reader, outlet: Outlet, status: int, times: int
) -> None:
    outlet.publish("rents", "The hole is 214,000 crowns.")
    reader.poll()
    show(reader, more=[report_on(reader, "rents")])
    outlet.status["rents"] = status
    assert reader.poll(NOON + HOUR).withdrawn == 1
    asked = 0
    for hours in range(2, 40, 2):
        assert reader.poll(NOON + hours * HOUR).withdrawn == 0
        asked += len(outlet.asked)
    assert asked == times
    assert len(reasons(reader)) == 1


def test_what_was_shown_three_days_ago_is_not_asked_for(reader: Reader, outlet: Outlet) -> None:
    outlet.publish("rents", "The hole is 214,000 crowns.")
    reader.poll()
    show(reader, more=[report_on(reader, "rents")])
    reader.poll(NOON + timedelta(days=3))
    assert outlet.asked == []


@pytest.mark.parametrize("kind", [SourceKind.MAINSTREAM, SourceKind.CAMPAIGN])
def test_what_readers_see_is_withdrawn_when_its_page_says_so(reader: Reader, outlet: Outlet, kind: SourceKind) -> None:
    reader.as_kind(kind)
    outlet.publish("rents", "The hole is 214,000 crowns, and nobody knows who will fill it.")
    reader.poll()
    show(reader, more=[report_on(reader, "rents")])
    outlet.pages["rents"] = (
        "Sorry, this article has been removed from our website following a complaint. We apologise to the Treasurer."
    )
    assert reader.poll(NOON + HOUR).withdrawn == 1
    assert reasons(reader) == ["its page says that it was removed"]


def test_a_line_is_only_looked_at_and_what_a_card_quotes_is_read_again(reader: Reader, outlet: Outlet) -> None:
    for name in ("rents", "ferry"):
        outlet.publish(name, f"The {name} are up by 214,000 crowns.")
    reader.poll()
    show(reader, cards=[report_on(reader, "rents")], more=[report_on(reader, "ferry")])
    for name in ("rents", "ferry"):
        outlet.pages[name] = f"The {name} are up by 21,400 crowns."
    reader.poll(NOON + HOUR)
    assert sorted(outlet.asked) == ["ferry", "rents"]
    assert {name: article.revision for name, article in reader.active().items()} == {"rents": 2, "ferry": 1}


def test_a_copy_in_a_second_outlet_is_asked_for_too(reader: Reader, outlet: Outlet, publish_outlet: Publish) -> None:
    second = Outlet()

    def respond(path: str) -> tuple[int, bytes]:
        status, body = second.respond(path)
        return status, body.encode()

    with publish_outlet(respond) as second.base:
        reader.also(
            replace(reader.source, id=SourceId("whistle"), feed=f"{second.base}/feed", site=second.base, name="Whistle")
        )
        outlet.publish("rents", "The hole is 214,000 crowns.")
        second.publish("crowns", "A hole of 214,000 crowns was found on Monday, the Treasurer said.")
        reader.poll()
        copy = a_copy(article_id=reader.active()["crowns"].id)
        show(reader, cards=[replace(report_on(reader, "rents"), copies=(copy,))])
        outlet.status["rents"] = second.status["crowns"] = 410
        assert reader.poll(NOON + HOUR).withdrawn == 2
        assert reader.active() == {}


@pytest.mark.parametrize(
    ("before", "after", "polls"), [(403, 410, 1), (403, 404, 1), (404, 404, 1), (503, 410, 1), (503, 404, 2)]
)
def test_what_we_had_only_the_teaser_of_is_withdrawn_as_well(
    reader: Reader, outlet: Outlet, before: int, after: int, polls: int
) -> None:
    outlet.publish("rents", "A hole.")
    outlet.status["rents"] = before
    reader.poll()
    assert reader.active()["rents"].text_origin is TextOrigin.SUMMARY
    show(reader, more=[report_on(reader, "rents")])
    outlet.status["rents"] = after
    assert [reader.poll(NOON + hours * HOUR).withdrawn for hours in range(1, polls + 1)] == [0] * (polls - 1) + [1]
    assert reader.active() == {}


def test_what_refuses_us_as_before_stands(reader: Reader, outlet: Outlet) -> None:
    outlet.publish("rents", "A hole.")
    outlet.status["rents"] = 403
    reader.poll()
    show(reader, more=[report_on(reader, "rents")])
    reader.poll(NOON + HOUR)
    assert (outlet.asked, list(reader.active())) == (["rents"], ["rents"])


def test_a_source_of_which_readers_see_much_is_asked_for_so_many_pages_and_for_all_in_turn(
    reader: Reader, outlet: Outlet
) -> None:
    names = [f"n{number:02}" for number in range(MOST_WATCHED + 15)]
    for name in names:
        outlet.publish(name, f"First words of {name}, and nothing but {name}.")
    reader.poll()
    show(reader, cards=[report_on(reader, names[0])], more=[report_on(reader, name) for name in names[1:]])
    asked: list[set[str]] = []
    for hours in range(1, 4):
        reader.poll(NOON + hours * HOUR)
        assert len(outlet.asked) == MOST_WATCHED
        asked.append(set(outlet.asked))
    assert set.union(*asked) == set(names)
    assert all(names[0] in each for each in asked)


def test_a_feed_that_rewrites_itself_does_not_keep_what_readers_see_from_being_asked_for(
    reader: Reader, outlet: Outlet
) -> None:
    for number in range(MOST_AGAIN + 1):
        outlet.publish(f"n{number:02}", f"First words of n{number:02}.", at=NOON - (number + 1) * HOUR)
    reader.poll()
    last = f"n{MOST_AGAIN:02}"
    show(reader, cards=[report_on(reader, last)])
    for number in range(MOST_AGAIN):
        outlet.edit(f"n{number:02}", f"Second words of n{number:02}.")
    outlet.status[last] = 410
    assert reader.poll(NOON + HOUR).withdrawn == 1


@pytest.mark.parametrize("front", ["The front page of the paper, with much to read.", ""])
def test_what_its_feed_dropped_is_withdrawn_once_its_address_leads_to_the_front_page(
    reader: Reader, outlet: Outlet, front: str
) -> None:
    for hours, name in enumerate(("newest", "slip", "oldest"), start=1):
        outlet.publish(name, f"Words on {name} that stand in the feed.", at=NOON - hours * HOUR)
    reader.poll()
    show(reader, more=[report_on(reader, "slip")])
    outlet.drop("slip")
    assert reader.poll(NOON + HOUR).withdrawn == 0
    outlet.moved["slip"] = "/"
    outlet.pages[""] = front
    outlet.is_bare = not front
    assert reader.poll(NOON + 2 * HOUR).withdrawn == 1
    assert reasons(reader) == ["its feed has dropped it, and its address leads to another page"]


def test_what_links_nowhere_has_no_page_to_be_asked_for(reader: Reader, outlet: Outlet) -> None:
    reader.as_kind(SourceKind.CAMPAIGN)
    outlet.publish("post", "Our plan costs 214,000 crowns. It is on page four.")
    outlet.is_linking = False
    reader.poll()
    show(reader, more=[report_on(reader, "post")])
    outlet.status[""] = 404
    assert reader.poll(NOON + HOUR).withdrawn == 0
    assert outlet.asked == []


NOTICE = "This article has been removed."


def test_a_feed_that_says_so_is_believed_where_the_page_cannot_be_had(reader: Reader, outlet: Outlet) -> None:
    outlet.robots = "User-agent: *\nDisallow: /"
    outlet.publish("rents", "The hole is 214,000 crowns.")
    reader.poll()
    assert reader.active()["rents"].text_origin is TextOrigin.SUMMARY
    outlet.edit("rents", NOTICE)
    assert reader.poll(NOON + HOUR).withdrawn == 1
    assert reasons(reader) == ["its feed says that it was removed"]
    assert outlet.asked == []


def test_a_feed_that_says_so_is_not_believed_against_the_page(reader: Reader, outlet: Outlet) -> None:
    reader.as_kind(SourceKind.CAMPAIGN)
    outlet.publish("post", "Our plan costs 214,000 crowns. It is on page four.")
    reader.poll()
    outlet.edit("post", NOTICE, page="Our plan costs 190,000 crowns. It is on page five.")
    assert (reader.poll(NOON + HOUR).withdrawn, outlet.asked) == (0, ["post"])
    assert "post" in reader.active()


def test_a_report_about_a_removal_stands_when_its_teaser_is_edited(reader: Reader, outlet: Outlet) -> None:
    outlet.titles["statue"] = "Removed: the statue that split a harbour town"
    outlet.publish("statue", "The council took it down.")
    outlet.status["statue"] = 403
    reader.poll()
    outlet.edit("statue", "The council took it down at night.")
    assert reader.poll(NOON + HOUR).withdrawn == 0
    assert reader.active()["statue"].text == "The council took it down at night."


def test_a_post_whose_feed_says_that_it_was_removed_is_withdrawn(reader: Reader, outlet: Outlet) -> None:
    reader.as_kind(SourceKind.CAMPAIGN)
    outlet.publish("post", "Our plan costs 214,000 crowns. It is on page four.")
    reader.poll()
    outlet.edit("post", "This post has been removed.")
    assert reader.poll(NOON + HOUR).withdrawn == 1
    assert reader.active() == {}


def test_an_outlet_that_gives_all_its_pages_one_address_loses_no_article(reader: Reader, outlet: Outlet) -> None:
    outlet.publish(
        "rents",
        "Rents in Brackmouth rose again, tenants and landlords told Alderman Hodge on Monday; flats near the harbour "
        "cost double, and nobody builds.",
    )
    outlet.publish(
        "ferry",
        "Ferries to Gullhaven stop: islanders must wait eleven days until another boat arrives, because engineers "
        "found cracks in the hull during winter inspection.",
    )
    outlet.canonical = "/the-paper-of-record"
    assert reader.poll().added == 2
    addresses = {article.canonical_url.removeprefix(outlet.base) for article in reader.active().values()}
    assert len(addresses) == 2
    assert "/the-paper-of-record" in addresses
    assert reader.poll(NOON + HOUR).unchanged == 1


@pytest.mark.parametrize("declared", ["", "/the-rents-of-brackmouth"])
def test_an_article_that_a_second_feed_spells_in_another_way_is_known_and_its_page_not_asked_for(
    reader: Reader, outlet: Outlet, publish_outlet: Publish, declared: str
) -> None:
    outlet.canonical = declared
    outlet.publish("rents?id=3&part=two", "The hole is 214,000 crowns.")
    assert (reader.poll().added, outlet.asked) == (1, ["rents?id=3&part=two"])
    link = html.escape(f"{outlet.base}/./rents/?part=two&id=3&utm_source=whistle")
    feed = f"<rss version='2.0'><channel><title>W</title><item><link>{link}</link></item></channel></rss>"
    with publish_outlet(lambda _: (200, feed.encode())) as base:
        reader.also(replace(reader.source, id=SourceId("whistle"), feed=f"{base}/feed", site=base, name="Whistle"))
        report = reader.poll(NOON + HOUR)
    assert (report.reached, report.added, outlet.asked) == (2, 0, [])


def test_what_has_merely_slid_off_the_end_of_its_feed_is_not_asked_for(reader: Reader, outlet: Outlet) -> None:
    for hours, name in enumerate(("newest", "middle", "oldest"), start=1):
        outlet.publish(name, f"Words on {name}.", at=NOON - hours * HOUR)
    reader.poll()
    outlet.drop("oldest")
    reader.poll(NOON + HOUR)
    assert outlet.asked == []


def test_a_report_whose_page_is_gone_when_it_is_read_again_is_withdrawn_and_comes_back(
    reader: Reader, outlet: Outlet
) -> None:
    outlet.publish("rents", "The hole is 214,000 crowns.")
    reader.poll()
    outlet.edit("rents", "Taken down.")
    outlet.status["rents"] = 404
    assert reader.poll(NOON + HOUR).withdrawn == 1
    assert reader.active() == {}
    del outlet.status["rents"]
    outlet.edit("rents", "The hole is 21,400 crowns.")
    reader.poll(NOON + 2 * HOUR)
    assert "21,400" in reader.active()["rents"].text


@pytest.mark.parametrize("is_dated", [True, False])
def test_the_newest_of_a_long_feed_are_read_first_and_the_rest_at_the_next_poll(
    reader: Reader, outlet: Outlet, is_dated: bool
) -> None:
    many = MOST_NEW + 5
    for number in range(many):
        # Dated ones stand oldest first, as archives do; undated ones newest first, as feeds do.
        at = NOON - timedelta(minutes=many - number) if is_dated else None
        outlet.publish(f"n{number}", f"Words on {number}.", at=at)
    assert reader.poll().added == MOST_NEW
    newest = f"n{many - 1}" if is_dated else "n0"
    assert newest in reader.active()
    assert reader.poll(NOON + HOUR).added == 5
    assert reader.poll(NOON + 2 * HOUR).unchanged == 1


# --- side by side -------------------------------------------------------------------------------------------


def test_a_source_whose_pages_are_slow_keeps_no_other_from_being_asked(
    reader: Reader, outlet: Outlet, publish_outlet: Publish
) -> None:
    outlet.publish("rents", "The hole is 214,000 crowns.")
    is_other_asked = threading.Event()

    def of_other(_path: str) -> tuple[int, bytes]:
        is_other_asked.set()
        return 200, b"<rss version='2.0'><channel><title>T</title></channel></rss>"

    pages = outlet.respond

    def slow_pages(path: str) -> tuple[int, str]:
        if path == "/rents":
            assert is_other_asked.wait(4)
        return pages(path)

    outlet.respond = slow_pages  # type: ignore[method-assign]  # what this outlet does, for this test
    with publish_outlet(of_other) as base:
        other = replace(reader.source, id=SourceId("other"), feed=f"{base}/feed", site=base)
        reader.also(other)
        assert reader.with_places(1).poll().added == 1
    assert [article.text_origin for article in reader.active().values()] == [TextOrigin.PAGE]


def test_one_source_takes_few_of_the_places_for_pages(reader: Reader, outlet: Outlet) -> None:
    under_way: list[int] = [0]
    most: list[int] = []
    lock = threading.Lock()
    is_too_many = threading.Event()
    for number in range(12):
        outlet.publish(f"p{number}", f"Report number {number}.")
    pages = outlet.respond

    def counted(path: str) -> tuple[int, str]:
        with lock:
            under_way[0] += 1
            most.append(under_way[0])
            if under_way[0] > PAGES_AT_ONCE:
                is_too_many.set()
        is_too_many.wait(0.3)  # time for one more than there may be
        try:
            return pages(path)
        finally:
            with lock:
                under_way[0] -= 1

    outlet.respond = counted  # type: ignore[method-assign]  # what this outlet does, for this test
    assert reader.with_places(64).poll().added == 12
    assert max(most) == PAGES_AT_ONCE


def test_a_feed_at_an_opened_place_names_pages_at_its_own(reader: Reader, outlet: Outlet) -> None:
    outlet.publish("a", "The bridge was closed.")
    reader.poll()
    assert outlet.asked == ["a"]


def test_a_feed_from_outside_that_names_an_opened_place_is_read_without_that_page(
    reader: Reader, outlet: Outlet, publish_outlet: Publish
) -> None:
    reached: list[str] = []

    def answer_inside(path: str) -> tuple[int, bytes]:
        reached.append(path)
        return 200, b"<html><body><p>The router's own page.</p></body></html>"

    with publish_outlet(answer_inside) as inside:
        outlet.publish("a", "The bridge was closed.")
        outlet.base = inside  # of the links in the feed
        guard = _Outside(reader.source.site.removeprefix("http://"), opened=inside.removeprefix("http://"))
        reader.tools = replace(
            reader.tools,
            open_client=lambda: GuardedClient(
                guard, timeout_seconds=5, max_bytes=1_000_000, user_agent="test", host_spacing_seconds=0
            ),
        )
        reader.poll()
    assert reached == []
    assert reader.active()["a"].text_origin is TextOrigin.SUMMARY
