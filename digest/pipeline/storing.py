"""What was gathered of a source goes into storage: its articles, how they were read, and its fetch state, together."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime

from digest.model.article import NewArticle, Reading, StoreOutcome
from digest.model.fetch import FetchFailed, FetchOutcome, FetchState, FetchTally, NotModified, PageCost, RobotsFile
from digest.model.hub import HubOffer
from digest.model.ids import ArticleId
from digest.model.source import Source
from digest.pipeline.report import PassReport
from digest.pipeline.tools import Tools
from digest.storage import Transaction

# A write transaction lasts under 100 ms: 300 articles take 40, and so do 500 sources that brought none.
MOST_READ = 300
MOST_SOURCES = 500
GATHER_SECONDS = 0.1
"""How long a transaction waits for more to go with it: what it costs by itself is twice what one source costs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What came of reading one article, for the first time or again."""

    article: NewArticle | None = None
    """None: nothing of it is to be stored."""
    known: ArticleId | None
    withdrawn_because: str = ""
    """How we know that its outlet took it back, as a clause; "": it did not."""
    reading: Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class HubNews:
    """What an answer says of the source's WebSub hub."""

    is_heard: bool = False
    """Whether it says anything: `offer` is then what the feed offers, and None that it offers nothing."""
    offer: HubOffer | None = None
    has_missed: bool = False
    """Whether it holds what the hub should have brought."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gathered:
    """What came of asking one source."""

    source: Source
    outcome: FetchOutcome
    state: FetchState
    read: Sequence[Read] = ()
    hub: HubNews = HubNews()
    cost: PageCost = field(default_factory=PageCost)
    robots: Sequence[RobotsFile] = ()
    """What was learned of any site's robots.txt since the last source was stored."""


class Storing:
    """Stores what sources brought, in as few transactions as there is time for.

    A commit costs a write to the disk, and only one transaction writes at a time. So whoever waits for the one before
    goes into the next together with all others that wait: a thousand quiet sources are stored in a few dozen.
    """

    def __init__(self, tools: Tools, report: PassReport) -> None:
        self._tools = tools
        self._report = report
        self._turn = asyncio.Lock()
        self._waiting: list[Gathered] = []
        # Not the loop's own threads: there a write would wait behind a hundred feeds that wait for their parser.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="storing")

    async def store(self, gathered: Gathered) -> None:
        """Returns once the source is stored. Raises StorageError, after which nothing of it is."""
        self._waiting.append(gathered)
        async with self._turn:
            if gathered not in self._waiting:
                return  # whoever had the turn took it along
            if sum(len(each.read) for each in self._waiting) < MOST_READ:
                await asyncio.sleep(GATHER_SECONDS)
            batch = self._next_batch()
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._thread, store_sources, self._tools, batch, self._report)
            del self._waiting[: len(batch)]

    def _next_batch(self) -> list[Gathered]:
        """Those that wait longest, together small enough for one short transaction; never none."""
        batch: list[Gathered] = []
        room = MOST_READ
        for gathered in self._waiting[:MOST_SOURCES]:
            room -= len(gathered.read)
            if batch and room < 0:
                break
            batch.append(gathered)
        return batch


def store_sources(tools: Tools, gathered: Sequence[Gathered], report: PassReport) -> None:
    """Store what was read of each source together with its fetch state: never one without the other."""
    now = tools.clock.now()
    everything = [read for each in gathered for read in each.read]
    with tools.storage.begin() as tx:
        outcomes = store_read(tx, everything, now=now)
        tx.fetches.save_all([each.state for each in gathered])
        tx.fetches.tally_all([_tally(each, now.date()) for each in gathered if _is_asked(each.outcome)])
        tx.fetches.save_robots([file for each in gathered for file in each.robots])
        tx.hubs.note_offers({each.source.id: each.hub.offer for each in gathered if each.hub.is_heard})
        tx.hubs.doubt([each.source.id for each in gathered if each.hub.has_missed])
    report.added += outcomes.count(StoreOutcome.ADDED)
    report.updated += outcomes.count(StoreOutcome.UPDATED)
    report.withdrawn += sum(bool(read.withdrawn_because) for read in everything)


def store_read(tx: Transaction, reads: Sequence[Read], *, now: datetime) -> list[StoreOutcome]:
    """Store articles and how they were read, whichever way they came; what came of each article, in their order."""
    arrived = [(read, read.article) for read in reads if read.article is not None]
    stored = tx.articles.add_all([article for _, article in arrived], now=now)
    readings = {
        each.article_id: read.reading
        for (read, _), each in zip(arrived, stored, strict=True)
        if each.outcome is not StoreOutcome.DUPLICATE
    }
    for read in reads:
        if read.article is None and read.known is not None:
            readings[read.known] = read.reading
            if read.withdrawn_because:
                tx.articles.withdraw(read.known, reason=read.withdrawn_because, now=now)
    tx.readings.save_all(readings)
    return [each.outcome for each in stored]


def _is_asked(outcome: FetchOutcome) -> bool:
    """Whether its server was asked: it is not while its host is held back."""
    return not (isinstance(outcome, FetchFailed) and outcome.is_held_back)


def _tally(gathered: Gathered, day: date) -> FetchTally:
    outcome, cost = gathered.outcome, gathered.cost
    return FetchTally(
        source_id=gathered.source.id,
        day=day,
        requests=1,
        not_modified=int(isinstance(outcome, NotModified)),
        wire_bytes=outcome.wire_bytes,
        failures=int(isinstance(outcome, FetchFailed)),
        pages=cost.pages,
        robots_files=cost.robots_files,
        page_bytes=cost.wire_bytes,
    )
