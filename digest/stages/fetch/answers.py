"""What a server's answer means: its status in words, its headers as values. Pure."""

import hashlib
import re
from collections.abc import Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime

from digest.model.fetch import Fetched, FetchFailed, FetchOutcome, FetchState

LONGEST_VALIDATOR = 1_000
GONE = 410
WITHDRAWN = frozenset({404, GONE})
PAGE_PAUSES = (timedelta(minutes=20), timedelta(hours=1), timedelta(hours=3), timedelta(hours=9))
"""After how long a page that could not be had is asked for again; then the feed's own words have to do."""
LONGEST_WAIT = timedelta(days=1)
MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?([0-9]{1,9})(?![0-9])", re.IGNORECASE)
NOT_KEPT = re.compile(r"(?:^|[\s,])no-(?:cache|store)(?![\w=-])", re.IGNORECASE)
"""`no-cache="Some-Header"` speaks of that header alone."""
SECONDS = re.compile(r"[0-9]{1,9}")


def is_unchanged(state: FetchState | None, outcome: Fetched) -> bool:
    """Whether the body is byte for byte what was last stored, from a server that does not know 304."""
    return state is not None and state.body_sha256 == sha256(outcome.body)


def is_gone(outcome: FetchOutcome) -> bool:
    """Whether the server says that nothing is there (any more)."""
    return isinstance(outcome, FetchFailed) and outcome.status in WITHDRAWN


def is_passing(outcome: FetchFailed) -> bool:
    """Whether asking again later may help: the server was busy, broken or out of reach, and did not refuse us."""
    return outcome.status is None or outcome.status in {408, 425, 429} or outcome.status >= 500


def next_page_pause(failures: int, *, at_least: int | None = None) -> timedelta | None:
    """How long to wait before a page that failed so often in a row is asked for again; None: no more.

    at_least: seconds that its server asked for (Retry-After); a day of them at most.
    """
    if not 1 <= failures <= len(PAGE_PAUSES):
        return None
    return max(PAGE_PAUSES[failures - 1], min(timedelta(seconds=at_least or 0), LONGEST_WAIT))


def length_in_words(time: timedelta) -> str:
    """A stretch of time, rounded down: "9 hours", "3 days"."""
    hours = max(0, int(time / timedelta(hours=1)))
    if hours >= 48:
        return f"{hours // 24} days"
    return f"{hours} hours" if hours > 1 else "an hour"


def in_words(status: int) -> str:
    """What the server answered, as a clause, with what to do about it where there is something to do."""
    match status:
        case 304:
            return "the server answered that nothing has changed (304) without having been asked"
        case 401:
            return "the server refuses us (401) and wants a password; give an address that is open to all"
        case 403:
            return "the server refuses us (403); set DIGEST_CONTACT so that it sees who asks, or write to its owner"
        case 404:
            return "there is nothing at this address (404); look for the feed's new address at the outlet's own pages"
        case 410:
            return "the server says that this is gone for good (410); take it out of sources.yaml or give another feed"
        case 429:
            return "the server asks us to come less often (429)"
        case 503:
            return "the server answered 503: it is busy or being mended"
        case _:
            return f"the server answered {status}"


def validator(value: str | None) -> str | None:
    return value if value and len(value) <= LONGEST_VALIDATOR else None


def fresh_seconds(headers: Mapping[str, str]) -> int | None:
    """How long the answer stays fresh by its own account, less the time it has lain in caches; None: it does not say.

    s-maxage speaks to caches that many share, which we are not. Expires is counted from the answer's own Date.
    Source: RFC 9111, sections 4.2.1 and 5.2.2.
    """
    control = headers.get("cache-control", "")
    if NOT_KEPT.search(control):
        return 0
    if (said := MAX_AGE.search(control)) is not None:
        seconds = int(said[1])
    elif (expires := _seconds_until(headers.get("expires", ""), headers)) is not None:
        seconds = expires
    else:
        return None
    age = headers.get("age", "").strip()
    return max(0, seconds - (int(age) if SECONDS.fullmatch(age) else 0))


def retry_after_seconds(headers: Mapping[str, str]) -> int | None:
    """A date is counted from the answer's own Date: the server's clock, which need not be ours."""
    said = headers.get("retry-after", "").strip()
    return int(said) if SECONDS.fullmatch(said) else _seconds_until(said, headers)


def _seconds_until(moment: str, headers: Mapping[str, str]) -> int | None:
    try:
        wait = parsedate_to_datetime(moment) - parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError, OverflowError):
        # No date, no zone in one of the two, or a day that no calendar has.
        return None
    return max(0, int(wait.total_seconds()))


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
