"""What sources answer when they are asked once, and where a feed that has gone may be now; nothing is stored."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias, assert_never

from digest.errors import FeedError
from digest.model.fetch import Fetched, FetchFailed, FetchState, NotModified
from digest.model.ids import SourceId
from digest.model.source import Source
from digest.model.trouble import Trouble, TroubleKind
from digest.net import GuardedClient
from digest.pipeline.discovery import Discovery, discover_feeds
from digest.pipeline.tools import NoProgress, Progress
from digest.sources import feed_key
from digest.stages.extract import ParserPool
from digest.stages.fetch import fetch_feed, is_passing, proposed_feed


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
    site: str = ""
    """The front page that the feed itself names."""
    new_feed: str = ""
    """The address to propose for sources.yaml: where the feed has moved for good, or the site's feed as it is now."""
    troubles: Sequence[Trouble] = ()
    """What is the matter with it beside what it answers now, in the order in which staff should look."""


SHOWN_TITLE = 60
OpenClient: TypeAlias = Callable[[], GuardedClient]


def check_sources(
    sources: Sequence[Source],
    *,
    open_client: OpenClient,
    parsers: ParserPool,
    concurrency: int,
    known: Sequence[Source] = (),
    states: Mapping[SourceId, FetchState] | None = None,
    troubles: Sequence[Trouble] = (),
    looks_further: bool = True,
    progress: Progress | None = None,
) -> list[SourceCheck]:
    """Ask each of these sources once, in their order; stores nothing.

    known: all that staff have, so that none of their feeds is proposed for another source.
    states: what fetching remembers, for the redirects that it has come to believe.
    troubles: what passes know to be the matter with them; what the answers now belie is left out.
    looks_further: whether the site of a source whose feed has gone is searched for another.
    """
    bar = progress or NoProgress()
    bar.stage("Asking sources", total=len(sources))

    async def all_of_them() -> list[SourceCheck]:
        slots = asyncio.Semaphore(concurrency)
        async with open_client() as client:

            async def one(source: Source) -> SourceCheck:
                async with slots:
                    answered, is_lost = await _check_source(client, parsers, source)
                    if is_lost and looks_further:
                        answered = await _with_new_feed(client, parsers, source, answered, known)
                bar.advance()
                answered = _with_troubles(answered, troubles)
                return _with_move(source, answered, (states or {}).get(source.id))

            return list(await asyncio.gather(*(one(source) for source in sources)))

    return _each_to_one(asyncio.run(all_of_them()), known)


def find_feeds(text: str, *, open_client: OpenClient, parsers: ParserPool, sources: Sequence[Source] = ()) -> Discovery:
    """`discover_feeds` with a client of its own."""

    async def search() -> Discovery:
        async with open_client() as client:
            return await discover_feeds(client, parsers, text, sources=sources)

    return asyncio.run(search())


async def _check_source(client: GuardedClient, parsers: ParserPool, source: Source) -> tuple[SourceCheck, bool]:
    """What it answered, and whether its feed is not there any more, rather than out of reach for the moment."""
    answered = partial(SourceCheck, id=source.id, name=source.name, kind=source.kind.value)
    failed = partial(answered, is_fine=False, entries=0, newest="")
    outcome = await fetch_feed(client, source, None)
    match outcome:
        case Fetched(body=body, url=url, content_type=content_type, permanent_url=moved_to):
            try:
                feed = await parsers.awaited(parsers.parse_feed, body, url=url, content_type=content_type)
            except FeedError as error:
                return failed(words=str(error)), True
            dates = [entry.published_at for entry in feed.entries if entry.published_at is not None]
            fine = answered(
                is_fine=True,
                entries=len(feed.entries),
                newest=f"{max(dates):%Y-%m-%d %H:%M}" if dates else "undated",
                words=feed.warning or ("ok" if feed.entries else "ok, but empty"),
                site=feed.site_url or "",
                new_feed=moved_to or "",
            )
            return fine, False
        case FetchFailed(reason=reason):
            return failed(words=reason), not is_passing(outcome)
        case NotModified():
            return failed(words="said that nothing has changed, although we never asked before"), False
        case _:
            assert_never(outcome)


async def _with_new_feed(
    client: GuardedClient, parsers: ParserPool, source: Source, answered: SourceCheck, known: Sequence[Source]
) -> SourceCheck:
    """The answer with the feed that the source's site has now, if it has one that no other source reads."""
    found = await discover_feeds(client, parsers, source.site, sources=known, instead_of=source.feed)
    new = next((feed for feed in found.feeds if feed.known_as is None and not feed.is_of_comments), None)
    if new is None:
        return answered
    words = f"{answered.words}; its site has “{new.title[:SHOWN_TITLE] or 'a feed without a title'}” now"
    return replace(answered, new_feed=new.url, words=words)


def _with_troubles(answered: SourceCheck, troubles: Sequence[Trouble]) -> SourceCheck:
    """The answer with the source's troubles. Whether it can be read is seen now, and a move has its own column."""
    belied = {TroubleKind.MOVED} | ({TroubleKind.BROKEN, TroubleKind.GONE} if answered.is_fine else set())
    order = list(TroubleKind)
    own = [each for each in troubles if each.source_id == answered.id and each.kind not in belied]
    return replace(answered, troubles=sorted(own, key=lambda each: order.index(each.kind)))


def _with_move(source: Source, answered: SourceCheck, state: FetchState | None) -> SourceCheck:
    """The answer with the move that fetching has seen often enough, where the source itself tells of none today."""
    moved_to = answered.new_feed or (proposed_feed(state) if state and state.url == source.feed else None) or ""
    if not moved_to or moved_to == source.feed:
        return replace(answered, new_feed="")
    words = f"{answered.words}; has moved for good" if answered.is_fine else answered.words
    return replace(answered, new_feed=moved_to, words=words)


def _each_to_one(rows: list[SourceCheck], known: Sequence[Source]) -> list[SourceCheck]:
    """The answers without an address that another source reads, or that an earlier one is to have: each feed stands in
    sources.yaml once."""
    owners = {feed_key(source.feed): source.id for source in known}
    told = []
    for row in rows:
        owner = owners.setdefault(feed_key(row.new_feed), row.id) if row.new_feed else row.id
        if owner == row.id:
            told.append(row)
        else:
            told.append(replace(row, new_feed="", words=f"{row.words}; {owner} reads its new address"))
    return told
