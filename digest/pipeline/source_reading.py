"""One source: asked, compared with what storage has of it, and read.

an entry that we have not got        is read, with its page where the feed does not carry the text
an entry that says something else    is read again
a page that could not be had         is asked for again, a few times
an article that its feed dropped     is asked for once
an article whose page answers 404    is asked for a few times more: that may have been a mishap
what the cards of today quote        is read again at every poll, also where the feed says nothing new
whatever else readers see            is asked for, whatever its feed says: see `digest.pipeline.shown`

Taken back is what answers 410, or says that it was removed where its text stood; what answers 404 that was there, or
was missing before; and, where its feed has dropped it, what leads to the front page or a section. A feed that says so
is believed where its article's page cannot be had.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import assert_never

from digest.errors import FeedError
from digest.model.article import Article, Reading, TextOrigin
from digest.model.feed import Entry, Feed, Page
from digest.model.fetch import Fetched, FetchFailed, FetchOutcome, FetchState, NotModified, PageCost
from digest.model.hub import HubSubscription
from digest.model.ids import ArticleId
from digest.model.source import Source
from digest.net import GuardedClient, Place
from digest.pipeline.pages import PageReader
from digest.pipeline.report import PassReport
from digest.pipeline.storing import Gathered, HubNews, Read
from digest.pipeline.tools import ACTIVE_WINDOW, Tools
from digest.stages.extract import (
    article_from,
    canonical_url,
    entry_of,
    entry_sha256,
    is_removal_notice,
    leads_elsewhere,
    needs_page,
)
from digest.stages.fetch import (
    HubLinks,
    fetch_feed,
    has_missed,
    hub_offer,
    interval_beside_hub,
    is_gone,
    is_passing,
    is_unchanged,
    links_in_header,
    next_page_pause,
    next_state,
)

MOST_NEW = 60
"""New entries of one feed that a pass reads, the newest first; older ones wait for the next."""
MOST_AGAIN = 20
"""Stored articles of one source that a pass reads again: a feed that rewrites itself costs no more than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A feed's entries beside what storage has of them."""

    fresh: Sequence[Entry] = ()
    """Not stored, the newest first."""
    changed: Mapping[ArticleId, Entry] = field(default_factory=dict)
    unnoted: Mapping[ArticleId, Entry] = field(default_factory=dict)
    """Stored before we remembered what entries say."""
    vanished: Sequence[ArticleId] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What came of asking a source for its feed."""

    outcome: FetchOutcome
    """Without its body."""
    state: FetchState
    listed: Listed
    hub: HubNews


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """What came of reading a body that a hub has brought."""

    read: Sequence[Read]
    is_news: bool
    """A poll would have found something new in it."""
    is_rest: bool
    """It held more than is read at once; the next poll meets the rest."""
    warning: str | None


class SourceReader:
    """Asks one source, and reads what there is to read of it."""

    def __init__(
        self,
        tools: Tools,
        client: GuardedClient,
        pages: PageReader,
        source: Source,
        report: PassReport,
        *,
        owed: Sequence[ArticleId] = (),
        watched: Sequence[ArticleId] = (),
        hub: HubSubscription | None = None,
    ) -> None:
        self._tools = tools
        self._client = client
        self._pages = pages
        self._source = source
        self._owed = owed
        self._watched = watched
        self._report = report
        # One that belongs to another address (staff have changed it) says nothing of this one.
        self._hub = hub if hub is not None and hub.feed == source.feed else None
        self._now = tools.clock.now()
        self._cost = PageCost()
        self._named_by = source.feed
        """The address that stands for what the feed names: its own, or the one that its answer came from."""

    async def ask(self, state: FetchState | None, *, interval: timedelta) -> Asked:
        """What the feed says now, beside what storage has of it.

        interval: after which it is asked again, unless something speaks for another.
        """
        outcome, feed = await self._feed(state)
        listed = await asyncio.to_thread(self._compare, feed) if feed else Listed()
        hub = self._hub_news(outcome, feed, listed, state)
        interval = interval_beside_hub(interval, None if hub.has_missed else self._hub, now=self._now)
        after = next_state(self._source, state, outcome, now=self._now, interval=interval)
        if isinstance(outcome, Fetched):
            outcome = replace(outcome, body=b"")  # it has been read, and pages may take minutes
        return Asked(outcome=outcome, state=after, listed=listed, hub=hub)

    async def read(self, asked: Asked) -> Gathered:
        """Everything that there is to read, with the pages where they are needed."""
        if isinstance(asked.outcome, FetchFailed):
            return Gathered(source=self._source, outcome=asked.outcome, state=asked.state)
        read, is_rest = await self._read_all(asked.listed)
        state = asked.state
        if is_rest:
            # What is left over must be met again, so the next poll has to be given the whole feed.
            state = replace(state, etag=None, last_modified=None, body_sha256=None)
        return Gathered(
            source=self._source, outcome=asked.outcome, state=state, read=read, hub=asked.hub, cost=self._cost
        )

    async def read_pushed(self, body: bytes, *, url: str, content_type: str | None) -> Pushed:
        """What a hub has brought of the source, and no more: a hub may leave out what it brought before.

        So nothing has vanished that is not in it. Raises FeedError.
        """
        feed = await self._tools.parsers.awaited(
            self._tools.parsers.parse_feed, body, url=url, content_type=content_type
        )
        listed = await asyncio.to_thread(self._compare, feed)
        read, is_rest = await self._read_all(replace(listed, vanished=()))
        return Pushed(read=read, is_news=bool(listed.fresh), is_rest=is_rest, warning=feed.warning)

    def _hub_news(self, outcome: FetchOutcome, feed: Feed | None, listed: Listed, before: FetchState | None) -> HubNews:
        if not isinstance(outcome, Fetched):
            return HubNews()
        places = [links_in_header(outcome.link, base_url=outcome.url)]
        if feed is not None:
            places.append(HubLinks(hubs=feed.hub_urls, topic=feed.self_url))
        offer = hub_offer(self._source, places, url=outcome.url, check=self._check)
        missed = self._hub is not None and has_missed(self._hub, listed.fresh, before=before, now=self._now)
        # A body that was not read again says nothing of the links in it.
        is_heard = feed is not None or bool(places[0].hubs and places[0].topic)
        return HubNews(is_heard=is_heard, offer=offer, has_missed=missed)

    def _check(self, url: str) -> Place:
        return self._client.check(url, named_by=self._named_by)

    async def _feed(self, state: FetchState | None) -> tuple[FetchOutcome, Feed | None]:
        """What came of asking, and the feed where it is another than before."""
        source, report = self._source, self._report
        outcome = await fetch_feed(self._client, source, state)
        self._named_by = outcome.url
        match outcome:
            case Fetched() if not is_unchanged(state, outcome):
                try:
                    feed = await self._tools.parsers.awaited(
                        self._tools.parsers.parse_feed, outcome.body, url=outcome.url, content_type=outcome.content_type
                    )
                except FeedError as error:
                    report.failed[source.id] = str(error)
                    # Its validators are not kept: the same broken body is read again when it has been mended.
                    return FetchFailed(url=outcome.url, reason=str(error), wire_bytes=outcome.wire_bytes), None
                report.reached += 1
                if feed.warning:
                    report.warnings[source.id] = feed.warning
                return outcome, feed
            case Fetched() | NotModified():
                report.reached += 1
                report.unchanged += 1
            case FetchFailed(reason=reason):
                report.failed[source.id] = reason
            case _:
                assert_never(outcome)
        return outcome, None

    def _compare(self, feed: Feed) -> Listed:
        entries = _newest_first(entry for entry in feed.entries if _is_recent(entry, self._now))
        with self._tools.storage.read() as tx:
            by_guid = tx.articles.by_guid(self._source.id, [entry.guid for entry in entries])
            entry_by_article = {by_guid[entry.guid]: entry for entry in entries if entry.guid in by_guid}
            # A guid says more than an address: where entries share an address, the article is that of its own guid.
            others = [entry for entry in entries if entry.guid not in by_guid]
            own_url = {entry.guid: canonical_url(entry.url) for entry in others if entry.url}
            by_address = tx.articles.by_address(own_url.values())
            fresh: list[Entry] = []
            for entry in others:
                article_id = by_address.get(own_url.get(entry.guid, ""))
                if article_id is None:
                    fresh.append(entry)
                else:
                    entry_by_article.setdefault(article_id, entry)
            readings = tx.readings.of(self._source.id, entry_by_article)
            dates = [e.published_at for e in entries if e.published_at and _is_in_window(e.published_at, self._now)]
            vanished = (
                tx.readings.vanished(self._source.id, after=min(dates), before=max(dates), listed=entry_by_article)
                if dates
                else ()
            )
        return Listed(
            fresh=fresh,
            changed={
                article_id: entry_by_article[article_id]
                for article_id, reading in readings.items()
                if reading is not None and reading.entry_sha256 != entry_sha256(entry_by_article[article_id])
            },
            unnoted={
                article_id: entry_by_article[article_id] for article_id, reading in readings.items() if reading is None
            },
            vanished=vanished,
        )

    async def _read_all(self, listed: Listed) -> tuple[list[Read], bool]:
        """Everything that there is to read within the bounds of a pass, and whether something had to be left over."""
        changed = list(listed.changed.items())[:MOST_AGAIN]
        others = [i for i in dict.fromkeys((*self._owed, *listed.vanished)) if i not in listed.changed]
        again = others[: MOST_AGAIN - len(changed)]
        fresh = listed.fresh[:MOST_NEW]
        met = {*again, *(article_id for article_id, _ in changed)}
        stored = await asyncio.to_thread(self._stored, again)
        watched = await asyncio.to_thread(self._stored, [i for i in self._watched if i not in met])
        # What links nowhere has no page of its own: see `article_from`.
        looked_at = [each for each in watched if not each[0].url.startswith(f"{self._source.site}#")]
        # What a feed carries whole needs no turn of its own: a first reading is mostly that.
        whole = [entry for entry in fresh if not self._needs_page(entry)]
        carried = {entry.guid for entry in whole}
        read = await asyncio.gather(
            *(self._read_new(entry) for entry in fresh if entry.guid not in carried),
            *(self._read_changed(article_id, entry) for article_id, entry in changed),
            *(self._read_again(article, before, set(listed.vanished)) for article, before in stored),
        )
        looks = await asyncio.gather(*(self._look_at(article, before) for article, before in looked_at))
        read += [look for look in looks if look is not None]
        noted = [
            Read(known=article_id, reading=Reading(entry_sha256=entry_sha256(entry)))
            for article_id, entry in listed.unnoted.items()
        ]
        is_rest = len(fresh) < len(listed.fresh) or len(changed) < len(listed.changed)
        return [*(self._joined(entry, None) for entry in whole), *read, *noted], is_rest

    def _stored(self, ids: Sequence[ArticleId]) -> list[tuple[Article, Reading]]:
        with self._tools.storage.read() as tx:
            readings = tx.readings.of(self._source.id, ids)
            return [(article, readings.get(article.id) or Reading()) for article in tx.articles.get_many(ids)]

    async def _read_new(self, entry: Entry) -> Read:
        page = await self._page_of(entry)
        self._report.pages_missing += isinstance(page, FetchFailed)
        return self._joined(entry, page)

    def _joined(self, entry: Entry, page: Page | FetchFailed | None) -> Read:
        return self._as_read(entry, page, known=None, before=Reading(entry_sha256=entry_sha256(entry)))

    async def _read_changed(self, article_id: ArticleId, entry: Entry) -> Read:
        ((article, before),) = await asyncio.to_thread(self._stored, [article_id])
        page = await self._page_of(entry)
        reading = Reading(entry_sha256=entry_sha256(entry))
        is_said = is_removal_notice(entry.title, entry.text or entry.summary, known_as=article.headline)
        if is_said and page is None and entry.url is not None:
            page = await self._pages.read(entry.url, self._cost, named_by=self._named_by)
        reason = _gone_because(page, article, before)
        # A teaser may be about a removal, so what the page shows decides; where it shows nothing, the feed's word does.
        is_shown = isinstance(page, Page) and not leads_elsewhere(article.url, page.canonical_url)
        if is_said and not reason and not is_shown:
            reason = "its feed says that it was removed"
        if reason:
            return self._taken_back(article, page, reading, reason)
        return self._as_read(entry, page, known=article_id, before=reading)

    async def _read_again(self, article: Article, before: Reading, vanished: Collection[ArticleId]) -> Read:
        """A page that is owed, or that of an article that the cards quote or that its feed has dropped."""
        if article.id in vanished:
            before = replace(before, vanished_at=self._now)
        page, reason = await self._page_again(article, before)
        if reason:
            return self._taken_back(article, page, before, reason)
        if article.text_origin is not TextOrigin.FEED:
            read = self._as_read(entry_of(article), page, known=article.id, before=before)
            return read if isinstance(page, Page) else replace(read, article=None)
        # The feed said it all: the page is only asked whether the article still stands, or stands again.
        is_back = article.withdrawn_at is not None and isinstance(page, Page)
        read = self._as_read(entry_of(article), None if is_back else page, known=article.id, before=before)
        return read if is_back else replace(read, article=None)

    async def _look_at(self, article: Article, before: Reading) -> Read | None:
        """Whether what readers see was taken back; None when there is nothing to store of it."""
        page, reason = await self._page_again(article, before)
        if reason:
            return self._taken_back(article, page, before, reason)
        if isinstance(page, FetchFailed) and is_gone(page):
            return Read(known=article.id, reading=replace(before, page_failures=0, page_due_at=None))
        return None

    def _taken_back(self, article: Article, page: Page | FetchFailed | None, before: Reading, reason: str) -> Read:
        """The withdrawal of an article. A 404 may be a mishap of its server, so it is asked for again a few times."""
        is_mishap = isinstance(page, FetchFailed) and page.status == 404
        failures = before.page_failures + 1 if article.withdrawn_at is not None else 1
        pause = next_page_pause(failures) if is_mishap else None
        reading = replace(before, page_failures=failures, page_due_at=self._now + pause if pause else None)
        return Read(
            known=article.id, withdrawn_because="" if article.withdrawn_at is not None else reason, reading=reading
        )

    async def _page_again(self, article: Article, before: Reading) -> tuple[Page | FetchFailed, str]:
        """The page of a stored article, and why its outlet has taken it back; "" when it has not."""
        page = await self._pages.read(article.url, self._cost, named_by=self._named_by)
        reason = _gone_because(page, article, before)
        where = page.url if isinstance(page, FetchFailed) else page.canonical_url
        is_answered = not isinstance(page, FetchFailed) or page.status == 200
        if not reason and before.vanished_at is not None and is_answered and leads_elsewhere(article.url, where):
            reason = "its feed has dropped it, and its address leads to another page"
        return page, reason

    async def _page_of(self, entry: Entry) -> Page | FetchFailed | None:
        """The entry's page; None where none is needed."""
        if entry.url is None or not self._needs_page(entry):
            return None
        return await self._pages.read(entry.url, self._cost, named_by=self._named_by)

    def _needs_page(self, entry: Entry) -> bool:
        return entry.url is not None and needs_page(self._source, entry)

    def _as_read(
        self, entry: Entry, page: Page | FetchFailed | None, *, known: ArticleId | None, before: Reading
    ) -> Read:
        reading = replace(before, page_failures=0, page_due_at=None)
        if isinstance(page, FetchFailed) and is_passing(page):
            failures = before.page_failures + 1
            pause = next_page_pause(failures, at_least=page.retry_after_seconds)
            reading = replace(before, page_failures=failures, page_due_at=self._now + pause if pause else None)
        article = article_from(self._source, entry, page if isinstance(page, Page) else None, now=self._now)
        return Read(article=article, known=known, reading=reading)


def _gone_because(page: Page | FetchFailed | None, article: Article, before: Reading) -> str:
    """Why a page says that the article was taken back, as a clause; "" when it does not."""
    if isinstance(page, FetchFailed):
        # A feed may list what was never to be had: where nothing else was ever answered, only a second 404 counts.
        is_first_answer = article.text_origin is TextOrigin.SUMMARY and before.page_failures > 0
        is_known_as_gone = before.vanished_at is not None or article.withdrawn_at is not None
        if page.status == 404 and is_first_answer and not is_known_as_gone:
            return ""
        return f"its page is gone ({page.status})" if is_gone(page) else ""
    if page is not None and is_removal_notice(page.title, page.text, known_as=article.headline):
        return "its page says that it was removed"
    return ""


def _is_in_window(moment: datetime, now: datetime) -> bool:
    return now - ACTIVE_WINDOW <= moment <= now


def _is_recent(entry: Entry, now: datetime) -> bool:
    """Whether an entry can be of the active window: undated ones and absurd dates may be."""
    return entry.published_at is None or entry.published_at.year < 1995 or entry.published_at >= now - ACTIVE_WINDOW


def _newest_first(entries: Iterable[Entry]) -> list[Entry]:
    """Undated ones first, in the feed's order: feeds without dates begin with what is new."""
    undated, dated = [], []
    for entry in entries:
        if entry.published_at is None:
            undated.append(entry)
        else:
            dated.append((entry.published_at, entry))
    return undated + [entry for _, entry in sorted(dated, key=lambda pair: pair[0], reverse=True)]
