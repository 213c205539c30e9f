"""Editions: drafts, staff's choices and holds, revisions with their approval, and what was published."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from digest.errors import AlreadyPublishedError, ConflictError, EditorialError, NotFoundError
from digest.model.delivery import OutboxState
from digest.model.edition import (
    ArchiveLine,
    Cadence,
    Choice,
    Edition,
    EditionDocument,
    EditionState,
    PublishedRevision,
    RevisionKind,
)
from digest.model.ids import EditionId, StaffName, StoryId
from digest.storage.columns import AnyRow
from digest.storage.dialects import insert_missing, put
from digest.storage.documents import listed_as, read_document, write_document
from digest.storage.tables import (
    edition_choices,
    edition_holds,
    edition_revisions,
    edition_stories,
    editions,
    outbox,
    stories,
)
from digest.storage.withdrawals import Withdrawals

SUPERSEDED_DRAFTS_KEPT = timedelta(hours=2)
"""A draft is recomposed at every poll; for this long an older one is still there for whoever is looking at it."""


class Editions:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._withdrawals = Withdrawals(connection)

    # --- the row --------------------------------------------------------------------------------------------

    def get(self, edition_id: EditionId) -> Edition:
        """Raises NotFoundError."""
        return self._edition(self._row(edition_id))

    def find(self, cadence: Cadence, on: date) -> Edition | None:
        """The edition of that day, whatever its state."""
        row = self._find(cadence, on)
        return self._edition(row) if row is not None else None

    def open_draft(self, cadence: Cadence, on: date, *, covers_from: datetime, cut_off_at: datetime) -> Edition:
        """The edition of that day, made with this window when there is none."""
        row: dict[str, object] = {
            "cadence": cadence.value,
            "edition_on": on,
            "state": EditionState.DRAFT.value,
            "covers_from": covers_from,
            "cut_off_at": cut_off_at,
            "revision": 0,
        }
        insert_missing(self._connection, editions, [row])
        return self._edition(self._found(cadence, on))

    def not_out_since(self, cadence: Cadence, on: date) -> list[Edition]:
        """The drafts and approved editions of that day and later, oldest day first."""
        waiting = editions.c.state.in_([EditionState.DRAFT.value, EditionState.APPROVED.value])
        query = select(editions).where(editions.c.cadence == cadence.value, editions.c.edition_on >= on, waiting)
        return [self._edition(row) for row in self._connection.execute(query.order_by(editions.c.edition_on)).all()]

    def previous_cut_off(self, cadence: Cadence, before: date) -> datetime | None:
        """Where the last edition before that day ended that went out and was not taken back; None when none has."""
        query = (
            select(editions.c.cut_off_at)
            .where(
                editions.c.cadence == cadence.value,
                editions.c.edition_on < before,
                editions.c.state == EditionState.PUBLISHED.value,
            )
            .order_by(editions.c.edition_on.desc())
            .limit(1)
        )
        return self._connection.scalar(query)

    def set_holds(self, edition_id: EditionId, reasons: Collection[str]) -> None:
        """Hold the edition for exactly these reasons; none: nothing holds it."""
        self._connection.execute(delete(edition_holds).where(edition_holds.c.edition_id == edition_id))
        rows = [
            {"edition_id": edition_id, "position": position, "reason": reason}
            for position, reason in enumerate(sorted(set(reasons)))
        ]
        if rows:
            self._connection.execute(insert(edition_holds), rows)

    # --- what staff chose -----------------------------------------------------------------------------------

    def choices(self, edition_id: EditionId) -> dict[StoryId, Choice]:
        """Staff's choices by story. What was chosen for a story that has been merged since counts for what it became,
        unless staff chose for that one too.
        """
        query = (
            select(edition_choices, stories.c.merged_into)
            .join(stories, stories.c.id == edition_choices.c.story_id)
            .where(edition_choices.c.edition_id == edition_id)
            .order_by(stories.c.merged_into.is_(None), edition_choices.c.at, edition_choices.c.story_id)
        )
        choice_by_story: dict[StoryId, Choice] = {}
        for row in self._connection.execute(query):  # choices for merged stories first, so that direct ones win
            story_id = StoryId(row.merged_into or row.story_id)
            choice_by_story[story_id] = Choice(
                story_id=story_id,
                is_pinned=row.is_pinned,
                is_hidden=row.is_hidden,
                position=row.position,
                headline=row.headline,
                note=row.note,
            )
        return choice_by_story

    def choose(self, edition_id: EditionId, choice: Choice, *, by: StaffName, now: datetime) -> None:
        """Keep staff's choice for one story of one edition, in place of an earlier one."""
        row = {
            "edition_id": edition_id,
            "story_id": choice.story_id,
            "is_pinned": choice.is_pinned,
            "is_hidden": choice.is_hidden,
            "position": choice.position,
            "headline": choice.headline,
            "note": choice.note,
        }
        put(self._connection, edition_choices, {**row, "by": by, "at": now})

    # --- revisions ------------------------------------------------------------------------------------------

    def save_draft(self, edition_id: EditionId, document: EditionDocument, *, now: datetime) -> bool:
        """Whether this was kept as the edition's draft, with its window: not when it is no draft any more.

        One that says the same as the newest is no new revision and moves no window. Raises NotFoundError.
        """
        if self._row(edition_id, is_locked=True).state != EditionState.DRAFT.value:
            return False
        before = self._newest(edition_id)
        saved = self.save_revision(edition_id, document, now=now)
        if before is None or saved.revision != before.revision:
            self._move_window(edition_id, document)
        return True

    def reopen(self, edition_id: EditionId) -> None:
        """Make an approved edition a draft again. Raises NotFoundError."""
        self._row(edition_id)
        is_meant = (editions.c.id == edition_id) & (editions.c.state == EditionState.APPROVED.value)
        values = {"state": EditionState.DRAFT.value, "approved_by": None, "publish_at": None}
        self._connection.execute(update(editions).where(is_meant).values(values))

    def _move_window(self, edition_id: EditionId, document: EditionDocument) -> None:
        values = {"covers_from": document.covers_from, "cut_off_at": document.cut_off_at}
        self._connection.execute(update(editions).where(editions.c.id == edition_id).values(values))

    def save_revision(self, edition_id: EditionId, document: EditionDocument, *, now: datetime) -> PublishedRevision:
        """The stored revision that says what `document` says: the newest when it says the same, else a new one.

        `document.revision` is replaced by the number it gets. A new revision drops the approval of the former.
        Raises NotFoundError, or EditorialError when the edition has been retracted.
        """
        row = self._row(edition_id, is_locked=True)
        if row.state == EditionState.RETRACTED.value:
            raise EditorialError(
                f"The edition of {row.edition_on} has been retracted; nothing more is composed for it."
            )
        newest = self._newest(edition_id)
        if newest is not None and newest.content_sha256 == write_document(document).content_sha256:
            return _revision(newest)
        number = row.revision + 1
        document = replace(document, revision=number)
        written = write_document(document)
        kind = RevisionKind.FIRST if row.published_revision is None else RevisionKind.CORRECTION
        self._connection.execute(
            insert(edition_revisions).values(
                edition_id=edition_id,
                revision=number,
                kind=kind.value,
                sha256=written.sha256,
                content_sha256=written.content_sha256,
                composed_at=now,
                document=written.json,
                **listed_as(document),
            )
        )
        is_approved = row.state == EditionState.APPROVED.value
        unapproved = {"state": EditionState.DRAFT.value, "approved_by": None, "publish_at": None} if is_approved else {}
        self._connection.execute(
            update(editions).where(editions.c.id == edition_id).values(revision=number, **unapproved)
        )
        self._delete_superseded(before=now - SUPERSEDED_DRAFTS_KEPT)
        return PublishedRevision(
            edition_id=edition_id,
            revision=number,
            kind=kind,
            sha256=written.sha256,
            document=document,
            composed_at=now,
            approved_by=None,
            published_at=None,
        )

    def newest(self, edition_id: EditionId) -> PublishedRevision | None:
        """The revision composed last, published or not."""
        row = self._newest(edition_id)
        return _revision(row) if row is not None else None

    def revision(self, edition_id: EditionId, number: int) -> PublishedRevision:
        """One stored revision, as it was composed. Raises NotFoundError."""
        query = select(edition_revisions).where(
            edition_revisions.c.edition_id == edition_id, edition_revisions.c.revision == number
        )
        row = self._connection.execute(query).first()
        if row is None:
            raise NotFoundError(f"There is no revision {number} of edition {edition_id}.")
        return _revision(row)

    def standing(self, edition_id: EditionId, number: int) -> EditionDocument:
        """The document of one stored revision without what outlets have taken back since. Raises NotFoundError."""
        return self._withdrawals.standing(self.revision(edition_id, number).document)

    def approve(
        self,
        edition_id: EditionId,
        *,
        revision: int,
        sha256: str,
        by: StaffName,
        now: datetime,
        publish_at: datetime | None = None,
    ) -> None:
        """Bind a person's approval to exactly this revision.

        Raises ConflictError when it is not the newest or its hash is another, EditorialError when the edition has
        been retracted, NotFoundError.
        """
        row = self._row(edition_id, is_locked=True)
        if row.state == EditionState.RETRACTED.value:
            raise EditorialError(f"The edition of {row.edition_on} has been retracted.")
        newest = self._newest(edition_id)
        if newest is None or newest.revision != revision or newest.sha256 != sha256:
            raise ConflictError(
                "The draft has changed since it was looked at; look again and approve what stands there now."
            )
        is_meant = (edition_revisions.c.edition_id == edition_id) & (edition_revisions.c.revision == revision)
        self._connection.execute(update(edition_revisions).where(is_meant).values(approved_by=by, approved_at=now))
        values: dict[str, object] = {"approved_by": by, "publish_at": publish_at}
        if row.state == EditionState.DRAFT.value:
            values["state"] = EditionState.APPROVED.value
        self._connection.execute(update(editions).where(editions.c.id == edition_id).values(values))

    # --- publishing -----------------------------------------------------------------------------------------

    def mark_published(self, edition_id: EditionId, revision: int, *, now: datetime) -> None:
        """The revision is public from now on, and with it every story that it carries.

        What outlets have taken back is public nowhere: whatever reads what is published gets it as it stands now.
        Raises AlreadyPublishedError when it or a later one is published already or the edition has been retracted,
        NotFoundError when there is no such revision.
        """
        row = self._row(edition_id, is_locked=True)
        if row.state == EditionState.RETRACTED.value or (row.published_revision or 0) >= revision:
            raise AlreadyPublishedError(f"The edition of {row.edition_on} has gone out already.")
        document = self.revision(edition_id, revision).document
        if row.published_revision is None:
            # The next edition begins where what the public reads ends.
            self._move_window(edition_id, document)
        is_meant = (edition_revisions.c.edition_id == edition_id) & (edition_revisions.c.revision == revision)
        self._connection.execute(update(edition_revisions).where(is_meant).values(published_at=now))
        self._connection.execute(
            update(editions)
            .where(editions.c.id == edition_id)
            .values(
                state=EditionState.PUBLISHED.value,
                published_revision=revision,
                published_at=func.coalesce(editions.c.published_at, now),
            )
        )
        self._withdrawals.list_again(edition_id, revision)
        carried = dict.fromkeys(card.story_id for card in (*document.cards, *document.more))
        insert_missing(
            self._connection,
            edition_stories,
            [{"edition_id": edition_id, "revision": revision, "story_id": story_id} for story_id in carried],
        )

    def retract(self, edition_id: EditionId, *, by: StaffName, now: datetime, reason: str) -> None:
        """Take the edition off everything public; what has not left the outbox never will. Raises NotFoundError."""
        self._row(edition_id, is_locked=True)
        values = {"retracted_at": now, "retracted_by": by, "retracted_reason": reason}
        self._connection.execute(
            update(editions).where(editions.c.id == edition_id).values(state=EditionState.RETRACTED.value, **values)
        )
        waiting = outbox.c.state.in_([OutboxState.DUE.value, OutboxState.CLAIMED.value])
        self._connection.execute(
            update(outbox)
            .where(outbox.c.edition_id == edition_id, waiting)
            .values(state=OutboxState.CANCELLED.value, last_detail="the edition was retracted")
        )

    def latest_published(self, cadence: Cadence) -> PublishedRevision | None:
        """The published revision of the latest day that has one, as it stands now."""
        row = self._connection.execute(_public().where(editions.c.cadence == cadence.value).limit(1)).first()
        return self._standing(row) if row is not None else None

    def published_on(self, cadence: Cadence, on: date) -> PublishedRevision | None:
        """The published revision of that day, as it stands now; None when it has none, or it was retracted."""
        query = _public().where(editions.c.cadence == cadence.value, editions.c.edition_on == on)
        row = self._connection.execute(query).first()
        return self._standing(row) if row is not None else None

    def archive(
        self, cadence: Cadence, *, before: date | None = None, after: date | None = None, limit: int
    ) -> list[ArchiveLine]:
        """Published editions, newest first, of days before `before` and after `after`; no document is read.

        Of more than `limit`, those nearest to `after` where that is given, else the newest.
        """
        query = (
            select(
                editions.c.edition_on,
                edition_revisions.c.title_line,
                edition_revisions.c.answered,
                edition_revisions.c.cards,
                edition_revisions.c.published_at,
            )
            .join(edition_revisions, _is_published_revision())
            .where(editions.c.state == EditionState.PUBLISHED.value, editions.c.cadence == cadence.value)
            .order_by(editions.c.edition_on.desc() if after is None else editions.c.edition_on)
            .limit(limit)
        )
        if before is not None:
            query = query.where(editions.c.edition_on < before)
        if after is not None:
            query = query.where(editions.c.edition_on > after)
        lines = [
            ArchiveLine(
                edition_on=row.edition_on,
                title_line=row.title_line,
                answered=row.answered,
                cards=row.cards,
                published_at=row.published_at,
            )
            for row in self._connection.execute(query)
        ]
        return lines if after is None else lines[::-1]

    def carrying(self, story_id: StoryId) -> list[PublishedRevision]:
        """The published revisions that carry the story or one that was merged into it, as they stand now, newest day
        first.

        A document carries the id that the story had when it was composed: see `Stories.aliases`.
        """
        is_carried = (edition_stories.c.edition_id == editions.c.id) & (
            edition_stories.c.revision == editions.c.published_revision
        )
        query = _public().where(
            select(edition_stories.c.story_id)
            .join(stories, stories.c.id == edition_stories.c.story_id)
            .where(is_carried, or_(stories.c.id == story_id, stories.c.merged_into == story_id))
            .exists()
        )
        return [self._standing(row) for row in self._connection.execute(query).all()]

    def public_version(self) -> int:
        """A number that every publication, retraction and withdrawal raises: while it stands, nothing public has
        changed.
        """
        published = select(func.count()).where(edition_revisions.c.published_at.is_not(None)).scalar_subquery()
        retracted = select(func.count()).where(editions.c.retracted_at.is_not(None)).scalar_subquery()
        return (self._connection.scalar(select(published + retracted)) or 0) + self._withdrawals.version()

    # --- rows -----------------------------------------------------------------------------------------------

    def _row(self, edition_id: EditionId, *, is_locked: bool = False) -> AnyRow:
        query = select(editions).where(editions.c.id == edition_id)
        row = self._connection.execute(query.with_for_update() if is_locked else query).first()
        if row is None:
            raise NotFoundError(f"There is no edition {edition_id}.")
        return row

    def _find(self, cadence: Cadence, on: date) -> AnyRow | None:
        query = select(editions).where(editions.c.cadence == cadence.value, editions.c.edition_on == on)
        return self._connection.execute(query).first()

    def _found(self, cadence: Cadence, on: date) -> AnyRow:
        row = self._find(cadence, on)
        if row is None:
            raise NotFoundError(f"There is no {cadence.value} edition of {on}.")
        return row

    def _newest(self, edition_id: EditionId) -> AnyRow | None:
        query = select(edition_revisions).where(edition_revisions.c.edition_id == edition_id)
        return self._connection.execute(query.order_by(edition_revisions.c.revision.desc()).limit(1)).first()

    def _delete_superseded(self, *, before: datetime) -> None:
        newest = select(editions.c.revision).where(editions.c.id == edition_revisions.c.edition_id).scalar_subquery()
        self._connection.execute(
            delete(edition_revisions).where(
                edition_revisions.c.published_at.is_(None),
                edition_revisions.c.approved_at.is_(None),
                edition_revisions.c.composed_at < before,
                edition_revisions.c.revision < newest,
            )
        )

    def _standing(self, row: AnyRow) -> PublishedRevision:
        revision = _revision(row)
        return replace(revision, document=self._withdrawals.standing(revision.document))

    def _edition(self, row: AnyRow) -> Edition:
        holds = self._connection.scalars(select(edition_holds.c.reason).where(edition_holds.c.edition_id == row.id))
        return Edition(
            id=EditionId(row.id),
            cadence=Cadence(row.cadence),
            edition_on=row.edition_on,
            state=EditionState(row.state),
            covers_from=row.covers_from,
            cut_off_at=row.cut_off_at,
            holds=frozenset(holds),
            publish_at=row.publish_at,
            approved_by=StaffName(row.approved_by) if row.approved_by is not None else None,
            published_at=row.published_at,
            revision=row.revision,
            published_revision=row.published_revision,
        )


def _is_published_revision() -> Any:
    return (edition_revisions.c.edition_id == editions.c.id) & (
        edition_revisions.c.revision == editions.c.published_revision
    )


def _public() -> Any:
    """What is public now, newest day first."""
    return (
        select(edition_revisions)
        .join(editions, _is_published_revision())
        .where(editions.c.state == EditionState.PUBLISHED.value)
        .order_by(editions.c.edition_on.desc())
    )


def _revision(row: AnyRow) -> PublishedRevision:
    return PublishedRevision(
        edition_id=EditionId(row.edition_id),
        revision=row.revision,
        kind=RevisionKind(row.kind),
        sha256=row.sha256,
        document=read_document(row.document),
        composed_at=row.composed_at,
        approved_by=StaffName(row.approved_by) if row.approved_by is not None else None,
        published_at=row.published_at,
    )
