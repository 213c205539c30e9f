"""WebSub: what hubs have brought is read, and stored as if it had been polled."""

import asyncio
import logging
from collections.abc import Sequence

from digest.errors import FeedError
from digest.model.article import StoreOutcome
from digest.model.hub import Push
from digest.model.source import Source
from digest.net import GuardedClient
from digest.pipeline.lease import hold_lease
from digest.pipeline.pages import PageReader
from digest.pipeline.report import PassReport
from digest.pipeline.source_reading import Pushed, SourceReader
from digest.pipeline.storing import store_read
from digest.pipeline.tools import Tools
from digest.pipeline.watching import tell_what_was_taken_back
from digest.stages.fetch import RobotsCache

logger = logging.getLogger(__name__)

READ_SECONDS = 30.0
"""For all bodies that are read together, their pages included; passes wait meanwhile. What takes longer is polled for,
in a pass, where slow sources hold up nobody."""

Outcome = Pushed | str | None
"""What was read; or why it could not be, as a clause; None: its source is no longer polled."""


def read_pushes(tools: Tools) -> str:
    """Read and store what hubs have brought, one body of each; the next pass finds its stories. Says what came of it.

    There is a job for each body, so the next body of a hub that has brought several is read by the next of them.
    A body that cannot be read is told in the log, and its source is polled soon. Raises ConflictError while a pass
    runs, StorageError.
    """
    with hold_lease(tools.storage) as check_lease:
        now = tools.clock.now()
        with tools.storage.begin() as tx:
            tx.clock.advance(now)
            waiting = tx.hubs.waiting()
            robots = RobotsCache(tx.fetches.robots(), now=now)
        outcomes = asyncio.run(_read_all(tools, waiting, robots)) if waiting else []
        check_lease()
        with tools.storage.begin() as tx:
            tx.fetches.save_robots(robots.take_learned())
        added = 0
        for push, outcome in zip(waiting, outcomes, strict=True):
            added += _store(tools, push, outcome)
        tell_what_was_taken_back(tools)
    return f"{len(waiting)} bodies, {added} new articles"


async def _read_all(tools: Tools, waiting: Sequence[Push], robots: RobotsCache) -> list[Outcome]:
    sources = {source.id: source for source in tools.campaign.sources if not source.paused}
    async with tools.open_client() as client:
        pages = PageReader(tools, client, robots)
        return await asyncio.gather(
            *(_read(tools, client, pages, sources.get(push.subscription.source_id), push) for push in waiting)
        )


async def _read(tools: Tools, client: GuardedClient, pages: PageReader, source: Source | None, push: Push) -> Outcome:
    if source is None or source.feed != push.subscription.feed:
        return None
    reader = SourceReader(tools, client, pages.of_one_source(), source, PassReport())
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await reader.read_pushed(push.body, url=push.subscription.topic_url, content_type=push.content_type)
    except FeedError as error:
        return str(error)
    except TimeoutError:
        return "its pages took too long"


def _store(tools: Tools, push: Push, outcome: Outcome) -> int:
    """Store one body's articles and let the body go, together; how many articles are new."""
    now, subscription = tools.clock.now(), push.subscription
    trouble = outcome.warning if isinstance(outcome, Pushed) else outcome
    if trouble is not None:
        logger.warning("what a hub pushed is not in order", extra={"source": subscription.source_id, "reason": trouble})
    with tools.storage.begin() as tx:
        stored: list[StoreOutcome] = []
        if isinstance(outcome, Pushed):
            stored = store_read(tx, outcome.read, now=now)
            if outcome.is_news:
                tx.hubs.prove(subscription.token)
        if trouble is not None or (isinstance(outcome, Pushed) and outcome.is_rest):
            tx.fetches.ask_soon(subscription.source_id, now)
        tx.hubs.finish(push.id)
    return stored.count(StoreOutcome.ADDED)
