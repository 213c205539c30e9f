"""What sources answer when they are asked once; nothing is stored."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import assert_never

from digest.errors import FeedError
from digest.model.fetch import Fetched, FetchFailed, NotModified
from digest.model.ids import SourceId
from digest.model.source import Campaign, Source
from digest.net import GuardedClient
from digest.stages.extract import ParserPool
from digest.stages.fetch import fetch_feed


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCheck:
    """What one source answered when it was asked once."""

    id: SourceId
    name: str
    kind: str
    is_fine: bool
    entries: int
    newest: str
    words: str


def check_sources(
    campaign: Campaign,
    *,
    open_client: Callable[[], GuardedClient],
    parsers: ParserPool,
    concurrency: int,
) -> list[SourceCheck]:
    """Ask every source that is not paused once, in the file's order; stores nothing."""

    async def all_of_them() -> list[SourceCheck]:
        slots = asyncio.Semaphore(concurrency)
        async with open_client() as client:

            async def one(source: Source) -> SourceCheck:
                async with slots:
                    return await _check_source(client, parsers, source)

            return list(await asyncio.gather(*(one(source) for source in campaign.sources if not source.paused)))

    return asyncio.run(all_of_them())


async def _check_source(client: GuardedClient, parsers: ParserPool, source: Source) -> SourceCheck:
    answered = partial(SourceCheck, id=source.id, name=source.name, kind=source.kind.value)
    failed = partial(answered, is_fine=False, entries=0, newest="")
    outcome = await fetch_feed(client, source, None)
    match outcome:
        case Fetched(body=body, url=url, content_type=content_type):
            try:
                feed = await asyncio.to_thread(parsers.parse_feed, body, url=url, content_type=content_type)
            except FeedError as error:
                return failed(words=str(error))
            dates = [entry.published_at for entry in feed.entries if entry.published_at is not None]
            return answered(
                is_fine=True,
                entries=len(feed.entries),
                newest=f"{max(dates):%Y-%m-%d %H:%M}" if dates else "undated",
                words=feed.warning or ("ok" if feed.entries else "ok, but empty"),
            )
        case FetchFailed(reason=reason):
            return failed(words=reason)
        case NotModified():
            return failed(words="said that nothing has changed, although we never asked before")
        case _:
            assert_never(outcome)
