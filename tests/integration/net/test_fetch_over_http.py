"""The fetch stage against a site on loopback: feeds, pages, robots.txt."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

import pytest

from digest.model.fetch import Fetched, FetchFailed, FetchOutcome, FetchState, NotModified, PageCost, RobotsFile
from digest.model.ids import SourceId
from digest.model.source import Source, SourceKind
from digest.net import GuardedClient
from digest.stages.fetch import RobotsCache, fetch_feed, fetch_page
from tests.factories import NOON
from tests.integration.net.servers import Site, answer, client_for, redirect, serving

Given = TypeVar("Given")
DATE = "Date: Mon, 01 Jun 2026 12:00:00 GMT"


def asking(site: Site, ask: Callable[[GuardedClient, str], Awaitable[Given]]) -> Given:
    async def run() -> Given:
        async with serving(site) as port, client_for(f"127.0.0.1:{port}") as client:
            return await ask(client, f"http://127.0.0.1:{port}")

    return asyncio.run(run())


def a_source(feed: str) -> Source:
    return Source(id=SourceId("press"), name="Press", kind=SourceKind.MAINSTREAM, feed=feed, site=feed)


def feed_outcome(reply: bytes, remembered: FetchState | None = None, site: Site | None = None) -> FetchOutcome:
    """What comes of asking for /feed; `remembered` is taken to belong to that address."""
    site = site or Site({})
    site.pages["/feed"] = reply

    async def ask(client: GuardedClient, address: str) -> FetchOutcome:
        source = a_source(f"{address}/feed")
        state = remembered and replace(remembered, url=source.feed)
        return await fetch_feed(client, source, state)

    return asking(site, ask)


def page_outcome(site: Site, path: str = "/page") -> FetchOutcome:
    return asking(site, lambda client, address: fetch_page(client, address + path, RobotsCache(now=NOON)))


REMEMBERED = FetchState(source_id=SourceId("press"), url="", etag='"7"', last_modified="long ago")


def test_new_feed_comes_with_its_validators_and_freshness() -> None:
    reply = answer(b"<rss/>", 'ETag: "8"', "Last-Modified: now", "Cache-Control: public, max-age=600", "Age: 100")
    outcome = feed_outcome(reply)
    assert isinstance(outcome, Fetched)
    assert (outcome.body, outcome.etag, outcome.last_modified, outcome.fresh_seconds) == (b"<rss/>", '"8"', "now", 500)


def test_feed_is_asked_with_what_is_remembered() -> None:
    site = Site({})
    outcome = feed_outcome(answer(b"", "Cache-Control: max-age=60", status="304 Not Modified"), REMEMBERED, site)
    assert isinstance(outcome, NotModified)
    assert outcome.fresh_seconds == 60
    headers = site.asked[0].headers
    assert (headers["if-none-match"], headers["if-modified-since"]) == ('"7"', "long ago")


def test_304_that_nobody_asked_for_is_a_failure() -> None:
    outcome = feed_outcome(answer(b"", status="304 Not Modified"))
    assert isinstance(outcome, FetchFailed)
    assert "without having been asked" in outcome.reason


def test_state_of_another_address_is_not_sent() -> None:
    site = Site({"/feed": answer(b"<rss/>")})
    asking(site, lambda client, address: fetch_feed(client, a_source(f"{address}/feed"), REMEMBERED))
    assert "if-none-match" not in site.asked[0].headers


def test_absurdly_long_validator_is_not_kept() -> None:
    outcome = feed_outcome(answer(b"<rss/>", f'ETag: "{"x" * 5000}"'))
    assert isinstance(outcome, Fetched)
    assert outcome.etag is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("Retry-After: 120", 120),
        ("Retry-After: Mon, 01 Jun 2026 13:00:00 GMT", 3600),
        ("Retry-After: Mon, 01 Jun 2020 13:00:00 GMT", 0),
        ("Retry-After: soon", None),
        ("Retry-After: -5", None),
        ("Retry-After: 99999999999999999999", None),
        ("Retry-After: Mon, 01 Jun 2026 13:00:00 -0000", None),
    ],
)
def test_retry_after_is_read_in_seconds_or_as_a_date(header: str, seconds: int | None) -> None:
    outcome = feed_outcome(answer(b"", header, DATE, status="429 Too Many Requests"))
    assert isinstance(outcome, FetchFailed)
    assert (outcome.status, outcome.retry_after_seconds) == (429, seconds)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("404 Not Found", "nothing at this address"),
        ("403 Forbidden", "refuses us"),
        ("410 Gone", "gone for good"),
        ("429 Slow", "less often"),
        ("503 Busy", "answered 503"),
        ("204 Nothing", "answered 204"),
    ],
)
def test_error_answer_is_a_failure_in_words(status: str, words: str) -> None:
    outcome = feed_outcome(answer(b"", status=status))
    assert isinstance(outcome, FetchFailed)
    assert words in outcome.reason
    assert outcome.status == int(status[:3])


def test_permanent_move_is_reported_with_the_body() -> None:
    site = Site({"/new": answer(b"<rss/>")})
    outcome = feed_outcome(redirect("/new", "301 Moved Permanently"), site=site)
    assert isinstance(outcome, Fetched)
    assert outcome.permanent_url == outcome.url
    assert outcome.url.endswith("/new")


def test_address_that_the_guard_refuses_is_a_failure_and_no_exception() -> None:
    async def ask(client: GuardedClient, address: str) -> FetchOutcome:
        return await fetch_feed(client, a_source("http://169.254.169.254/feed"), None)

    outcome = asking(Site({}), ask)
    assert isinstance(outcome, FetchFailed)
    assert "secrets" in outcome.reason


PAGE = answer(b"<p>news", "Content-Type: text/html")


def test_page_is_fetched_where_there_is_no_robots_file() -> None:
    outcome = page_outcome(Site({"/page": PAGE}))
    assert isinstance(outcome, Fetched)
    assert outcome.body == b"<p>news"


@pytest.mark.parametrize(
    ("robots", "is_allowed"),
    [
        (answer(b"User-agent: *\nDisallow: /p"), False),
        (answer(b"\xef\xbb\xbfUser-agent: Rejoinder\nDisallow: /p"), False),
        (answer(b"User-agent: other\nDisallow: /"), True),
        (answer(b"User-agent: *\nDisallow: /\n\nUser-agent: rejoinder\nAllow: /"), True),
        (answer(b"<html>not a robots file"), True),
        (answer(b"", status="403 Forbidden"), True),
        (answer(b"", status="429 Slow"), False),
        (answer(b"", status="503 Busy"), False),
        (answer(b"User-agent: *\nAllow: //[broken\nDisallow: /p"), False),
        (redirect("/robots.txt"), False),
    ],
)
def test_robots_file_decides_over_a_page(robots: bytes, is_allowed: bool) -> None:
    site = Site({"/robots.txt": robots, "/page": PAGE})
    assert isinstance(page_outcome(site), Fetched if is_allowed else FetchFailed)
    assert ("/page" in [asked.path for asked in site.asked]) == is_allowed


def test_robots_file_is_asked_for_once_a_pass() -> None:
    site = Site({"/page": PAGE})

    async def ask(client: GuardedClient, address: str) -> None:
        robots = RobotsCache(now=NOON)
        await asyncio.gather(*(fetch_page(client, f"{address}/page", robots) for _ in range(5)))

    asking(site, ask)
    assert [asked.path for asked in site.asked].count("/robots.txt") == 1


def test_robots_file_counts_for_redirects_too() -> None:
    robots = answer(b"User-agent: *\nDisallow: /private")
    site = Site({"/robots.txt": robots, "/page": redirect("/private"), "/private": PAGE})
    outcome = page_outcome(site)
    assert isinstance(outcome, FetchFailed)
    assert "robots" in outcome.reason


def test_page_that_is_no_page_is_a_failure() -> None:
    outcome = page_outcome(Site({"/page": answer(b"%PDF", "Content-Type: application/pdf")}))
    assert isinstance(outcome, FetchFailed)
    assert "application/pdf" in outcome.reason


@pytest.mark.parametrize("url", ["http://[::1", "http://127.0.0.1:1/", "javascript:alert(1)", "", "/page"])
def test_page_address_that_is_none_is_a_failure_and_no_exception(url: str) -> None:
    outcome = asking(Site({}), lambda client, address: fetch_page(client, url, RobotsCache(now=NOON)))
    assert isinstance(outcome, FetchFailed)


def robots_asked(site: Site) -> int:
    return [asked.path for asked in site.asked].count("/robots.txt")


def pass_over(site: Site, kept: list[RobotsFile], now: datetime, *, as_site: str = "") -> FetchOutcome:
    """One pass that asks for /page, with what earlier ones have kept; `kept` becomes what the next one is given.

    Each test's server has a port of its own, so what was kept is taken to be of this one.
    """

    async def ask(client: GuardedClient, address: str) -> FetchOutcome:
        robots = RobotsCache([replace(file, site=as_site or address) for file in kept], now=now)
        outcome = await fetch_page(client, f"{address}/page", robots)
        if learned := robots.take_learned():
            kept[:] = learned
        return outcome

    return asking(site, ask)


FORBIDS = b"User-agent: *\nDisallow: /p"


@pytest.mark.parametrize(
    ("headers", "kept_for"),
    [
        ((), timedelta(days=1)),
        (("Cache-Control: max-age=7200",), timedelta(hours=2)),
        (("Cache-Control: max-age=99999999",), timedelta(days=1)),
        (("Cache-Control: no-store",), timedelta(hours=1)),
    ],
)
def test_robots_file_is_kept_from_pass_to_pass_for_a_day_at_most(headers: tuple[str, ...], kept_for: timedelta) -> None:
    site, kept = Site({"/robots.txt": answer(FORBIDS, *headers), "/page": PAGE}), list[RobotsFile]()
    assert isinstance(pass_over(site, kept, NOON), FetchFailed)
    assert isinstance(pass_over(site, kept, NOON + kept_for - timedelta(seconds=1)), FetchFailed)
    assert robots_asked(site) == 1
    site.pages["/robots.txt"] = answer(b"")
    assert isinstance(pass_over(site, kept, NOON + kept_for), Fetched)
    assert robots_asked(site) == 2


@pytest.mark.parametrize(("last_good", "is_allowed"), [(FORBIDS, False), (b"User-agent: *\nDisallow: /q", True)])
def test_last_good_robots_file_counts_while_the_server_fails(last_good: bytes, is_allowed: bool) -> None:
    site, kept = Site({"/robots.txt": answer(last_good), "/page": PAGE}), list[RobotsFile]()
    pass_over(site, kept, NOON)
    site.pages["/robots.txt"] = answer(b"", status="503 Busy")
    for days in (2, 29):
        assert isinstance(pass_over(site, kept, NOON + timedelta(days=days)), Fetched) is is_allowed
    outcome = pass_over(site, kept, NOON + timedelta(days=31))
    assert isinstance(outcome, FetchFailed)
    assert "could not be had (the server answered 503" in outcome.reason


def test_robots_file_that_failed_is_not_asked_for_again_within_the_hour() -> None:
    site, kept = Site({"/robots.txt": answer(b"", status="500 Broken"), "/page": PAGE}), list[RobotsFile]()
    pass_over(site, kept, NOON)
    pass_over(site, kept, NOON + timedelta(minutes=59))
    assert robots_asked(site) == 1
    site.pages["/robots.txt"] = answer(b"")
    assert isinstance(pass_over(site, kept, NOON + timedelta(hours=1)), Fetched)


def test_robots_file_of_another_site_says_nothing_of_this_one() -> None:
    file = RobotsFile(site="", rules="disallow /", read_at=NOON, expires_at=NOON + timedelta(hours=9))
    assert isinstance(pass_over(Site({"/page": PAGE}), [file], NOON, as_site="http://other.example"), Fetched)


@pytest.mark.parametrize(
    ("status", "header", "is_left_alone"),
    [
        ("429 Slow", "X: y", True),
        ("429 Slow", "Retry-After: 7200", True),
        ("503 Busy", "Retry-After: 7200", True),
        ("503 Busy", "X: y", False),
        ("500 Broken", "Retry-After: 7200", False),
    ],
)
def test_host_that_asks_us_to_wait_is_left_alone_for_the_rest_of_the_pass(
    status: str, header: str, is_left_alone: bool
) -> None:
    site = Site({"/one": answer(b"", header, status=status), "/two": answer(b"<rss/>"), "/page": PAGE})

    async def ask(client: GuardedClient, address: str) -> list[FetchOutcome]:
        return [
            await fetch_feed(client, a_source(f"{address}/one"), None),
            await fetch_feed(client, a_source(f"{address}/two"), None),
            await fetch_page(client, f"{address}/page", RobotsCache(now=NOON)),
        ]

    first, second, page = asking(site, ask)
    assert isinstance(first, FetchFailed)
    assert not first.is_held_back
    assert (len(site.asked) == 1) is is_left_alone
    if is_left_alone:
        assert isinstance(second, FetchFailed)
        assert second.is_held_back
        assert second.retry_after_seconds == first.retry_after_seconds
        assert "127.0.0.1 has asked us to come less often" in second.reason
        assert isinstance(page, FetchFailed)
    else:
        assert isinstance(second, Fetched)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        (("Cache-Control: s-maxage=900",), None),
        (("Cache-Control: max-age=60, s-maxage=900",), 60),
        (("Cache-Control: no-cache, max-age=60",), 0),
        (("Cache-Control: no-store",), 0),
        (('Cache-Control: no-cache="Set-Cookie", max-age=60',), 60),
        ((DATE, "Expires: Mon, 01 Jun 2026 13:00:00 GMT"), 3600),
        ((DATE, "Expires: Mon, 01 Jun 2026 13:00:00 GMT", "Age: 600"), 3000),
        ((DATE, "Expires: Mon, 01 Jun 2026 13:00:00 GMT", "Cache-Control: max-age=5"), 5),
        ((DATE, "Expires: 0"), None),
        (("Expires: Mon, 01 Jun 2026 13:00:00 GMT",), None),
    ],
)
def test_freshness_is_what_the_answer_says_of_itself(headers: tuple[str, ...], seconds: int | None) -> None:
    outcome = feed_outcome(answer(b"<rss/>", *headers))
    assert isinstance(outcome, Fetched)
    assert outcome.fresh_seconds == seconds


def test_pages_and_robots_files_are_counted_with_their_bytes() -> None:
    site, cost = Site({"/page": PAGE}), PageCost()

    async def ask(client: GuardedClient, address: str) -> None:
        robots = RobotsCache(now=NOON)
        for path in ("/page", "/page", "/nothing"):
            await fetch_page(client, address + path, robots, cost=cost)

    asking(site, ask)
    nothing = len(answer(b"", status="404 Not Found"))
    assert cost == PageCost(pages=3, robots_files=1, wire_bytes=2 * len(PAGE) + 2 * nothing)
