"""What to remember of a feed that was asked for, and when to ask again. Pure: no clock, no storage."""

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from digest.model.fetch import Fetched, FetchFailed, FetchOutcome, FetchState, NotModified
from digest.model.source import Source
from digest.stages.fetch.answers import GONE, sha256

LONGEST_PAUSE = timedelta(days=1)
# A feed that calls itself fresh for a year is a server's default for files, not its publisher's wish. Six hours: four
# looks a day, so that no edition misses it.
LONGEST_FRESHNESS = timedelta(hours=6)
LONGEST_GAP = timedelta(hours=12)
"""Between two readings that follow one another: twice the longest freshness. After a longer one, a feed may have listed
and dropped articles that nobody saw."""
JITTER = 0.1
"""Share of a pause by which sources come earlier: half by a part of their own, so that they spread over the interval,
half by one that differs from poll to poll, so that those that fell into step (after a restart) fall out of it."""
SIGHTINGS_TO_BELIEVE = 3
"""How often in a row a permanent redirect is seen before the old address is no longer asked: one may be a mishap."""
FAILURES_TO_DOUBT = 3
"""How often in a row the new address fails before the old one is asked again."""

MOST_DOUBLINGS = 16
"""Past any interval's way to a day; keeps the sum small."""


def feed_address(source: Source, state: FetchState | None) -> str:
    """Where the feed is asked for: sources.yaml's address, or where it has permanently moved to."""
    return proposed_feed(state_of(source, state)) or source.feed


def proposed_feed(state: FetchState | None) -> str | None:
    """The address to propose to staff for sources.yaml: a permanent redirect was seen often enough to be believed."""
    return state.permanent_url if state and state.permanent_seen >= SIGHTINGS_TO_BELIEVE else None


def proposal_in_words(state: FetchState | None) -> str | None:
    """What staff should do about a feed that has moved, as a clause; None where it has not."""
    moved_to = proposed_feed(state)
    return f"moved to {moved_to} for good; write that as its feed in sources.yaml" if moved_to else None


def is_due(state: FetchState | None, *, now: datetime) -> bool:
    """Whether the time has come to ask again."""
    return state is None or state.next_due_at is None or state.next_due_at <= now


def next_state(
    source: Source, state: FetchState | None, outcome: FetchOutcome, *, now: datetime, interval: timedelta
) -> FetchState:
    """What to remember of a feed after asking for it, and when it is due again.

    interval: how often a source is polled that gives no reason for less. Failures double it up to a day and never end
    it; `Retry-After` and freshness lengthen it; each poll comes earlier by a share of its own, so that they spread.
    What was held back, because its host asked us to wait over something else, is no failure: it comes later.
    """
    before = state_of(source, state) or FetchState(source_id=source.id, url=source.feed)
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
                    body_sha256=sha256(outcome.body),
                )
            wait = _pause(source, now, interval, at_least=min(timedelta(seconds=fresh or 0), LONGEST_FRESHNESS))
            return replace(
                after,
                failures=0,
                last_error=None,
                last_status=None,
                last_ok_at=now,
                reached_since=_reached_since(before, now, interval),
                next_due_at=now + wait,
            )
        case FetchFailed(is_held_back=True, retry_after_seconds=retry_after):
            wait = _pause(source, now, interval, at_least=min(timedelta(seconds=retry_after or 0), LONGEST_PAUSE))
            return replace(before, next_due_at=now + wait)
        case FetchFailed(reason=reason, status=status, retry_after_seconds=retry_after):
            failures = before.failures + 1
            growing = interval * 2 ** min(failures - 1, MOST_DOUBLINGS)
            wanted = LONGEST_PAUSE if status == GONE else min(growing, max(LONGEST_PAUSE, interval))
            wait = _pause(source, now, wanted, at_least=min(timedelta(seconds=retry_after or 0), LONGEST_PAUSE))
            after = replace(before, failures=failures, last_error=reason, last_status=status, next_due_at=now + wait)
            if proposed_feed(before) and failures >= FAILURES_TO_DOUBT:
                return replace(after, permanent_url=None, permanent_seen=0, etag=None, last_modified=None)
            return after
        case _:
            assert_never(outcome)


def state_of(source: Source, state: FetchState | None) -> FetchState | None:
    """The state, unless staff have given the source another address since."""
    return state if state and state.url == source.feed else None


def _reached_since(before: FetchState, now: datetime, interval: timedelta) -> datetime:
    if before.last_ok_at is None or now - before.last_ok_at > max(LONGEST_GAP, 2 * interval):
        return now
    return before.reached_since or before.last_ok_at


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


def _pause(source: Source, now: datetime, wanted: timedelta, *, at_least: timedelta) -> timedelta:
    share = (_share(source.id) + _share(f"{source.id} {now.isoformat()}")) / 2
    return max(wanted * (1 - JITTER * share), at_least)


def _share(seed: str) -> float:
    """A number in [0, 1) that is the same wherever it is asked for."""
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4], "big") / 2**32
