"""What was gathered of a source goes into storage: its articles, how they were read, and its fetch state, together."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from digest.model.article import NewArticle, Reading, StoreOutcome
from digest.model.fetch import FetchFailed, FetchOutcome, FetchState, FetchTally, NotModified, PageCost, RobotsFile
from digest.model.ids import ArticleId
from digest.model.source import Source
from digest.pipeline.report import PassReport
from digest.pipeline.tools import Tools


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What came of reading one article, for the first time or again."""

    article: NewArticle | None = None
    """None: nothing of it is to be stored."""
    known: ArticleId | None
    is_withdrawn: bool = False
    reading: Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What came of asking one source."""

    source: Source
    outcome: FetchOutcome
    state: FetchState
    read: Sequence[Read] = ()
    cost: PageCost = field(default_factory=PageCost)
    robots: Sequence[RobotsFile] = ()
    """What was learned of any site's robots.txt since the last source was stored."""


def store_source(tools: Tools, gathered: Gathered, report: PassReport) -> None:
    """Store what was read of a source together with its fetch state: never one without the other."""
    now = tools.clock.now()
    with tools.storage.begin() as tx:
        for read in gathered.read:
            article_id = read.known
            if read.article is not None:
                stored = tx.articles.add(read.article, now=now)
                report.added += stored.outcome is StoreOutcome.ADDED
                report.updated += stored.outcome is StoreOutcome.UPDATED
                article_id = None if stored.outcome is StoreOutcome.DUPLICATE else stored.article_id
            elif read.is_withdrawn and article_id is not None:
                tx.articles.withdraw(article_id, now=now)
                report.withdrawn += 1
            if article_id is not None:
                tx.readings.save(article_id, read.reading)
        tx.fetches.save(gathered.state)
        if (tally := _tally(gathered, now.date())) is not None:
            tx.fetches.tally(tally)
        for file in gathered.robots:
            tx.fetches.save_robots(file)


def _tally(gathered: Gathered, day: date) -> FetchTally | None:
    """What asking the source cost; None where nothing was asked."""
    outcome, cost = gathered.outcome, gathered.cost
    if isinstance(outcome, FetchFailed) and outcome.is_held_back:
        return None
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
