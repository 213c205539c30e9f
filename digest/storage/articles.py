"""Articles, the history of their headlines, and their texts in immutable revisions."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, delete, exists, func, insert, select, update

from digest.errors import NotFoundError
from digest.model.article import Article, Known, NewArticle, Stored, StoreOutcome, TextOrigin
from digest.model.ids import ArticleId, SourceId
from digest.model.pairing import PairingState
from digest.model.source import SourceKind
from digest.model.words import says_the_same
from digest.storage.columns import AnyRow, storable
from digest.storage.dialects import chunked
from digest.storage.tables import article_headlines, articles, pairings, sources, texts, vectors
from digest.storage.withdrawals import Withdrawals

MOST_KEY_BYTES = 2000
"""What an index entry can hold on PostgreSQL is 2,704 bytes."""
_IS_NEWEST = (texts.c.article_id == articles.c.id) & (texts.c.revision == articles.c.revision)
LEAST_REPEATED = 200
"""Characters. Two articles of one source may share a headline and a line; not a whole text."""
_TRUST = {TextOrigin.SUMMARY: 0, TextOrigin.FEED: 1, TextOrigin.PAGE: 2}


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

    def active(self, since: datetime) -> list[Article]:
        """What was published at `since` or later and not withdrawn, with text, oldest first (then by id)."""
        order = (articles.c.published_at, articles.c.id)
        return [_article(row) for row in self._connection.execute(_whole().where(_is_active(since)).order_by(*order))]

    def ids_since(self, since: datetime) -> list[ArticleId]:
        """The ids of `active(since)`, in its order, without reading a text."""
        query = select(articles.c.id).where(_is_active(since)).order_by(articles.c.published_at, articles.c.id)
        return [ArticleId(article_id) for article_id in self._connection.scalars(query)]

    def states_since(self, since: datetime) -> list[tuple[ArticleId, int, str]]:
        """Id, revision and headline of `active(since)`, in its order: what changes when one of them does."""
        query = select(articles.c.id, articles.c.revision, articles.c.headline).where(_is_active(since))
        rows = self._connection.execute(query.order_by(articles.c.published_at, articles.c.id))
        return [(ArticleId(row.id), row.revision, row.headline) for row in rows]

    def count(self) -> int:
        return self._connection.scalar(select(func.count()).select_from(articles)) or 0

    def known(self, source_id: SourceId, *, guids: Collection[str], urls: Collection[str]) -> Known:
        """Which of these guids (of this source) and addresses (of any) belong to stored articles."""
        article_by_guid = self._ids_by("guid", guids, of=source_id)
        article_by_url = {**self._ids_by("url", urls), **self._ids_by("canonical_url", urls)}
        return Known(guids=article_by_guid, urls=article_by_url)

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

    def _ids_by(
        self, column: Literal["guid", "url", "canonical_url"], values: Collection[str], *, of: SourceId | None = None
    ) -> dict[str, ArticleId]:
        asked = {_key(value): value for value in values}
        found: dict[str, ArticleId] = {}
        for chunk in chunked(asked):
            query = select(articles.c[column].label("value"), articles.c.id).where(articles.c[column].in_(chunk))
            if of is not None:
                query = query.where(articles.c.source_id == of)
            for row in self._connection.execute(query.order_by(articles.c.id)):
                found.setdefault(asked[row.value], ArticleId(row.id))
        return found

    # --- writing --------------------------------------------------------------------------------------------

    def add(self, new: NewArticle, *, now: datetime) -> Stored:
        """Store an article, or what has changed of the one that is stored already.

        It is the same one when its source has this guid, or any source this canonical URL (unless headline and text are
        another article's: then it goes by its own address), or its source the same headline over the same text (a feed
        that repeats itself under new ids). Another source's is left as it is
        (DUPLICATE). A changed text becomes a new revision, unless it comes from a lesser origin: a summary
        never takes the place of a page's text. A changed headline leaves the former one in the history. A withdrawn one
        whose text can be had again is no longer withdrawn.
        """
        known = self._find(articles.c.source_id == new.source_id, articles.c.guid == _key(new.guid))
        if known is None:
            known = self._find(articles.c.canonical_url == _key(new.canonical_url))
            if known is not None and self._is_another(known, new):
                new = replace(new, canonical_url=new.own_url)
                known = self._find(articles.c.canonical_url == _key(new.canonical_url))
        if known is None and len(new.text) >= LEAST_REPEATED:
            known = self._find(
                articles.c.source_id == new.source_id,
                articles.c.headline == new.headline,
                texts.c.sha256 == _sha256(new.text),
            )
        if known is None:
            return Stored(article_id=self._insert(new, now=now), outcome=StoreOutcome.ADDED)
        if known.source_id != new.source_id:
            return Stored(article_id=ArticleId(known.id), outcome=StoreOutcome.DUPLICATE)
        is_renamed = self._rename(known, new.headline, now=now)
        is_rewritten = self._rewrite(known, new, now=now)
        is_back = known.withdrawn_at is not None and new.text_origin is not TextOrigin.SUMMARY
        if is_back:
            self._connection.execute(update(articles).where(articles.c.id == known.id).values(withdrawn_at=None))
            back = "its text can be read again"
            Withdrawals(self._connection).note(ArticleId(known.id), is_back=True, reason=back, now=now)
        outcome = StoreOutcome.UPDATED if is_renamed or is_rewritten or is_back else StoreOutcome.SAME
        return Stored(article_id=ArticleId(known.id), outcome=outcome)

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

        The campaign's own texts stay. With a text go its article's summary, the claims quoted from it in pairings that
        nobody confirmed (a confirmed one keeps what it needs), and every vector of that age.
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
        """Of these articles, blank the summary where the newest text is gone, and what was quoted from a gone text."""
        is_gone = _IS_NEWEST & texts.c.text.is_(None)
        described = articles.c.id.in_(ids) & exists().where(is_gone)
        self._connection.execute(update(articles).where(described).values(summary=""))
        is_quoted = (
            (texts.c.article_id == pairings.c.claim_article_id)
            & (texts.c.revision == pairings.c.claim_revision)
            & texts.c.text.is_(None)
        )
        unconfirmed = pairings.c.claim_article_id.in_(ids) & (pairings.c.state != PairingState.CONFIRMED.value)
        self._connection.execute(update(pairings).where(unconfirmed, exists().where(is_quoted)).values(claim_text=""))

    def _find(self, *conditions: ColumnElement[bool]) -> AnyRow | None:
        query = (
            select(
                articles.c.id,
                articles.c.source_id,
                articles.c.headline,
                articles.c.text_origin,
                articles.c.revision,
                articles.c.withdrawn_at,
                texts.c.sha256,
            )
            .join(texts, _IS_NEWEST)
            .where(*conditions)
        )
        return self._connection.execute(query).first()

    def _is_another(self, known: AnyRow, new: NewArticle) -> bool:
        """Whether an outlet has given one canonical address to two articles: they say different things."""
        if new.own_url == new.canonical_url or storable(new.headline) == known.headline:
            return False
        query = select(texts.c.text).where(texts.c.article_id == known.id, texts.c.revision == known.revision)
        return not says_the_same(self._connection.scalar(query) or "", new.text)

    def _insert(self, new: NewArticle, *, now: datetime) -> ArticleId:
        statement = insert(articles).values(
            source_id=new.source_id,
            guid=_key(new.guid),
            url=_key(new.url),
            canonical_url=_key(new.canonical_url),
            headline=new.headline,
            revision=1,
            published_at=min(new.published_at, now),
            stated_published=new.stated_published,
            first_seen_at=now,
            **_described(new),
        )
        article_id = ArticleId(self._connection.scalars(statement.returning(articles.c.id)).one())
        self._insert_text(article_id, 1, new, now=now)
        return article_id

    def _insert_text(self, article_id: ArticleId, revision: int, new: NewArticle, *, now: datetime) -> None:
        self._connection.execute(
            insert(texts).values(
                article_id=article_id,
                revision=revision,
                sha256=_sha256(new.text),
                extractor=new.extractor,
                created_at=now,
                text=new.text,
            )
        )

    def _rename(self, known: AnyRow, headline: str, *, now: datetime) -> bool:
        if not headline or storable(headline) == known.headline:
            return False
        former = insert(article_headlines).values(article_id=known.id, headline=known.headline, replaced_at=now)
        self._connection.execute(former)
        self._connection.execute(update(articles).where(articles.c.id == known.id).values(headline=headline))
        return True

    def _rewrite(self, known: AnyRow, new: NewArticle, *, now: datetime) -> bool:
        is_lesser = _TRUST[new.text_origin] < _TRUST[TextOrigin(known.text_origin)]
        if is_lesser or not new.text or _sha256(new.text) == known.sha256:
            return False
        article_id, revision = ArticleId(known.id), known.revision + 1
        self._insert_text(article_id, revision, new, now=now)
        change = update(articles).where(articles.c.id == article_id)
        self._connection.execute(change.values(revision=revision, **_described(new)))
        return True


def _described(new: NewArticle) -> dict[str, object]:
    """What comes with a text and changes with it."""
    return {
        "author": new.author,
        "summary": new.summary,
        "text_origin": new.text_origin.value,
        "links": list(new.links),
        "language": new.language,
        "image_url": new.image_url,
    }


def _key(value: str) -> str:
    """`value` as it can be indexed: what is longer than any real address or guid ends in its hash instead."""
    value = storable(value)
    encoded = value.encode()
    if len(encoded) <= MOST_KEY_BYTES:
        return value
    return f"{encoded[: MOST_KEY_BYTES // 2].decode(errors='ignore')}#{hashlib.sha256(encoded).hexdigest()}"


def _sha256(text: str) -> str:
    return hashlib.sha256(storable(text).encode()).hexdigest()


def _is_active(since: datetime) -> ColumnElement[bool]:
    return (articles.c.published_at >= since) & articles.c.withdrawn_at.is_(None)


def _whole() -> Select[Any]:
    """Articles with the kind of their source and their newest text."""
    return (
        select(articles, sources.c.kind, texts.c.text, texts.c.sha256)
        .join(sources, sources.c.id == articles.c.source_id)
        .join(texts, _IS_NEWEST)
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
