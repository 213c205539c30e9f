"""The mirror of sources.yaml: what other machines and SQL need of it. The file stays the master."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select, update

from digest.model.ids import SourceId
from digest.model.source import ExcerptMode, Source, SourceKind, Terms
from digest.storage.columns import AnyRow
from digest.storage.dialects import put
from digest.storage.tables import sources


class Sources:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def mirror(self, wanted: Sequence[Source], *, now: datetime) -> None:
        """Make the mirror say what the file says. What is gone from the file is kept, for its articles, as retired."""
        if list(wanted) == self.all():
            return
        for position, source in enumerate(wanted):
            put(
                self._connection,
                sources,
                {**_row(source), "position": position, "mirrored_at": now, "retired_at": None},
            )
        gone = sources.c.id.not_in([source.id for source in wanted]) & sources.c.retired_at.is_(None)
        self._connection.execute(update(sources).where(gone).values(retired_at=now))

    def all(self) -> list[Source]:
        """The sources of the file, in its order."""
        rows = self._connection.execute(
            select(sources).where(sources.c.retired_at.is_(None)).order_by(sources.c.position)
        )
        return [_source(row) for row in rows]


def _row(source: Source) -> dict[str, object]:
    terms = source.terms
    return {
        "id": source.id,
        "name": source.name,
        "kind": source.kind.value,
        "feed": source.feed,
        "site": source.site,
        "language": source.language,
        "owner": source.owner,
        "weight": source.weight,
        "excerpt_mode": terms.mode.value,
        "excerpt_characters": terms.excerpt_characters,
        "images": terms.images,
        "paused": source.paused,
    }


def _source(row: AnyRow) -> Source:
    return Source(
        id=SourceId(row.id),
        name=row.name,
        kind=SourceKind(row.kind),
        feed=row.feed,
        site=row.site,
        language=row.language,
        owner=row.owner,
        weight=row.weight,
        terms=Terms(mode=ExcerptMode(row.excerpt_mode), excerpt_characters=row.excerpt_characters, images=row.images),
        paused=row.paused,
    )
