"""Article pages, read a few at a time: their bodies are what a pass holds in memory."""

import asyncio
import logging
from copy import copy
from typing import assert_never

from digest.errors import ExtractError
from digest.model.feed import Page
from digest.model.fetch import Fetched, FetchFailed, NotModified, PageCost
from digest.net import GuardedClient
from digest.pipeline.tools import Tools
from digest.stages.fetch import RobotsCache, fetch_page

logger = logging.getLogger(__name__)


PAGES_AT_ONCE = 4
"""Of one source. Its host is asked for two at a time anyway, and one that never answers must not take all the room."""


class PageReader:
    """Reads article pages, so many at a time: their bodies are what a pass holds in memory."""

    def __init__(self, tools: Tools, client: GuardedClient, robots: RobotsCache) -> None:
        self._parsers = tools.parsers
        self._client = client
        self._robots = robots
        self._slots = asyncio.Semaphore(tools.limits.concurrency)
        self._own_slots = asyncio.Semaphore(PAGES_AT_ONCE)

    def of_one_source(self) -> "PageReader":
        """The same reader, for one source: which gets only so many of the places."""
        reader = copy(self)
        reader._own_slots = asyncio.Semaphore(PAGES_AT_ONCE)  # noqa: SLF001 its own kind
        return reader

    async def read(self, url: str, cost: PageCost, *, named_by: str) -> Page | FetchFailed:
        """The page at an address; or why it can't be had, a page that gives no article among it. `cost` counts up.

        Either says where it was found, which is elsewhere when its server has led us there.

        named_by: the feed's address, which decides whether this one may lie in a place that the operator has opened.
        """
        async with self._own_slots, self._slots:
            outcome = await fetch_page(self._client, url, self._robots, cost=cost, named_by=named_by)
            match outcome:
                case FetchFailed():
                    return outcome
                case NotModified():
                    return FetchFailed(url=outcome.url, reason="the server sent no page", status=304)
                case Fetched():
                    try:
                        return await self._parsers.awaited(self._parsers.extract_article, outcome.body, url=outcome.url)
                    except ExtractError as error:
                        logger.info("page gave no article", extra={"url": url, "reason": str(error)})
                        return FetchFailed(url=outcome.url, reason=str(error), status=200)
                case _:
                    assert_never(outcome)
