"""Fetch: an address to bytes, or to the reason why not. Polite, conditional, and never an exception.

    source, state --fetch_feed--> FetchOutcome --next_state--> state

What came of a question is a value; what to remember of it and when to ask again is decided by pure functions. Reads no
clock and stores nothing: the pipeline hands in `now` and keeps the state.
"""

import asyncio
import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import assert_never
from urllib.robotparser import RobotFileParser

from digest.errors import FetchError
from digest.model.fetch import Fetched, FetchFailed, FetchOutcome, FetchState, NotModified
from digest.model.source import Source
from digest.net import GuardedClient, Response

__all__ = [
    "RobotsCache",
    "feed_address",
    "fetch_feed",
    "fetch_page",
    "is_due",
    "is_gone",
    "is_passing",
    "is_unchanged",
    "next_page_pause",
    "next_state",
    "proposed_feed",
]

ROBOT = "Rejoinder"
"""The name that robots.txt files call us by (RFC 9309, section 2.2.1): the User-Agent's first word."""
FEED_TYPES = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
PAGE_TYPES = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
ROBOTS_BYTES = 512_000
"""RFC 9309 wants 500 KiB read at least."""
LONGEST_VALIDATOR = 1_000
LONGEST_PAUSE = timedelta(days=1)
# A feed that calls itself fresh for a year is a server's default for files, not its publisher's wish. Six hours: four
# looks a day, so that no edition misses it.
LONGEST_FRESHNESS = timedelta(hours=6)
JITTER = 0.1
"""Share of a pause by which sources come earlier, each by its own fixed part, so that they spread over the interval."""
SIGHTINGS_TO_BELIEVE = 3
"""How often in a row a permanent redirect is seen before the old address is no longer asked: one may be a mishap."""
FAILURES_TO_DOUBT = 3
"""How often in a row the new address fails before the old one is asked again."""

MOST_DOUBLINGS = 16
"""Past any interval's way to a day; keeps the sum small."""
GONE = 410
WITHDRAWN = frozenset({404, GONE})
PAGE_PAUSES = (timedelta(minutes=20), timedelta(hours=1), timedelta(hours=3), timedelta(hours=9))
"""After how long a page that could not be had is asked for again; then the feed's own words have to do."""
MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?([0-9]{1,9})(?![0-9])", re.IGNORECASE)
SECONDS = re.compile(r"[0-9]{1,9}")


# --- asking ------------------------------------------------------------------------------------------------


async def fetch_feed(client: GuardedClient, source: Source, state: FetchState | None) -> FetchOutcome:
    """What the source's feed says now, asked conditionally with what `state` remembers.

    A state that belongs to another address (staff have changed it) is not used. Never raises for what a server does.
    """
    remembered = _belonging(source, state)
    url = feed_address(source, state)
    try:
        response = await client.get(
            url,
            headers={"Accept": FEED_TYPES},
            etag=remembered.etag if remembered else None,
            last_modified=remembered.last_modified if remembered else None,
        )
    except FetchError as error:
        return FetchFailed(url=url, reason=str(error), status=error.status)
    if response.status == 304 and remembered and (remembered.etag or remembered.last_modified):
        return NotModified(
            url=response.url, fresh_seconds=_fresh_seconds(response.headers), permanent_url=response.permanent_url
        )
    return _outcome(response)


async def fetch_page(client: GuardedClient, url: str, robots: "RobotsCache") -> FetchOutcome:
    """An article's page, where its site's robots.txt and those of redirects let us. Never raises, as `fetch_feed`."""

    async def veto(target: str) -> str | None:
        return await robots.why_not(client, target)

    try:
        if (reason := await veto(url)) is not None:
            return FetchFailed(url=url, reason=reason)
        response = await client.get(url, headers={"Accept": PAGE_TYPES}, veto=veto)
    except FetchError as error:
        return FetchFailed(url=url, reason=str(error), status=error.status)
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if response.status == 200 and kind and not kind.startswith("text/") and "html" not in kind and "xml" not in kind:
        return FetchFailed(url=response.url, reason=f"it is no page but {kind[:80]}", status=response.status)
    return _outcome(response)


class RobotsCache:
    """The robots.txt of every site met in one pass, each asked for once (RFC 9309).

    No such file (any 4xx but 429) allows everything; a server that fails or cannot be reached allows nothing this pass.
    """

    def __init__(self) -> None:
        self._rules: dict[str, RobotFileParser | None] = {}
        self._asking: dict[str, asyncio.Lock] = {}

    async def why_not(self, client: GuardedClient, url: str) -> str | None:
        """Why the page must not be asked for, as a clause, or None. Raises BlockedAddressError."""
        place = client.check(url)
        site = f"{place.scheme}://{place.authority}"
        async with self._asking.setdefault(site, asyncio.Lock()):
            if site not in self._rules:
                self._rules[site] = await _robots_rules(client, f"{site}/robots.txt")
        rules = self._rules[site]
        if rules is None:
            return "its site's robots.txt could not be had, so it is left alone for now"
        # The parser looks at the path alone; a host of its own choosing could be one that it cannot take apart.
        if not rules.can_fetch(ROBOT, f"http://site{place.target}"):
            return "its site's robots.txt asks robots to stay away"
        return None


async def _robots_rules(client: GuardedClient, url: str) -> RobotFileParser | None:
    """The site's rules; None when they could not be had."""
    try:
        response = await client.get(url, headers={"Accept": "text/plain, */*;q=0.1"})
    except FetchError:
        return None
    rules = RobotFileParser()
    if 400 <= response.status < 500 and response.status != 429:
        rules.parse(())
        return rules
    if response.status != 200:
        return None
    text = response.body[:ROBOTS_BYTES].decode("utf-8-sig", "replace")
    try:
        rules.parse(text.splitlines())
    except ValueError:
        # The parser gives up on some broken addresses; a file we cannot read is not leave to read the site.
        return None
    return rules


# --- what an answer means ----------------------------------------------------------------------------------


def is_unchanged(state: FetchState | None, outcome: Fetched) -> bool:
    """Whether the body is byte for byte what was last stored, from a server that does not know 304."""
    return state is not None and state.body_sha256 == _sha256(outcome.body)


def is_gone(outcome: FetchOutcome) -> bool:
    """Whether the server says that nothing is there (any more)."""
    return isinstance(outcome, FetchFailed) and outcome.status in WITHDRAWN


def is_passing(outcome: FetchFailed) -> bool:
    """Whether asking again later may help: the server was busy, broken or out of reach, and did not refuse us."""
    return outcome.status is None or outcome.status in {408, 425, 429} or outcome.status >= 500


def next_page_pause(failures: int) -> timedelta | None:
    """How long to wait before a page that failed so often in a row is asked for again; None: no more."""
    return PAGE_PAUSES[failures - 1] if 1 <= failures <= len(PAGE_PAUSES) else None


def _outcome(response: Response) -> Fetched | FetchFailed:
    headers = response.headers
    if response.status not in {200, 203}:
        return FetchFailed(
            url=response.url,
            reason=_in_words(response.status),
            status=response.status,
            retry_after_seconds=_retry_after_seconds(headers),
        )
    return Fetched(
        url=response.url,
        body=response.body,
        content_type=headers.get("content-type"),
        etag=_validator(headers.get("etag")),
        last_modified=_validator(headers.get("last-modified")),
        permanent_url=response.permanent_url,
        wire_bytes=response.wire_bytes,
        fresh_seconds=_fresh_seconds(headers),
    )


def _in_words(status: int) -> str:
    match status:
        case 304:
            return "the server answered that nothing has changed (304) without having been asked"
        case 401 | 403:
            return f"the server refuses us ({status})"
        case 404:
            return "there is nothing at this address (404)"
        case 410:
            return "the server says that this is gone for good (410)"
        case 429:
            return "the server asks us to come less often (429)"
        case _:
            return f"the server answered {status}"


def _validator(value: str | None) -> str | None:
    return value if value and len(value) <= LONGEST_VALIDATOR else None


def _fresh_seconds(headers: Mapping[str, str]) -> int | None:
    """How long the answer stays fresh by its own account, less the time it has lain in caches."""
    said = MAX_AGE.search(headers.get("cache-control", ""))
    if said is None:
        return None
    age = headers.get("age", "").strip()
    return max(0, int(said[1]) - (int(age) if SECONDS.fullmatch(age) else 0))


def _retry_after_seconds(headers: Mapping[str, str]) -> int | None:
    """A date is counted from the answer's own Date: the server's clock, which need not be ours."""
    said = headers.get("retry-after", "").strip()
    if SECONDS.fullmatch(said):
        return int(said)
    try:
        wait = parsedate_to_datetime(said) - parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError, OverflowError):
        # No date, no zone in one of the two, or a day that no calendar has.
        return None
    return max(0, int(wait.total_seconds()))


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


# --- what to remember, and when to ask again ---------------------------------------------------------------


def feed_address(source: Source, state: FetchState | None) -> str:
    """Where the feed is asked for: sources.yaml's address, or where it has permanently moved to."""
    return proposed_feed(_belonging(source, state)) or source.feed


def proposed_feed(state: FetchState | None) -> str | None:
    """The address to propose to staff for sources.yaml: a permanent redirect was seen often enough to be believed."""
    return state.permanent_url if state and state.permanent_seen >= SIGHTINGS_TO_BELIEVE else None


def is_due(state: FetchState | None, *, now: datetime) -> bool:
    """Whether the time has come to ask again."""
    return state is None or state.next_due_at is None or state.next_due_at <= now


def next_state(
    source: Source, state: FetchState | None, outcome: FetchOutcome, *, now: datetime, interval: timedelta
) -> FetchState:
    """What to remember of a feed after asking for it, and when it is due again.

    interval: how often a source is polled that gives no reason for less. Failures double it up to a day and never end
    it; `Retry-After` and `max-age` lengthen it; each source comes earlier by a share of its own, so that they spread.
    """
    before = _belonging(source, state) or FetchState(source_id=source.id, url=source.feed)
    match outcome:
        case (
            Fetched(permanent_url=moved_to, fresh_seconds=fresh)
            | NotModified(permanent_url=moved_to, fresh_seconds=fresh)
        ):
            after = _with_sighting(source, before, moved_to)
            if isinstance(outcome, Fetched):
                after = replace(
                    after,
                    etag=outcome.etag,
                    last_modified=outcome.last_modified,
                    body_sha256=_sha256(outcome.body),
                )
            wait = _pause(source, interval, at_least=min(timedelta(seconds=fresh or 0), LONGEST_FRESHNESS))
            return replace(after, failures=0, last_error=None, last_ok_at=now, next_due_at=now + wait)
        case FetchFailed(reason=reason, status=status, retry_after_seconds=retry_after):
            failures = before.failures + 1
            growing = interval * 2 ** min(failures - 1, MOST_DOUBLINGS)
            wanted = LONGEST_PAUSE if status == GONE else min(growing, max(LONGEST_PAUSE, interval))
            wait = _pause(source, wanted, at_least=min(timedelta(seconds=retry_after or 0), LONGEST_PAUSE))
            after = replace(before, failures=failures, last_error=reason, next_due_at=now + wait)
            if proposed_feed(before) and failures >= FAILURES_TO_DOUBT:
                return replace(after, permanent_url=None, permanent_seen=0, etag=None, last_modified=None)
            return after
        case _:
            assert_never(outcome)


def _belonging(source: Source, state: FetchState | None) -> FetchState | None:
    """The state, unless staff have given the source another address since."""
    return state if state and state.url == source.feed else None


def _with_sighting(source: Source, before: FetchState, moved_to: str | None) -> FetchState:
    """Count what this answer says of where the feed lives."""
    if moved_to is None and proposed_feed(before):
        # The new address answered by itself.
        return before
    if moved_to is None or moved_to == source.feed:
        return replace(before, permanent_url=None, permanent_seen=0)
    if moved_to != before.permanent_url:
        return replace(before, permanent_url=moved_to, permanent_seen=1)
    return replace(before, permanent_seen=before.permanent_seen + 1)


def _pause(source: Source, wanted: timedelta, *, at_least: timedelta) -> timedelta:
    share = int.from_bytes(hashlib.sha256(source.id.encode()).digest()[:4], "big") / 2**32
    return max(wanted * (1 - JITTER * share), at_least)
