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
    is_withdrawn: bool = False
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
        read_articles = [(read, read.article) for read in gathered.read if read.article is not None]
        stored = tx.articles.add_all([article for _, article in read_articles], now=now)
        readings = {
            each.article_id: read.reading
            for (read, _), each in zip(read_articles, stored, strict=True)
            if each.outcome is not StoreOutcome.DUPLICATE
        }
        report.added += sum(each.outcome is StoreOutcome.ADDED for each in stored)
        report.updated += sum(each.outcome is StoreOutcome.UPDATED for each in stored)
        for read in gathered.read:
            if read.article is not None or read.known is None:
                continue
            if read.is_withdrawn:
                tx.articles.withdraw(read.known, now=now)
                report.withdrawn += 1
            readings[read.known] = read.reading
        tx.readings.save_all(readings)
        tx.fetches.save(gathered.state)
        tx.fetches.tally(
            source.id,
            now.date(),
            requests=1,
            not_modified=int(isinstance(outcome, NotModified)),
            wire_bytes=outcome.wire_bytes if isinstance(outcome, Fetched) else 0,
            failures=int(isinstance(outcome, FetchFailed)),
        )
