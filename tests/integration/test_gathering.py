"""What is read again, and what is not: a feed and its pages over loopback, changed between passes by the test."""

import asyncio
import html
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest

from digest.clock import FixedClock
from digest.model.article import Article, TextOrigin
from digest.model.ids import SourceId
from digest.model.source import Source, SourceKind
from digest.model.story import StoryPlan
from digest.net import AddressGuard, GuardedClient
from digest.net.guard import Place
from digest.pipeline import FetchLimits, PassReport, Tools
from digest.pipeline.gather import gather
from digest.pipeline.pages import PAGES_AT_ONCE
from digest.pipeline.source_reading import MOST_AGAIN, MOST_NEW
from digest.stages.extract import ParserPool
from digest.storage import Storage
from tests.factories import NOON, a_campaign, a_card, a_report, an_edition
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
            return 404, ""
        name = path.strip("/")
        self.asked.append(name)
        if name in self.moved:
            return 302, self.moved[name]
        text = self.pages.get(name, "")
        head = f"<head><link rel='canonical' href='{self.canonical}'></head>" if self.canonical else ""
        body = f"<html>{head}<body><article><h1>On {name}</h1><p>{text}</p><p>{FILLER}</p></article></body></html>"
        return self.status.get(name, 200), body

    def _item(self, entry: tuple[str, str, datetime | None]) -> str:
        name, text, at = entry
        date = f"<pubDate>{format_datetime(at)}</pubDate>" if at else ""
        return (
            f"<item><guid isPermaLink='false'>{name}</guid><title>News of {name} today</title>"
            f"<link>{self.base}/{name}</link>{date}"
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


def test_what_stands_on_todays_cards_is_withdrawn_within_one_poll_whatever_its_feed_says(
    reader: Reader, outlet: Outlet
) -> None:
    outlet.publish("rents", "The hole is 214,000 crowns.")
    outlet.publish("ferry", "The ferry is late.")
    reader.poll()
    rents = reader.active()["rents"]
    plan = StoryPlan(
        id=None, title="T", lead_article_id=rents.id, events=((rents.id,),), topic_id=None, topic_reason=""
    )
    with reader.storage.begin() as tx:
        tx.stories.apply([plan], now=NOON)
        (story,) = tx.stories.active(NOON - 2 * HOUR)
        card = a_card(story_id=story.story.id, pairings=(), reports=(a_report(article_id=rents.id),))
        document = an_edition(cards=(card,))
        edition = tx.editions.open_draft(
            document.cadence, document.edition_on, covers_from=document.covers_from, cut_off_at=NOON
        )
        revision = tx.editions.save_revision(edition.id, replace(document, more=document.cards, cards=()), now=NOON)
        tx.editions.mark_published(edition.id, revision.revision, now=NOON)
    assert (reader.poll(NOON + HOUR).unchanged, outlet.asked) == (1, [])  # only what the cards show is asked for
    with reader.storage.begin() as tx:
        revision = tx.editions.save_revision(edition.id, document, now=NOON)
        tx.editions.mark_published(edition.id, revision.revision, now=NOON)
    assert (reader.poll(NOON + HOUR).unchanged, outlet.asked) == (1, ["rents"])
    outlet.status["rents"] = 404
    report = reader.poll(NOON + 2 * HOUR)
    assert (report.unchanged, report.withdrawn, outlet.asked) == (1, 1, ["rents"])
    assert (reader.poll(NOON + 3 * HOUR).withdrawn, outlet.asked) == (0, [])


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
