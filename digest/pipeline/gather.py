"""fetch | extract: every source that is due is asked, and what is new of it stored source by source."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import assert_never

from digest.errors import ExtractError, FeedError
from digest.model.article import NewArticle, StoreOutcome
from digest.model.feed import Entry, Feed, Page
from digest.model.fetch import Fetched, FetchFailed, FetchOutcome, FetchState, NotModified
from digest.model.ids import ArticleId
from digest.model.source import Source
from digest.net import GuardedClient
from digest.pipeline.report import PassReport
from digest.pipeline.tools import ACTIVE_WINDOW, Tools
from digest.stages.extract import article_from, needs_page
from digest.stages.fetch import RobotsCache, fetch_feed, fetch_page, is_due, is_unchanged, next_state

logger = logging.getLogger(__name__)

FIRST_READ_ENTRIES = 60
"""Of a feed met for the first time, the newest this many: a back catalogue is not news."""


async def gather(tools: Tools, report: PassReport, renew: Callable[[], None]) -> None:
    """Fetch every source that is due and store what is new of it, source by source."""
    now = tools.clock.now()
    with tools.storage.read() as tx:
        states = tx.fetches.states()
    sources = [source for source in tools.campaign.sources if not source.paused]
    # A state that belongs to another address (staff have changed it) says nothing of this one.
    states = {
        source.id: states[source.id]
        for source in sources
        if source.id in states and states[source.id].url == source.feed
    }
    due = [s for s in sources if tools.limits.is_everything_due or is_due(states.get(s.id), now=now)]
    report.not_due = len(sources) - len(due)
    tools.progress.stage("Reading sources", total=len(due))
    slots = asyncio.Semaphore(tools.limits.concurrency)
    writing = asyncio.Lock()
    async with tools.open_client() as client:
        pages = _PageReader(tools, client)

        async def one(source: Source) -> None:
            async with slots:
                await _gather_source(tools, client, pages, writing, source, states.get(source.id), report)
            renew()
            tools.progress.advance()

        try:
            async with asyncio.TaskGroup() as tasks:
                for source in due:
                    tasks.create_task(one(source))
        except BaseExceptionGroup as group:
            # What ends a pass (the disk is full, a bug) ends every source's task alike; the first says it.
            raise group.exceptions[0] from group


async def _gather_source(
    tools: Tools,
    client: GuardedClient,
    pages: "_PageReader",
    writing: asyncio.Lock,
    source: Source,
    state: FetchState | None,
    report: PassReport,
) -> None:
    now = tools.clock.now()
    outcome = await fetch_feed(client, source, state)
    articles: list[NewArticle] = []
    renamed: list[tuple[ArticleId, str]] = []
    match outcome:
        case Fetched() if not is_unchanged(state, outcome):
            try:
                feed = await asyncio.to_thread(
                    tools.parsers.parse_feed, outcome.body, url=outcome.url, content_type=outcome.content_type
                )
            except FeedError as error:
                # Its validators are not kept: the same broken body is read again when it has been mended.
                outcome = FetchFailed(url=outcome.url, reason=str(error))
                report.failed[source.id] = str(error)
            else:
                report.reached += 1
                if feed.warning:
                    report.warnings[source.id] = feed.warning
                articles, renamed = await _read_entries(tools, pages, source, feed, report)
        case Fetched() | NotModified():
            report.reached += 1
            report.unchanged += 1
        case FetchFailed(reason=reason):
            report.failed[source.id] = reason
        case _:
            assert_never(outcome)
    async with writing:
        await asyncio.to_thread(_store_source, tools, source, state, outcome, articles, renamed, now, report)


async def _read_entries(
    tools: Tools, pages: "_PageReader", source: Source, feed: Feed, report: PassReport
) -> tuple[list[NewArticle], list[tuple[ArticleId, str]]]:
    """The feed's entries that we have not got, as articles; and those known whose headline has changed."""
    now = tools.clock.now()
    entries = [entry for entry in feed.entries if _is_recent(entry, now)][:FIRST_READ_ENTRIES]

    def look_up() -> tuple[list[Entry], list[tuple[ArticleId, str]]]:
        with tools.storage.read() as tx:
            known = tx.articles.known(
                source.id, guids=[e.guid for e in entries], urls=[e.url for e in entries if e.url]
            )
        fresh = [e for e in entries if e.guid not in known.guids and (e.url is None or e.url not in known.urls)]
        return fresh, [(known.guids[e.guid], e.title) for e in entries if e.guid in known.guids and e.title]

    fresh, titles = await asyncio.to_thread(look_up)

    async def article(entry: Entry) -> NewArticle:
        page = None
        if entry.url is not None and needs_page(source, entry):
            page = await pages.read(entry.url)
            report.pages_missing += page is None
        return article_from(source, entry, page, now=now)

    return list(await asyncio.gather(*map(article, fresh))), titles


class _PageReader:
    """Reads article pages, a few at a time: their bodies are what a pass holds in memory."""

    def __init__(self, tools: Tools, client: GuardedClient) -> None:
        self._parsers = tools.parsers
        self._client = client
        self._robots = RobotsCache()
        self._slots = asyncio.Semaphore(tools.limits.concurrency)

    async def read(self, url: str) -> Page | None:
        """The page at an address, or None when it can't be had or gives no article."""
        async with self._slots:
            outcome = await fetch_page(self._client, url, self._robots)
            if not isinstance(outcome, Fetched):
                return None
            try:
                return await asyncio.to_thread(self._parsers.extract_article, outcome.body, url=outcome.url)
            except ExtractError as error:
                logger.info("page gave no article", extra={"url": url, "reason": str(error)})
                return None


def _is_recent(entry: Entry, now: datetime) -> bool:
    """Whether an entry can be of the active window: undated ones and absurd dates may be."""
    return entry.published_at is None or entry.published_at.year < 1995 or entry.published_at >= now - ACTIVE_WINDOW


def _store_source(
    tools: Tools,
    source: Source,
    state: FetchState | None,
    outcome: FetchOutcome,
    articles: Sequence[NewArticle],
    titles: Sequence[tuple[ArticleId, str]],
    now: datetime,
    report: PassReport,
) -> None:
    """Store a source's new articles together with its fetch state: never one without the other."""
    with tools.storage.begin() as tx:
        for article in articles:
            stored = tx.articles.add(article, now=now)
            report.added += stored.outcome is StoreOutcome.ADDED
            report.updated += stored.outcome is StoreOutcome.UPDATED
        for article_id, title in titles:
            tx.articles.rename(article_id, title, now=now)
        tx.fetches.save(next_state(source, state, outcome, now=now, interval=tools.limits.poll_interval))
        tx.fetches.tally(
            source.id,
            now.date(),
            requests=1,
            not_modified=int(isinstance(outcome, NotModified)),
            wire_bytes=outcome.wire_bytes if isinstance(outcome, Fetched) else 0,
            failures=int(isinstance(outcome, FetchFailed)),
        )
