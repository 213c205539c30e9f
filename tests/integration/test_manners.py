"""How we behave towards servers over several passes: a scripted site on loopback, a real database."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from digest.clock import FixedClock
from digest.model.fetch import RobotsFile
from digest.model.ids import SourceId
from digest.model.source import Source, SourceKind
from digest.model.trouble import TroubleKind
from digest.net import AddressGuard, GuardedClient
from digest.pipeline import FetchLimits, PassReport, Tools, sources_standing
from digest.pipeline.gather import gather
from digest.stages.extract import ParserPool
from digest.storage import Storage
from tests.factories import NOON, a_campaign
from tests.fakes import fake_tools
from tests.integration.net.servers import Site, answer, redirect, serving

DAY = timedelta(days=1)
FEED = answer(
    b"<rss version='2.0'><channel><title>T</title><item><guid>g</guid><title>News of the day</title>"
    b"<link>/p</link><description>Short.</description></item></channel></rss>",
    "Content-Type: application/rss+xml",
)
EMPTY = answer(b"<rss version='2.0'><channel><title>T</title></channel></rss>", 'ETag: "1"')
LOGIN = answer(b"<!doctype html><html><title>Sign in</title><form></form></html>", "Content-Type: text/html")


class Poller:
    """Polls feeds of one scripted site, pass after pass, at one address."""

    def __init__(self, storage: Storage, parsers: ParserPool, site: Site, *feeds: str) -> None:
        self.storage, self.parsers, self.site, self.feeds = storage, parsers, site, feeds
        self.tools: Tools

    def passes(self, *moments: datetime) -> list[PassReport]:
        async def run() -> list[PassReport]:
            async with serving(self.site) as port:
                self.tools = self._tools(port)
                return [await self._one(now) for now in moments]

        return asyncio.run(run())

    async def _one(self, now: datetime) -> PassReport:
        report = PassReport()
        with self.storage.begin() as tx:
            tx.sources.mirror(self.tools.campaign.sources, now=now)
        await gather(replace(self.tools, clock=FixedClock(now)), report, lambda: None)
        return report

    def _tools(self, port: int) -> Tools:
        base = f"http://127.0.0.1:{port}"
        guard = AddressGuard((f"127.0.0.1:{port}",))
        sources = tuple(
            Source(id=SourceId(f"s{n}"), name=f"S{n}", kind=SourceKind.MAINSTREAM, feed=base + path, site=f"{base}/")
            for n, path in enumerate(self.feeds)
        )
        return fake_tools(
            self.storage,
            a_campaign(sources=sources),
            open_client=lambda: GuardedClient(
                guard, timeout_seconds=5, max_bytes=1_000_000, user_agent="test", host_spacing_seconds=0
            ),
            parsers=self.parsers,
            limits=FetchLimits(concurrency=1, poll_interval=timedelta(minutes=30), is_everything_due=True),
        )


@pytest.fixture
def site() -> Iterator[Site]:
    return Site({})


def moments(number: int) -> list[datetime]:
    return [NOON + n * timedelta(hours=1) for n in range(number)]


def test_move_to_a_login_page_is_never_believed(sqlite_storage: Storage, parsers: ParserPool, site: Site) -> None:
    site.pages = {"/feed": redirect("/login", "301 Moved Permanently"), "/login": LOGIN}
    poller = Poller(sqlite_storage, parsers, site, "/feed")
    poller.passes(*moments(5))
    (row,) = sources_standing(sqlite_storage, poller.tools.campaign, now=NOON, since=NOON.date())
    assert (row.standing, row.proposed_feed, row.failures_in_a_row) == (TroubleKind.BROKEN, None, 5)
    assert [asked.path for asked in site.asked].count("/feed") == 5


def test_move_to_a_feed_is_proposed_after_three_passes(
    sqlite_storage: Storage, parsers: ParserPool, site: Site
) -> None:
    site.pages = {"/feed": redirect("/new", "308 Permanent Redirect"), "/new": EMPTY}
    poller = Poller(sqlite_storage, parsers, site, "/feed")
    poller.passes(*moments(4))
    (row,) = sources_standing(sqlite_storage, poller.tools.campaign, now=NOON, since=NOON.date())
    assert row.standing is TroubleKind.MOVED
    assert "/new for good; write that as its feed in sources.yaml" in row.words
    assert [asked.path for asked in site.asked].count("/feed") == 3


def test_ten_feeds_of_a_host_that_asks_us_to_wait_cost_it_one_request(
    sqlite_storage: Storage, parsers: ParserPool, site: Site
) -> None:
    paths = [f"/feed{n}" for n in range(10)]
    site.pages = {path: answer(b"", "Retry-After: 7200", status="429 Slow") for path in paths}
    poller = Poller(sqlite_storage, parsers, site, *paths)
    (report,) = poller.passes(NOON)
    assert len(site.asked) == 1
    assert len(report.failed) == 10
    rows = sources_standing(sqlite_storage, poller.tools.campaign, now=NOON, since=NOON.date())
    assert sum(row.costs.requests for row in rows) == 1
    assert sum(row.failures_in_a_row for row in rows) == 1
    assert {row.next_due_at for row in rows} == {NOON + timedelta(hours=2)}


def test_robots_file_is_asked_for_once_a_day_over_many_passes(storage: Storage, parsers: ParserPool) -> None:
    site = Site({"/feed": FEED, "/robots.txt": answer(b"User-agent: *\nDisallow: /private")})
    # The page fails, so each of these passes asks for it again.
    site.pages["/p"] = answer(b"", status="500 Broken")
    poller = Poller(storage, parsers, site, "/feed")
    poller.passes(NOON, NOON + timedelta(hours=2), NOON + timedelta(hours=6), NOON + DAY)
    paths = [asked.path for asked in site.asked]
    assert (paths.count("/p"), paths.count("/robots.txt")) == (4, 2)
    (row,) = sources_standing(storage, poller.tools.campaign, now=NOON, since=NOON.date())
    assert (row.costs.requests, row.costs.pages, row.costs.robots_files) == (4, 4, 2)
    assert row.costs.page_bytes == sum(len(site.pages[path]) for path in ("/p",) * 4 + ("/robots.txt",) * 2)
    assert row.costs.feed_bytes == 4 * len(site.pages["/feed"])
    assert [day.pages for day in row.days] == [3, 1]


def test_ledger_and_robots_files_are_forgotten_in_time(storage: Storage, parsers: ParserPool, site: Site) -> None:
    site.pages = {"/feed": EMPTY}
    poller = Poller(storage, parsers, site, "/feed")
    poller.passes(NOON, NOON + DAY)
    file = RobotsFile(site="https://a.example", rules=None, read_at=None, expires_at=NOON)
    with storage.begin() as tx:
        tx.fetches.save_robots([file])
        tx.fetches.save_robots([replace(file, rules="disallow /", read_at=NOON, expires_at=NOON + DAY)])
        tx.fetches.save_robots([replace(file, site="https://b.example")])
        tx.fetches.delete_tallies((NOON + DAY).date())
        tx.fetches.delete_robots(NOON + timedelta(hours=1))
        assert [tally.day for tally in tx.fetches.tallies(NOON.date())] == [(NOON + DAY).date()]
        assert [(kept.site, kept.rules) for kept in tx.fetches.robots()] == [("https://a.example", "disallow /")]
