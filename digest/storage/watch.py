"""What tells how sources fare: when they published, what their articles look like, their rhythms and their troubles."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from digest.model.article import TextOrigin
from digest.model.ids import SourceId
from digest.model.trouble import Rhythm, Sample, Trouble, TroubleKind
from digest.storage.dialects import chunked, put_all
from digest.storage.tables import articles, rhythms, texts, troubles

CHARACTERS_A_WORD = 6
"""In English prose, blanks counted. Lengths are compared with one another only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedTrouble:
    trouble: Trouble
    told_at: datetime | None
    """When staff were told of it; None: not yet."""


class Watch:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def published(self, source_ids: Collection[SourceId], *, since: datetime) -> dict[SourceId, list[datetime]]:
        """When each source published since then, oldest first; a source without articles is left out."""
        query = select(articles.c.source_id, articles.c.published_at).where(articles.c.published_at >= since)
        found: dict[SourceId, list[datetime]] = {}
        for chunk in chunked(source_ids):
            mine = query.where(articles.c.source_id.in_(chunk)).order_by(articles.c.published_at)
            for row in self._connection.execute(mine):
                found.setdefault(SourceId(row.source_id), []).append(row.published_at)
        return found

    def last_published(self) -> dict[SourceId, datetime]:
        """When each source published last."""
        query = select(articles.c.source_id, func.max(articles.c.published_at)).group_by(articles.c.source_id)
        return {SourceId(source_id): moment for source_id, moment in self._connection.execute(query)}

    def samples(self, *, since: datetime, most: int) -> dict[SourceId, list[Sample]]:
        """The newest articles of each source since then, at most so many, newest first; withdrawn ones apart."""
        newest = (
            select(
                articles.c.id,
                func.row_number()
                .over(
                    partition_by=articles.c.source_id, order_by=(articles.c.published_at.desc(), articles.c.id.desc())
                )
                .label("place"),
            )
            .where(articles.c.published_at >= since, articles.c.withdrawn_at.is_(None))
            .subquery()
        )
        query = (
            select(
                articles.c.source_id,
                articles.c.published_at,
                articles.c.text_origin,
                articles.c.language,
                articles.c.author,
                articles.c.image_url,
                articles.c.stated_published,
                (articles.c.summary != "").label("has_summary"),
                func.length(texts.c.text).label("characters"),
            )
            .join(newest, newest.c.id == articles.c.id)
            .join(texts, (texts.c.article_id == articles.c.id) & (texts.c.revision == articles.c.revision))
            .where(newest.c.place <= most)
            .order_by(articles.c.source_id, newest.c.place)
        )
        found: dict[SourceId, list[Sample]] = {}
        for row in self._connection.execute(query):
            sample = Sample(
                published_at=row.published_at,
                words=(row.characters or 0) // CHARACTERS_A_WORD,
                is_summary=row.text_origin == TextOrigin.SUMMARY.value,
                language=row.language,
                has_author=bool(row.author),
                has_image=bool(row.image_url),
                has_summary=bool(row.has_summary),
                has_date=bool(row.stated_published),
            )
            found.setdefault(SourceId(row.source_id), []).append(sample)
        return found

    # --- rhythms --------------------------------------------------------------------------------------------

    def rhythms(self) -> dict[SourceId, Rhythm]:
        """Of every source that has one."""
        rows = self._connection.execute(select(rhythms)).mappings()
        return {
            row["source_id"]: Rhythm(**{**row, "weekdays": tuple(row["weekdays"]), "hours": tuple(row["hours"])})
            for row in rows
        }

    def save_rhythms(self, drawn: Sequence[Rhythm]) -> None:
        """Keep each in place of the source's former one."""
        names = [field.name for field in fields(Rhythm)]
        put_all(self._connection, rhythms, [{name: getattr(rhythm, name) for name in names} for rhythm in drawn])

    # --- troubles -------------------------------------------------------------------------------------------

    def troubles(self) -> list[NotedTrouble]:
        """Every trouble that was there when sources were last looked at, by source and kind."""
        query = select(troubles).order_by(troubles.c.source_id, troubles.c.kind)
        return [
            NotedTrouble(
                trouble=Trouble(
                    source_id=SourceId(row.source_id), kind=TroubleKind(row.kind), since=row.since, words=row.words
                ),
                told_at=row.told_at,
            )
            for row in self._connection.execute(query)
        ]

    def note_troubles(self, found: Sequence[Trouble], *, now: datetime) -> list[NotedTrouble]:
        """Make the notes say what was found: what is new is added, what goes on keeps when it was first noted and told,
        and what has ended goes, and is given back."""
        known = {(noted.trouble.source_id, noted.trouble.kind): noted for noted in self.troubles()}
        still = {(trouble.source_id, trouble.kind) for trouble in found}
        ended = [noted for key, noted in known.items() if key not in still]
        for noted in ended:
            self._connection.execute(delete(troubles).where(_is(noted.trouble)))
        for trouble in found:
            said = {"since": trouble.since, "words": trouble.words}
            if (trouble.source_id, trouble.kind) in known:
                self._connection.execute(update(troubles).where(_is(trouble)).values(said))
            else:
                keys_of_row = {"source_id": trouble.source_id, "kind": trouble.kind.value}
                self._connection.execute(insert(troubles).values(keys_of_row | said | {"noted_at": now}))
        return ended

    def mark_told(self, told: Sequence[Trouble], *, now: datetime) -> None:
        """Staff have been told of these."""
        for trouble in told:
            self._connection.execute(update(troubles).where(_is(trouble)).values(told_at=now))


def _is(trouble: Trouble) -> ColumnElement[bool]:
    return (troubles.c.source_id == trouble.source_id) & (troubles.c.kind == trouble.kind.value)
