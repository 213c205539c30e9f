"""Articles come in: each is new, or one that is stored already, perhaps with something changed. A batch at a time.

What a feed brings at its first reading is hundreds of rows. One statement for each of them costs ten times what one for
all does (33 ms a feed of 30 entries, against 3), so the batch is looked up and inserted as a whole.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, insert, select, update

from digest.model.address import address_key
from digest.model.article import NewArticle, Stored, StoreOutcome, TextOrigin
from digest.model.ids import ArticleId
from digest.model.words import says_the_same
from digest.storage.columns import AnyRow, storable
from digest.storage.dialects import chunked
from digest.storage.tables import article_headlines, articles, texts
from digest.storage.withdrawals import Withdrawals

MOST_KEY_BYTES = 2000
"""What an index entry can hold on PostgreSQL is 2,704 bytes."""
LEAST_REPEATED = 200
"""Characters. Two articles of one source may share a headline and a line; not a whole text."""
_TRUST = {TextOrigin.SUMMARY: 0, TextOrigin.FEED: 1, TextOrigin.PAGE: 2}
IS_NEWEST = (texts.c.article_id == articles.c.id) & (texts.c.revision == articles.c.revision)


def _rows(*conditions: ColumnElement[bool]) -> Select[Any]:
    query = select(
        articles.c.id,
        articles.c.source_id,
        articles.c.guid,
        articles.c.address_key,
        articles.c.headline,
        articles.c.text_origin,
        articles.c.revision,
        articles.c.withdrawn_at,
        texts.c.sha256,
    )
    return query.join(texts, IS_NEWEST).where(*conditions)


# Built once: SQLAlchemy takes longer to build such a statement than the database to answer it.
_OF_SOURCES = articles.c.source_id.in_(bindparam("source_ids", expanding=True))
_BY_GUID = _rows(_OF_SOURCES, articles.c.guid.in_(bindparam("guids", expanding=True)))
_BY_ADDRESS = _rows(articles.c.address_key.in_(bindparam("addresses", expanding=True)))
_BY_TEXT = _rows(_OF_SOURCES, texts.c.sha256.in_(bindparam("hashes", expanding=True)))
_INSERT = insert(articles).returning(articles.c.id, sort_by_parameter_order=True)
_INSERT_TEXT = insert(texts)


class Arrivals:
    """One batch of articles on its way into storage: see `Articles.add_all`."""

    def __init__(self, connection: Connection, *, now: datetime) -> None:
        self._connection = connection
        self._now = now
        self._known = _Known()
        self._waiting: list[tuple[int, _Arriving]] = []
        """Those that are new, with their places in the batch: not inserted yet."""
        self._stored: dict[int, Stored] = {}

    def store(self, articles: Sequence[NewArticle]) -> list[Stored]:
        """What storing each came to, in their order."""
        batch = [_Arriving(new) for new in articles]
        self._look_up(batch)
        for place, each in enumerate(batch):
            if self._known.is_waiting(each):
                # It may be one that came just before.
                self._insert_waiting()
                self._look_up(batch[place:])
            arriving, row = self._recognised(each)
            if row is None:
                self._waiting.append((place, arriving))
                self._known.wait_for(arriving)
                continue
            self._stored[place] = self._changed(row, arriving)
            if self._stored[place].outcome is StoreOutcome.UPDATED:
                # Those that follow are held against what it says now.
                self._insert_waiting()
                self._look_up(batch[place + 1 :])
        self._insert_waiting()
        return [self._stored[place] for place in range(len(batch))]

    def _recognised(self, arriving: "_Arriving") -> tuple["_Arriving", AnyRow | None]:
        """The article, by its own address where the declared one is another's, and what we have of it already."""
        row = self._known.by_guid(arriving)
        if row is None:
            row = self._known.by_address(arriving)
            if row is not None and self._is_another(row, arriving):
                arriving = _Arriving(replace(arriving.new, canonical_url=arriving.new.own_url))
                row = self._known.by_address(arriving)
        return arriving, row or self._known.by_text(arriving)

    def _is_another(self, known: AnyRow, arriving: "_Arriving") -> bool:
        """Whether an outlet has given one canonical address to two articles: they say different things.

        One headline does not make them one: "Morning briefing" stands over another text every day.
        """
        if arriving.own_address == arriving.address:
            return False
        query = select(texts.c.text).where(texts.c.article_id == known.id, texts.c.revision == known.revision)
        return not says_the_same(self._connection.scalar(query) or "", arriving.new.text)

    def _look_up(self, batch: Sequence["_Arriving"]) -> None:
        self._known = _Known()
        source_ids = list({each.new.source_id for each in batch})
        for chunk in chunked(batch):
            self._note(_BY_GUID, source_ids=source_ids, guids=[each.guid for each in chunk])
            self._note(_BY_ADDRESS, addresses=list({key for each in chunk for key in (each.address, each.own_address)}))
            if repeats := [each.text_sha256 for each in chunk if len(each.new.text) >= LEAST_REPEATED]:
                self._note(_BY_TEXT, source_ids=source_ids, hashes=repeats)

    def _note(self, statement: Select[Any], **values: Sequence[str]) -> None:
        for row in self._connection.execute(statement, values):
            self._known.add(row)

    # --- new ones -------------------------------------------------------------------------------------------

    def _insert_waiting(self) -> None:
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        ids = self._connection.scalars(
            _INSERT,
            [self._article_row(arriving) for _, arriving in waiting],
        ).all()
        found = list(zip(ids, waiting, strict=True))
        self._connection.execute(_INSERT_TEXT, [self._text_row(article_id, 1, each) for article_id, (_, each) in found])
        for article_id, (place, _) in found:
            self._stored[place] = Stored(article_id=ArticleId(article_id), outcome=StoreOutcome.ADDED)

    def _article_row(self, arriving: "_Arriving") -> dict[str, object]:
        new = arriving.new
        return {
            "source_id": new.source_id,
            "guid": arriving.guid,
            "url": key_of(new.url),
            "canonical_url": key_of(new.canonical_url),
            "address_key": arriving.address,
            "own_key": arriving.own_address,
            "headline": new.headline,
            "revision": 1,
            "published_at": min(new.published_at, self._now),
            "stated_published": new.stated_published,
            "first_seen_at": self._now,
            **_described(new),
        }

    def _text_row(self, article_id: int, revision: int, arriving: "_Arriving") -> dict[str, object]:
        return {
            "article_id": article_id,
            "revision": revision,
            "sha256": arriving.text_sha256,
            "extractor": arriving.new.extractor,
            "created_at": self._now,
            "text": arriving.new.text,
        }

    # --- known ones -----------------------------------------------------------------------------------------

    def _changed(self, known: AnyRow, arriving: "_Arriving") -> Stored:
        new = arriving.new
        if known.source_id != new.source_id:
            return Stored(article_id=ArticleId(known.id), outcome=StoreOutcome.DUPLICATE)
        is_renamed = self._rename(known, new.headline)
        is_rewritten = self._rewrite(known, arriving)
        is_back = known.withdrawn_at is not None and new.text_origin is not TextOrigin.SUMMARY
        if is_back:
            self._connection.execute(update(articles).where(articles.c.id == known.id).values(withdrawn_at=None))
            back = "its text can be read again"
            Withdrawals(self._connection).note(ArticleId(known.id), is_back=True, reason=back, now=self._now)
        outcome = StoreOutcome.UPDATED if is_renamed or is_rewritten or is_back else StoreOutcome.SAME
        return Stored(article_id=ArticleId(known.id), outcome=outcome)

    def _rename(self, known: AnyRow, headline: str) -> bool:
        if not headline or storable(headline) == known.headline:
            return False
        former = {"article_id": known.id, "headline": known.headline, "replaced_at": self._now}
        self._connection.execute(insert(article_headlines), former)
        self._connection.execute(update(articles).where(articles.c.id == known.id).values(headline=headline))
        return True

    def _rewrite(self, known: AnyRow, arriving: "_Arriving") -> bool:
        new = arriving.new
        is_lesser = _TRUST[new.text_origin] < _TRUST[TextOrigin(known.text_origin)]
        if is_lesser or not new.text or arriving.text_sha256 == known.sha256:
            return False
        revision = known.revision + 1
        self._connection.execute(_INSERT_TEXT, self._text_row(known.id, revision, arriving))
        change = update(articles).where(articles.c.id == known.id)
        self._connection.execute(change.values(revision=revision, **_described(new)))
        return True


class _Arriving:
    """One article of the batch, with what it may be known by."""

    __slots__ = ("address", "guid", "keys", "new", "own_address", "repeat", "text_sha256")

    def __init__(self, new: NewArticle) -> None:
        self.new = new
        self.guid = key_of(new.guid)
        self.address = self.own_address = key_of(address_key(new.canonical_url))
        if new.own_url != new.canonical_url:
            self.own_address = key_of(address_key(new.own_url))
        self.text_sha256 = sha256_of(new.text)
        self.keys: list[tuple[str, ...]] = [("guid", new.source_id, self.guid), ("address", self.address)]
        self.repeat: tuple[str, ...] | None = None
        if len(new.text) >= LEAST_REPEATED:
            self.repeat = ("repeat", new.source_id, storable(new.headline), self.text_sha256)
            self.keys.append(self.repeat)


class _Known:
    """What storage has that an article of the batch may be, and what of the batch waits to be inserted."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, ...], AnyRow] = {}
        self._waiting: set[tuple[str, ...]] = set()

    def add(self, row: AnyRow) -> None:
        for key in (
            ("guid", row.source_id, row.guid),
            ("address", row.address_key),
            ("repeat", row.source_id, row.headline, row.sha256),
        ):
            # The oldest of several: the order in which they were found must make no difference.
            if key not in self._rows or row.id < self._rows[key].id:
                self._rows[key] = row

    def by_guid(self, arriving: _Arriving) -> AnyRow | None:
        return self._rows.get(("guid", arriving.new.source_id, arriving.guid))

    def by_address(self, arriving: _Arriving) -> AnyRow | None:
        return self._rows.get(("address", arriving.address))

    def by_text(self, arriving: _Arriving) -> AnyRow | None:
        """The one of its source with the same headline over the same text."""
        return None if arriving.repeat is None else self._rows.get(arriving.repeat)

    def wait_for(self, arriving: _Arriving) -> None:
        self._waiting.update(arriving.keys)

    def is_waiting(self, arriving: _Arriving) -> bool:
        return not self._waiting.isdisjoint((*arriving.keys, ("address", arriving.own_address)))


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


def key_of(value: str) -> str:
    """`value` as it can be indexed: what is longer than any real address or guid ends in its hash instead."""
    value = storable(value)
    encoded = value.encode()
    if len(encoded) <= MOST_KEY_BYTES:
        return value
    return f"{encoded[: MOST_KEY_BYTES // 2].decode(errors='ignore')}#{hashlib.sha256(encoded).hexdigest()}"


def sha256_of(text: str) -> str:
    return hashlib.sha256(storable(text).encode()).hexdigest()
