"""Finds the feeds of a site and looks into each; stores nothing.

an address | what its shape tells | the address itself | what its page declares | its links | the usual places
"""

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from digest.errors import BlockedAddressError, ExtractError, FeedError
from digest.model.feed import Entry, Feed
from digest.model.fetch import Fetched, FetchFailed
from digest.model.front_page import Advertised, FrontPage
from digest.model.ids import SourceId
from digest.model.source import Source
from digest.net import GuardedClient
from digest.sources import feed_key
from digest.stages.extract import ParserPool
from digest.stages.fetch import (
    addresses_meant,
    fetch_address,
    guessed_feeds,
    in_order_of_worth,
    is_of_comments,
    is_passing,
    known_feeds,
    likeness,
    those_to_ask,
    why_without_feed,
)

MOST_ASKED = 8
"""Of the feeds that one page advertises: a paper lists one for each of its sections, and a hostile page 10,000."""
_PAGE = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFeed:
    url: str
    """The address to write: where every redirect on the way was permanent, where they lead."""
    feed: Feed
    title: str
    """Its own, else what the page calls it."""
    is_of_comments: bool
    known_as: SourceId | None
    """The source that reads this feed already."""

    @property
    def newest(self) -> datetime | None:
        return max((entry.published_at for entry in self.feed.entries if entry.published_at), default=None)

    @property
    def newest_entries(self) -> list[Entry]:
        """Newest first; undated ones as the feed has them, before all others."""
        undated = [entry for entry in self.feed.entries if entry.published_at is None]
        dated = [entry for entry in self.feed.entries if entry.published_at is not None]
        return undated + sorted(dated, key=lambda entry: entry.published_at or _LONG_AGO, reverse=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """What was found at an address that a person gave."""

    address: str
    """As it answered; as it was meant where nothing did."""
    page: FrontPage | None
    """The page that was read on the way; None where the address is a feed itself, or told by its shape."""
    feeds: tuple[FoundFeed, ...]
    """Best first, each once."""
    not_asked: int = 0
    """How many more feeds the page advertises than were looked into."""
    trouble: str = ""
    """Where there are no feeds: why, and what to do, in whole sentences."""


_Answer: TypeAlias = tuple[str, Fetched | FetchFailed]


async def discover_feeds(
    client: GuardedClient,
    parsers: ParserPool,
    text: str,
    *,
    sources: Iterable[Source] = (),
    instead_of: str | None = None,
) -> Discovery:
    """The feeds of the site at an address, which may be a feed's own, a page's, or a host's name alone.

    sources: those that staff have, so that a feed among them is told.
    instead_of: a feed that has gone; what is most like it comes first.
    Asks for a dozen addresses or two at most, through the guard, as far apart as the client keeps them. Never raises
    for what a server does.
    """
    known = {feed_key(source.feed): source.id for source in sources}
    search = _Search(client, parsers, known)
    trouble = ""
    for url in addresses_meant(text):
        try:
            client.check(url)
        except BlockedAddressError as error:
            trouble = trouble or f"{url} leads nowhere that we may go: {error}."
            continue
        if closed := why_without_feed(url):
            return Discovery(address=url, page=None, feeds=(), trouble=closed)
        found = await search.at(url, near=[instead_of] if instead_of else [url])
        if found.feeds or search.has_answered:
            return found
        trouble = trouble or found.trouble
    return Discovery(address=text, page=None, feeds=(), trouble=trouble)


class _Search:
    """One search: what has been asked already, and what came of it."""

    def __init__(self, client: GuardedClient, parsers: ParserPool, known: Mapping[str, SourceId]) -> None:
        self._client = client
        self._parsers = parsers
        self._known = known
        self._asked: set[str] = set()
        self.has_answered = False
        """Whether any server has said anything: else a person who left the scheme out may have meant http."""

    async def at(self, url: str, *, near: Sequence[str]) -> Discovery:
        if found := await self._all_of(Advertised(url=feed, title="", is_declared=True) for feed in known_feeds(url)):
            return Discovery(address=url, page=None, feeds=found)
        _, answer = await self._ask(url)
        if isinstance(answer, FetchFailed):
            feeds = () if _leads_nowhere(answer) else await self._guessed(url)
            return Discovery(address=url, page=None, feeds=feeds, trouble="" if feeds else _no_answer(url, answer))
        if (feed := await self._feed_in(answer)) is not None:
            found = (self._found(Advertised(url=url, title="", is_declared=True), answer, feed),)
            return Discovery(address=answer.url, page=None, feeds=found)
        try:
            page = await self._parsers.awaited(
                self._parsers.read_front_page, answer.body, url=answer.url, content_type=answer.content_type
            )
        except ExtractError as error:
            return Discovery(address=answer.url, page=None, feeds=(), trouble=f"{answer.url}: {error}.")
        return await self._from_page(page, answer.url, near=near)

    async def _from_page(self, page: FrontPage, url: str, *, near: Sequence[str]) -> Discovery:
        ranked = in_order_of_worth(those_to_ask(self._client, url, page.feeds), near=near)
        declared = [feed for feed in ranked if feed.is_declared]
        linked = [feed for feed in ranked if not feed.is_declared]
        shapes = [Advertised(url=feed, title="", is_declared=True) for feed in known_feeds(page.canonical_url or url)]
        by_shape = those_to_ask(self._client, url, shapes)
        for few in (declared[:MOST_ASKED], by_shape, linked[:MOST_ASKED]):
            if found := await self._all_of(few):
                best = sorted(found, key=lambda it: (it.is_of_comments, not it.feed.entries, -likeness(it.url, near)))
                not_asked = max(0, len(declared) - MOST_ASKED) + page.more_feeds
                return Discovery(address=url, page=page, feeds=tuple(best), not_asked=not_asked)
        if found := await self._guessed(url):
            return Discovery(address=url, page=page, feeds=found)
        return Discovery(
            address=url,
            page=page,
            feeds=(),
            trouble=f"{url} names no feed, and there is none at the usual addresses. Look for RSS on its pages and "
            "give that address, or ask the outlet for it.",
        )

    async def _guessed(self, url: str) -> tuple[FoundFeed, ...]:
        """The first of the usual addresses that is a feed, unless the server falls silent or sends us away."""
        for guess in guessed_feeds(url):
            asked, answer = await self._ask(guess)
            if isinstance(answer, FetchFailed):
                if _leads_nowhere(answer):
                    return ()
                continue
            if (feed := await self._feed_in(answer)) is not None:
                return (self._found(Advertised(url=asked, title="", is_declared=False), answer, feed),)
        return ()

    async def _all_of(self, few: Iterable[Advertised]) -> tuple[FoundFeed, ...]:
        """Those that are feeds, in their order, each once whatever it is called by."""
        looked_into = await asyncio.gather(*(self._look_into(feed) for feed in few))
        found: dict[object, FoundFeed] = {}
        contents: set[tuple[str, ...]] = set()
        for each in looked_into:
            if each is None:
                continue
            # RSS and Atom of the same articles are one feed to a reader.
            content = tuple(entry.url for entry in each.feed.entries if entry.url)
            if (content and content in contents) or feed_key(each.url) in found:
                continue
            contents.add(content)
            found[feed_key(each.url)] = each
        return tuple(found.values())

    async def _look_into(self, advertised: Advertised) -> FoundFeed | None:
        if advertised.url in self._asked:
            return None
        _, answer = await self._ask(advertised.url)
        if isinstance(answer, FetchFailed) or (feed := await self._feed_in(answer)) is None:
            return None
        return self._found(advertised, answer, feed)

    async def _ask(self, url: str) -> _Answer:
        self._asked.add(url)
        answer = await fetch_address(self._client, url)
        self.has_answered = self.has_answered or isinstance(answer, Fetched) or answer.status is not None
        return url, answer

    async def _feed_in(self, answer: Fetched) -> Feed | None:
        if _PAGE.search(answer.body[:2000]) and "xml" not in (answer.content_type or ""):
            return None
        try:
            return await self._parsers.awaited(
                self._parsers.parse_feed, answer.body, url=answer.url, content_type=answer.content_type
            )
        except FeedError:
            return None

    def _found(self, advertised: Advertised, answer: Fetched, feed: Feed) -> FoundFeed:
        url = answer.permanent_url or advertised.url
        return FoundFeed(
            url=url,
            feed=feed,
            title=feed.title or advertised.title,
            is_of_comments=is_of_comments(url, f"{advertised.title} {feed.title}"),
            known_as=self._known.get(feed_key(url)) or self._known.get(feed_key(advertised.url)),
        )


def _leads_nowhere(answer: FetchFailed) -> bool:
    """Whether the server is out of reach, busy or going in circles, so that asking it for more is no use."""
    return is_passing(answer) or answer.status in range(300, 400)


def _no_answer(url: str, answer: FetchFailed) -> str:
    return f"{url} gave no page and no feed: {answer.reason}."
