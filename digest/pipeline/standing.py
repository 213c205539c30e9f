"""How each source stands: what came of asking it, when it is due, and what asking cost. Decides; stores nothing."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from digest.model.fetch import FetchState, FetchTally
from digest.model.ids import SourceId
from digest.model.source import Campaign, Source
from digest.model.trouble import Trouble, TroubleKind
from digest.pipeline.watching import find_troubles
from digest.stages.fetch import proposed_feed
from digest.storage import Storage


class Standing(StrEnum):
    """How a source stands that is in no trouble; one in trouble stands as the first `TroubleKind` of its own."""

    OK = "ok"
    PAUSED = "paused"
    NEW = "new"
    FAILED = "failed"
    """When it was last asked; too little yet to call it broken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Sums over some days; bytes are on the wire."""

    requests: int = 0
    not_modified: int = 0
    failures: int = 0
    feed_bytes: int = 0
    pages: int = 0
    robots_files: int = 0
    page_bytes: int = 0

    @property
    def unchanged_share(self) -> float | None:
        """Of the feed's answers, those that cost us and the server next to nothing (304). None: nothing was asked."""
        return self.not_modified / self.requests if self.requests else None

    @property
    def wire_bytes(self) -> int:
        return self.feed_bytes + self.page_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStanding:
    id: SourceId
    name: str
    kind: str
    feed: str
    standing: Standing | TroubleKind
    words: str
    """The standing for a person, with what to do next."""
    troubles: Sequence[Trouble]
    """All of them, in the order in which staff should look."""
    last_ok_at: datetime | None
    next_due_at: datetime | None
    failures_in_a_row: int
    proposed_feed: str | None
    costs: Costs
    days: Sequence[FetchTally]
    """Day by day, the oldest first; days on which nothing was asked are left out."""


def sources_standing(storage: Storage, campaign: Campaign, *, now: datetime, since: date) -> list[SourceStanding]:
    """How every source of sources.yaml stands, in the file's order, with what it cost on `since` and later days."""
    troubles: dict[SourceId, list[Trouble]] = defaultdict(list)
    for trouble in find_troubles(storage, campaign, now=now):
        troubles[trouble.source_id].append(trouble)
    with storage.read() as tx:
        states, tallies = tx.fetches.states(), tx.fetches.tallies(since)
    by_source: dict[SourceId, list[FetchTally]] = defaultdict(list)
    for tally in tallies:
        by_source[tally.source_id].append(tally)
    return [
        standing_of(source, _own_state(source, states), by_source[source.id], troubles=troubles[source.id])
        for source in campaign.sources
    ]


def standing_of(
    source: Source, state: FetchState | None, days: Sequence[FetchTally], *, troubles: Sequence[Trouble] = ()
) -> SourceStanding:
    """How one source stands. state: of its present address.   troubles: its own, in any order."""
    order = list(TroubleKind)
    troubles = sorted(troubles, key=lambda trouble: order.index(trouble.kind))
    standing, words = _in_words(source, state, troubles)
    return SourceStanding(
        id=source.id,
        name=source.name,
        kind=source.kind.value,
        feed=source.feed,
        standing=standing,
        words=words,
        troubles=troubles,
        last_ok_at=state.last_ok_at if state else None,
        next_due_at=state.next_due_at if state and not source.paused else None,
        failures_in_a_row=state.failures if state else 0,
        proposed_feed=proposed_feed(state),
        costs=_sum_of(days),
        days=days,
    )


def first_day(now: datetime, days: int) -> date:
    """The first of so many days, today's among them."""
    return now.date() - timedelta(days=days - 1)


def _own_state(source: Source, states: Mapping[SourceId, FetchState]) -> FetchState | None:
    state = states.get(source.id)
    return state if state and state.url == source.feed else None


def _in_words(
    source: Source, state: FetchState | None, troubles: Sequence[Trouble]
) -> tuple[Standing | TroubleKind, str]:
    if source.paused:
        return Standing.PAUSED, "paused"
    if state is None:
        return Standing.NEW, "not asked yet at this address; `digest run` asks it"
    if troubles:
        return troubles[0].kind, "; ".join(trouble.words for trouble in troubles)
    if state.failures:
        return Standing.FAILED, f"failed when last asked: {state.last_error or 'the reason is not known'}"
    return Standing.OK, "ok"


def _sum_of(days: Sequence[FetchTally]) -> Costs:
    return Costs(
        requests=sum(day.requests for day in days),
        not_modified=sum(day.not_modified for day in days),
        failures=sum(day.failures for day in days),
        feed_bytes=sum(day.wire_bytes for day in days),
        pages=sum(day.pages for day in days),
        robots_files=sum(day.robots_files for day in days),
        page_bytes=sum(day.page_bytes for day in days),
    )
