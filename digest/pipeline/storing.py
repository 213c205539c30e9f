"""What was gathered of a source goes into storage: its articles, how they were read, and its fetch state, together."""

from collections.abc import Sequence
from dataclasses import dataclass

from digest.model.article import NewArticle, Reading, StoreOutcome
from digest.model.fetch import Fetched, FetchFailed, FetchOutcome, FetchState, NotModified
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
    withdrawn_because: str = ""
    """How we know that its outlet took it back, as a clause; "": it did not."""
    reading: Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What came of asking one source."""

    source: Source
    outcome: FetchOutcome
    state: FetchState
    read: Sequence[Read] = ()


def store_source(tools: Tools, gathered: Gathered, report: PassReport) -> None:
    """Store what was read of a source together with its fetch state: never one without the other."""
    now, source, outcome = tools.clock.now(), gathered.source, gathered.outcome
    with tools.storage.begin() as tx:
        for read in gathered.read:
            article_id = read.known
            if read.article is not None:
                stored = tx.articles.add(read.article, now=now)
                report.added += stored.outcome is StoreOutcome.ADDED
                report.updated += stored.outcome is StoreOutcome.UPDATED
                article_id = None if stored.outcome is StoreOutcome.DUPLICATE else stored.article_id
            elif read.withdrawn_because and article_id is not None:
                tx.articles.withdraw(article_id, reason=read.withdrawn_because, now=now)
                report.withdrawn += 1
            if article_id is not None:
                tx.readings.save(article_id, read.reading)
        tx.fetches.save(gathered.state)
        tx.fetches.tally(
            source.id,
            now.date(),
            requests=1,
            not_modified=int(isinstance(outcome, NotModified)),
            wire_bytes=outcome.wire_bytes if isinstance(outcome, Fetched) else 0,
            failures=int(isinstance(outcome, FetchFailed)),
        )
