"""Articles, the history of their headlines, and their texts in immutable revisions."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, delete, exists, func, select, update

from digest.errors import NotFoundError
from digest.model.address import address_key
from digest.model.article import Article, NewArticle, Stored, TextOrigin
from digest.model.ids import ArticleId, SourceId
from digest.model.pairing import PairingState
from digest.model.source import SourceKind
from digest.storage.arrivals import IS_NEWEST, Arrivals, key_of
from digest.storage.columns import AnyRow
from digest.storage.dialects import chunked
from digest.storage.tables import (
    article_events,
    article_headlines,
    articles,
    pairings,
    sources,
    stories,
    texts,
    vectors,
)
from digest.storage.withdrawals import Withdrawals

# Built once: SQLAlchemy takes longer to build such a statement than the database to answer it, and every feed asks.
_BY_GUID = select(articles.c.guid, articles.c.id).where(
    articles.c.source_id == bindparam("source_id"), articles.c.guid.in_(bindparam("guids", expanding=True))
)
_BY_OWN_KEY, _BY_ADDRESS_KEY = (
    select(column.label("key"), articles.c.id)
    .where(column.in_(bindparam("keys", expanding=True)))
    .order_by(articles.c.id.desc())
    for column in (articles.c.own_key, articles.c.address_key)
)


class Articles:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- reading --------------------------------------------------------------------------------------------

    def get(self, article_id: ArticleId) -> Article:
        """The article with its newest text. Raises NotFoundError."""
        return self.get_many([article_id])[0]

    def get_many(self, ids: Sequence[ArticleId]) -> list[Article]:
        """The articles with their newest texts, in the order of `ids`. Raises NotFoundError when one is unknown."""
        found: dict[int, Article] = {}
        for chunk in chunked(dict.fromkeys(ids)):
            for row in self._connection.execute(_whole().where(articles.c.id.in_(chunk))):
                found[row.id] = _article(row)
        missing = [article_id for article_id in ids if article_id not in found]
        if missing:
            raise NotFoundError(f"There is no article {missing[0]}.")
        return [found[article_id] for article_id in ids]

    def find(self, address: str) -> ArticleId | None:
        """The article of an address, its own or its canonical one, of any source; None: we have none."""
        return self.by_address([address]).get(address)

    def active(self, since: datetime) -> list[Article]:
        """What was published at `since` or later and not withdrawn, with text, oldest first (then by id)."""
        order = (articles.c.published_at, articles.c.id)
        return [_article(row) for row in self._connection.execute(_whole().where(_is_active(since)).order_by(*order))]

    def companions(self, since: datetime, *, back_to: datetime) -> list[Article]:
        """What was published before `since`, from `back_to` on, and is of one event with something of `active(since)`;
        not withdrawn, with text, oldest first (then by id).
        """
        reaching = (
            select(article_events.c.event_id)
            .join(articles, articles.c.id == article_events.c.article_id)
            .where(_is_active(since))
        )
        theirs = select(article_events.c.article_id).where(article_events.c.event_id.in_(reaching))
        query = _whole().where(_is_active(back_to), articles.c.published_at < since, articles.c.id.in_(theirs))
        return [
            _article(row) for row in self._connection.execute(query.order_by(articles.c.published_at, articles.c.id))
        ]

    def ids_since(self, since: datetime) -> list[ArticleId]:
        """The ids of `active(since)`, in its order, without reading a text."""
        query = select(articles.c.id).where(_is_active(since)).order_by(articles.c.published_at, articles.c.id)
        return [ArticleId(article_id) for article_id in self._connection.scalars(query)]

    def states_since(self, since: datetime) -> list[tuple[ArticleId, int, str]]:
        """Id, revision and headline of `active(since)`, in its order: what changes when one of them does."""
        query = select(articles.c.id, articles.c.revision, articles.c.headline).where(_is_active(since))
        rows = self._connection.execute(query.order_by(articles.c.published_at, articles.c.id))
        return [(ArticleId(row.id), row.revision, row.headline) for row in rows]

    def leads_before(self, before: datetime, *, most: int, characters: int) -> list[str]:
        """Headline and, on a line below, the beginning of the text, or of the summary where it has none, of what was
        published before then: the newest so many, newest first; without what was withdrawn or whose text is deleted.
        """
        lead = func.substr(func.coalesce(func.nullif(texts.c.text, ""), articles.c.summary), 1, characters)
        query = (
            select(articles.c.headline, lead.label("lead"))
            .join(texts, IS_NEWEST)
            .where(articles.c.published_at < before, articles.c.withdrawn_at.is_(None), texts.c.text.is_not(None))
            .order_by(articles.c.published_at.desc(), articles.c.id.desc())
            .limit(most)
        )
        return [f"{row.headline}\n{row.lead}" for row in self._connection.execute(query)]

    def count(self) -> int:
        return self._connection.scalar(select(func.count()).select_from(articles)) or 0

    def by_guid(self, source_id: SourceId, guids: Collection[str]) -> dict[str, ArticleId]:
        """Those of the source's articles that have one of these guids, by guid."""
        found: dict[str, ArticleId] = {}
        asked = {key_of(guid): guid for guid in guids}
        for chunk in chunked(asked):
            for row in self._connection.execute(_BY_GUID, {"source_id": source_id, "guids": chunk}):
                found[asked[row.guid]] = ArticleId(row.id)
        return found

    def by_address(self, urls: Collection[str]) -> dict[str, ArticleId]:
        """Articles of any source that have one of these addresses, in whichever spelling, by the address as asked.

        urls: as `canonical_url` gives them. Each may be an article's canonical address or the one that it was met at.
        """
        key_by_url = {url: key_of(address_key(url)) for url in urls}
        found: dict[str, ArticleId] = {}
        for chunk in chunked(set(key_by_url.values())):
            # An article's canonical address says more than the one it was met at, so it is noted last.
            for by_key in (_BY_OWN_KEY, _BY_ADDRESS_KEY):
                found |= {row.key: ArticleId(row.id) for row in self._connection.execute(by_key, {"keys": chunk})}
        return {url: found[key] for url, key in key_by_url.items() if key in found}

    def by_source(self, ids: Iterable[ArticleId]) -> dict[SourceId, list[ArticleId]]:
        """Those of the articles that we have and that are not withdrawn, by source, oldest first."""
        found: dict[SourceId, list[ArticleId]] = {}
        for chunk in chunked(dict.fromkeys(ids)):
            query = select(articles.c.id, articles.c.source_id).where(articles.c.id.in_(chunk))
            for row in self._connection.execute(query.where(articles.c.withdrawn_at.is_(None)).order_by(articles.c.id)):
                found.setdefault(SourceId(row.source_id), []).append(ArticleId(row.id))
        return found

    def former_headlines(self, article_id: ArticleId) -> list[tuple[str, datetime]]:
        """What the headline was before, oldest first, each with when it was replaced."""
        query = select(article_headlines).where(article_headlines.c.article_id == article_id)
        rows = self._connection.execute(query.order_by(article_headlines.c.id))
        return [(row.headline, row.replaced_at) for row in rows]

    # --- writing --------------------------------------------------------------------------------------------

    def add(self, new: NewArticle, *, now: datetime) -> Stored:
        """Store one article: `add_all` of it."""
        return self.add_all([new], now=now)[0]

    def add_all(self, batch: Sequence[NewArticle], *, now: datetime) -> list[Stored]:
        """Store articles, or what has changed of those that are stored already; what came of each, in their order.

        One is stored already when its source has this guid, or any source this canonical URL in any spelling (unless
        headline and text are another article's: then it goes by its own address), or its source the same headline over
        the same text (a feed that repeats itself under new ids). Another source's is left as it is (DUPLICATE), and the
        spelling that came first stays. A changed text becomes a new revision, unless it comes from a lesser origin: a
        summary never takes the place of a page's text. A changed headline leaves the former one in the history. A
        withdrawn one whose text can be had again is no longer withdrawn.
        """
        return Arrivals(self._connection, now=now).store(batch)

    def withdraw(self, article_id: ArticleId, *, reason: str = "", now: datetime) -> None:
        """Note that its outlet took it back: nothing new is made of it, and nothing public shows it any more.

        reason: how we know, as a clause for staff. Raises NotFoundError.
        """
        is_meant = articles.c.id == article_id
        change = update(articles).where(is_meant, articles.c.withdrawn_at.is_(None)).values(withdrawn_at=now)
        if self._connection.execute(change).rowcount:
            Withdrawals(self._connection).note(article_id, is_back=False, reason=reason, now=now)
        elif self._connection.scalar(select(articles.c.id).where(is_meant)) is None:
            raise NotFoundError(f"There is no article {article_id}.")

    def delete_texts(self, before: datetime) -> int:
        """Delete what others wrote and we stored before `before`; how many texts went.

        The campaign's own texts stay. With a text go its article's summary, the sentence of that which sums up a story,
        the claims quoted from it in pairings that nobody confirmed (a confirmed one keeps what it needs), and every
        vector of that age.
        """
        others = select(sources.c.id).where(sources.c.kind != SourceKind.CAMPAIGN.value)
        expired = (
            select(texts.c.article_id)
            .join(articles, articles.c.id == texts.c.article_id)
            .where(texts.c.created_at < before, texts.c.text.is_not(None), articles.c.source_id.in_(others))
        )
        deleted = 0
        for chunk in chunked(set(self._connection.scalars(expired))):
            old = texts.c.article_id.in_(chunk) & (texts.c.created_at < before) & texts.c.text.is_not(None)
            deleted += self._connection.execute(update(texts).where(old).values(text=None)).rowcount
            self._forget_quotes(chunk)
        self._connection.execute(delete(vectors).where(vectors.c.created_at < before))
        return deleted

    def _forget_quotes(self, ids: Collection[int]) -> None:
        """Of these articles, blank the summary where the newest text is gone, with the sentence of it that sums up a
        story, and what was quoted from a gone text.
        """
        is_gone = IS_NEWEST & texts.c.text.is_(None)
        described = articles.c.id.in_(ids) & exists().where(is_gone)
        self._connection.execute(update(articles).where(described).values(summary=""))
        gone = select(articles.c.id).where(described)
        sums_up = update(stories).where(stories.c.summary_article_id.in_(gone))
        self._connection.execute(sums_up.values(summary="", summary_article_id=None))
        is_quoted = (
            (texts.c.article_id == pairings.c.claim_article_id)
            & (texts.c.revision == pairings.c.claim_revision)
            & texts.c.text.is_(None)
        )
        unconfirmed = pairings.c.claim_article_id.in_(ids) & (pairings.c.state != PairingState.CONFIRMED.value)
        self._connection.execute(update(pairings).where(unconfirmed, exists().where(is_quoted)).values(claim_text=""))


def _is_active(since: datetime) -> ColumnElement[bool]:
    return (articles.c.published_at >= since) & articles.c.withdrawn_at.is_(None)


def _whole() -> Select[Any]:
    """Articles with the kind of their source and their newest text."""
    return (
        select(articles, sources.c.kind, texts.c.text, texts.c.sha256)
        .join(sources, sources.c.id == articles.c.source_id)
        .join(texts, IS_NEWEST)
    )


def _article(row: AnyRow) -> Article:
    return Article(
        id=ArticleId(row.id),
        source_id=SourceId(row.source_id),
        kind=SourceKind(row.kind),
        guid=row.guid,
        url=row.url,
        canonical_url=row.canonical_url,
        headline=row.headline,
        author=row.author,
        summary=row.summary,
        text=row.text or "",
        revision=row.revision,
        text_sha256=row.sha256,
        text_origin=TextOrigin(row.text_origin),
        links=tuple(row.links),
        language=row.language,
        image_url=row.image_url,
        published_at=row.published_at,
        first_seen_at=row.first_seen_at,
        withdrawn_at=row.withdrawn_at,
    )
