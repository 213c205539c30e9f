"""An article: an entry with its extracted text. Texts are immutable revisions; a span points into one of them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.model.ids import ArticleId, SourceId
from digest.model.source import SourceKind


class TextOrigin(StrEnum):
    PAGE = "page"
    FEED = "feed"
    SUMMARY = "summary"
    """The page could not be had or shows only its beginning; what says most stands in for the text and is marked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewArticle:
    """What extraction hands to storage: not stored yet, so without an id."""

    source_id: SourceId
    guid: str
    url: str
    canonical_url: str
    """What stands for it, by the word of its page where that may be believed."""
    own_url: str
    """What stands for it by its own address alone: takes over where the canonical one is another article's."""
    headline: str
    """For a campaign post without a title: its first sentence, shortened."""
    author: str | None
    summary: str
    text: str
    text_origin: TextOrigin
    extractor: str
    links: tuple[str, ...]
    language: str | None
    image_url: str | None
    published_at: datetime
    """min(stated, first seen), aware UTC; first seen where nothing usable is stated."""
    stated_published: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A stored article with its newest text revision."""

    id: ArticleId
    source_id: SourceId
    kind: SourceKind
    guid: str
    url: str
    canonical_url: str
    headline: str
    author: str | None
    summary: str
    text: str
    """Empty once the text has been deleted (after 30 days)."""
    revision: int
    """1, 2, … of the text."""
    text_sha256: str
    text_origin: TextOrigin
    links: tuple[str, ...]
    language: str | None
    image_url: str | None
    published_at: datetime
    first_seen_at: datetime
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """A stretch of one text revision, in code points: `text[start:end]`."""

    article_id: ArticleId
    revision: int
    start: int
    end: int


class StoreOutcome(StrEnum):
    """What storing an article came to."""

    ADDED = "added"
    UPDATED = "updated"
    """Known, with a changed text (a new revision) or a changed headline (the old one is history)."""
    SAME = "same"
    DUPLICATE = "duplicate"
    """Another source has this canonical URL, in any spelling: its article stands, unchanged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    article_id: ArticleId
    outcome: StoreOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What we remember of how an article was read, so that an edit, a late page and a withdrawal are seen."""

    entry_sha256: str | None = None
    """Of what its entry said when it was read; None where that is not known."""
    page_failures: int = 0
    """How often in a row its page could not be had."""
    page_due_at: datetime | None = None
    """When its page is asked for again; None: not."""
    vanished_at: datetime | None = None
    """When its feed was first seen to have dropped it, though it still lists older entries."""
