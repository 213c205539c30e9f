"""fetch | extract: every source that is due is asked, and what is new or changed of it stored source by source."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from digest.errors import DigestError
from digest.model.edition import Cadence, EditionDocument
from digest.model.ids import ArticleId, SourceId
from digest.model.source import Source
from digest.pipeline.pages import PageReader
from digest.pipeline.report import PassReport
from digest.pipeline.shown import WATCHED, in_order, of_turn, quoted_on
from digest.pipeline.source_reading import SourceReader
from digest.pipeline.storing import Storing
from digest.pipeline.tools import Tools
from digest.stages.fetch import RobotsCache, is_due
from digest.stages.fetch.rhythm import poll_interval
from digest.storage import Transaction

logger = logging.getLogger(__name__)


async def gather(tools: Tools, report: PassReport, check_lease: Callable[[], None]) -> None:
    """Fetch every source that is due and store what is new of it, source by source.

    check_lease: raises ConflictError when another pass has taken over.
    """
    now, zone = tools.clock.now(), tools.campaign.site.zone
    with tools.storage.read() as tx:
        states = tx.fetches.states()
        owed = tx.readings.due(now)
        rhythms = tx.watch.rhythms()
        hubs = tx.hubs.active(now)
        shown = tx.editions.latest_published(Cadence.DAILY)
        watched: Mapping[SourceId, Sequence[ArticleId]] = {}
        if shown is not None and shown.document.cut_off_at >= now - WATCHED:
            watched = _watched(tx, shown.document, now)
            # What the cards quote is read again as well: a correction may stand on its page alone.
            for source_id, ids in tx.articles.by_source(quoted_on(shown.document.cards)).items():
                owed[source_id] = [*dict.fromkeys((*owed.get(source_id, ()), *ids))]
        robots = RobotsCache(tx.fetches.robots(), now=now)
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
    storing = Storing(tools, report)
    async with tools.open_client() as client:
        pages = PageReader(tools, client, robots)

        async def one(source: Source) -> None:
            reader = SourceReader(
                tools,
                client,
                pages.of_one_source(),
                source,
                report,
                owed=owed.get(source.id, ()),
                watched=watched.get(source.id, ()),
                hub=hubs.get(source.id),
            )
            interval = poll_interval(
                rhythms.get(source.id), source.kind, now=now, usual=tools.limits.poll_interval, zone=zone
            )
            try:
                async with slots:
                    asked = await reader.ask(states.get(source.id), interval=interval)
                gathered = await reader.read(asked)
            except DigestError:
                raise
            except Exception:
                # Ours to mend, and told loudly; but what one server can bring about must not end the pass for all.
                logger.exception("a source could not be read through a fault of ours", extra={"source": source.id})
                report.failed[source.id] = "a fault of our own stopped us from reading it: the log says where"
                return
            await storing.store(replace(gathered, robots=robots.take_learned()))
            check_lease()
            tools.progress.advance()

        try:
            async with asyncio.TaskGroup() as tasks:
                for source in due:
                    tasks.create_task(one(source))
        except BaseExceptionGroup as group:
            # What ends a pass (the disk is full, a bug) ends every source's task alike; the first says it.
            raise group.exceptions[0] from group


def _watched(tx: Transaction, document: EditionDocument, now: datetime) -> dict[SourceId, Sequence[ArticleId]]:
    """What each source is asked for in this pass because the document shows it."""
    ids = in_order(document)
    place = {article_id: place for place, article_id in enumerate(ids)}
    # Polls that brought something are counted by day already, and each of them moves the source's turn on by one.
    polls = {tally.source_id: tally.requests - tally.failures for tally in tx.fetches.tallies(now.date())}
    return {
        source_id: of_turn(sorted(own, key=place.__getitem__), polls.get(source_id, 0))
        for source_id, own in tx.articles.by_source(ids).items()
    }
