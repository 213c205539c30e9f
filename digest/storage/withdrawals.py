"""What outlets took back and what came back: the history for staff, and what it changes of published editions."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, exists, func, insert, select, update

from digest.model.edition import EditionDocument
from digest.model.ids import ArticleId
from digest.model.withdrawal import Withdrawal, article_ids, without
from digest.storage.dialects import chunked
from digest.storage.documents import listed_as, read_document
from digest.storage.tables import articles, edition_revisions, withdrawals


class Withdrawals:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def since(self, moment: datetime) -> list[Withdrawal]:
        """What was taken back or came back at `moment` or later, oldest first."""
        query = select(withdrawals).where(withdrawals.c.at >= moment).order_by(withdrawals.c.id)
        return [
            Withdrawal(article_id=ArticleId(row.article_id), at=row.at, is_back=row.is_back, reason=row.reason)
            for row in self._connection.execute(query)
        ]

    def shown(self, article_ids: Collection[ArticleId]) -> dict[ArticleId, bool]:
        """Those of these articles that a published edition or the newest draft of one shows as it was composed, and
        whether one that is published does."""
        found: dict[ArticleId, bool] = {}
        later = edition_revisions.alias()
        is_newest = ~exists().where(
            later.c.edition_id == edition_revisions.c.edition_id, later.c.revision > edition_revisions.c.revision
        )
        stands = edition_revisions.c.published_at.is_not(None) | is_newest
        for article_id in article_ids:
            query = select(func.count(), func.count(edition_revisions.c.published_at)).where(_shows(article_id), stands)
            number, published = self._connection.execute(query).one()
            if number:
                found[article_id] = published > 0
        return found

    def version(self) -> int:
        """A number that every withdrawal and every return raises."""
        return self._connection.scalar(select(func.max(withdrawals.c.id))) or 0

    def standing(self, document: EditionDocument) -> EditionDocument:
        """The document without what has been taken back of it."""
        return without(document, self._withdrawn(article_ids(document)))

    def note(self, article_id: ArticleId, *, is_back: bool, reason: str, now: datetime) -> None:
        """Add to the history, and list the published editions that show the article as they stand now.

        Called once the article's own row says so.
        """
        values = {"article_id": article_id, "at": now, "is_back": is_back, "reason": reason}
        self._connection.execute(insert(withdrawals).values(**values))
        # Drafts are listed nowhere.
        query = select(edition_revisions.c.edition_id, edition_revisions.c.revision).where(
            edition_revisions.c.published_at.is_not(None), _shows(article_id)
        )
        for row in self._connection.execute(query).all():
            self.list_again(row.edition_id, row.revision)

    def list_again(self, edition_id: int, revision: int) -> None:
        """Make what the archive says of a revision what its document says as it stands now."""
        is_meant = (edition_revisions.c.edition_id == edition_id) & (edition_revisions.c.revision == revision)
        text = self._connection.scalars(select(edition_revisions.c.document).where(is_meant)).one()
        values = listed_as(self.standing(read_document(text)))
        self._connection.execute(update(edition_revisions).where(is_meant).values(**values))

    def _withdrawn(self, ids: Collection[ArticleId]) -> frozenset[ArticleId]:
        found: set[ArticleId] = set()
        for chunk in chunked(ids):
            query = select(articles.c.id).where(articles.c.id.in_(chunk), articles.c.withdrawn_at.is_not(None))
            found.update(map(ArticleId, self._connection.scalars(query)))
        return frozenset(found)


def _shows(article_id: ArticleId) -> ColumnElement[bool]:
    """Whether a revision's document shows the article."""
    # Documents are canonical JSON, and more keys always follow this one: no other number ends in the comma.
    shown = edition_revisions.c.document.contains(f'"article_id":{article_id},', autoescape=True)
    seen_at = select(articles.c.first_seen_at).where(articles.c.id == article_id).scalar_subquery()
    # None was composed before we had the article: few documents are read.
    return (edition_revisions.c.composed_at >= seen_at) & shown
