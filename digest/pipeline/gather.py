"""fetch | extract: every source that is due is asked, and what is new or changed of it stored source by source."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from digest.model.source import Source
from digest.pipeline.pages import PageReader
from digest.pipeline.report import PassReport
from digest.pipeline.source_reading import SourceReader
from digest.pipeline.storing import store_source
from digest.pipeline.tools import Tools
from digest.stages.fetch import RobotsCache, is_due


async def gather(tools: Tools, report: PassReport, check_lease: Callable[[], None]) -> None:
    """Fetch every source that is due and store what is new of it, source by source.

    check_lease: raises ConflictError when another pass has taken over.
    """
    now = tools.clock.now()
    with tools.storage.read() as tx:
        states = tx.fetches.states()
        owed = tx.readings.due(now)
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
    writing = asyncio.Lock()
    async with tools.open_client() as client:
        pages = PageReader(tools, client, robots)

        async def one(source: Source) -> None:
            async with slots:
                reader = SourceReader(tools, client, pages, source, owed.get(source.id, ()), report)
                gathered = await reader.read(states.get(source.id))
                async with writing:
                    gathered = replace(gathered, robots=robots.take_learned())
                    await asyncio.to_thread(store_source, tools, gathered, report)
            check_lease()
            tools.progress.advance()

        try:
            async with asyncio.TaskGroup() as tasks:
                for source in due:
                    tasks.create_task(one(source))
        except BaseExceptionGroup as group:
            # What ends a pass (the disk is full, a bug) ends every source's task alike; the first says it.
            raise group.exceptions[0] from group
