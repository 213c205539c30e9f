"""How each article was read: what its entry said, whether its page is still owed, whether its feed has dropped it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from digest.model.article import Reading
from digest.model.ids import ArticleId, SourceId
from digest.storage.columns import AnyRow
from digest.storage.dialects import chunked, put_all
from digest.storage.tables import articles, readings

_NAMES = tuple(field.name for field in fields(Reading))
_COLUMNS = tuple(readings.c[name] for name in _NAMES)

# Built once: SQLAlchemy takes longer to build such a statement than the database to answer it.
_STANDING = (
    select(articles.c.id)
    .outerjoin(readings)
    .where(
        articles.c.source_id == bindparam("source_id"),
        articles.c.published_at > bindparam("after"),
        articles.c.published_at < bindparam("before"),
        articles.c.withdrawn_at.is_(None),
        readings.c.vanished_at.is_(None),
    )
    .order_by(articles.c.published_at.desc(), articles.c.id)
)


class Readings:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, source_id: SourceId, ids: Collection[ArticleId]) -> dict[ArticleId, Reading | None]:
        """Those of the articles that are this source's own, each with how it was read (None: not noted)."""
        found: dict[ArticleId, Reading | None] = {}
        query = select(articles.c.id, readings.c.article_id, *_COLUMNS).outerjoin(readings)
        for chunk in chunked(dict.fromkeys(ids)):
            mine = query.where(articles.c.id.in_(chunk), articles.c.source_id == source_id)
            for row in self._connection.execute(mine):
                found[ArticleId(row.id)] = None if row.article_id is None else _reading(row)
        return found

    def due(self, now: datetime) -> dict[SourceId, list[ArticleId]]:
        """The articles whose pages are to be asked for again, withdrawn ones too, longest due first, by source."""
        query = (
            select(articles.c.id, articles.c.source_id)
            .join(readings)
            .where(readings.c.page_due_at <= now)
            .order_by(readings.c.page_due_at, articles.c.id)
        )
        found: dict[SourceId, list[ArticleId]] = {}
        for row in self._connection.execute(query):
            found.setdefault(SourceId(row.source_id), []).append(ArticleId(row.id))
        return found

    def vanished(
        self, source_id: SourceId, *, after: datetime, before: datetime, listed: Collection[ArticleId]
    ) -> list[ArticleId]:
        """The source's articles published between two moments that are not `listed`, newest first.

        Withdrawn ones and those noted as vanished before are left out.
        """
        there = set(listed)
        between = {"source_id": source_id, "after": after, "before": before}
        ids: Sequence[int] = self._connection.scalars(_STANDING, between).all()
        return [ArticleId(article_id) for article_id in ids if article_id not in there]

    def save_all(self, reading_by_article: Mapping[ArticleId, Reading]) -> None:
        """Remember how each article was read, in place of what was known of it."""
        rows = [
            {"article_id": article_id, **{name: getattr(reading, name) for name in _NAMES}}
            for article_id, reading in reading_by_article.items()
        ]
        put_all(self._connection, readings, rows)


def _reading(row: AnyRow) -> Reading:
    return Reading(
        entry_sha256=row.entry_sha256,
        page_failures=row.page_failures,
        page_due_at=row.page_due_at,
        vanished_at=row.vanished_at,
    )
