"""The fetch stage against a site on loopback: feeds, pages, robots.txt."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

import pytest

from digest.model.fetch import Fetched, FetchFailed, FetchOutcome, FetchState, NotModified
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
