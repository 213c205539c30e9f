"""An edition: its draft, what staff chose for it, and the one frozen document that everything public is made of."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from digest.model.ids import ArticleId, EditionId, PairingId, SourceId, StaffName, StoryId, TopicId
from digest.model.pairing import Relation
from digest.model.source import Source, SourceKind


class Cadence(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"


class EditionState(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    PUBLISHED = "published"
    RETRACTED = "retracted"


class RevisionKind(StrEnum):
    FIRST = "first"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """The row: unique by (cadence, edition_on)."""

    id: EditionId
    cadence: Cadence
    edition_on: date
    """In the campaign's zone."""
    state: EditionState
    covers_from: datetime
    cut_off_at: datetime
    """Articles first seen in (covers_from, cut_off_at]."""
    holds: frozenset[str] = frozenset()
    """Reasons why it must not go, in words; empty: nothing holds it."""
    publish_at: datetime | None = None
    approved_by: StaffName | None = None
    published_at: datetime | None = None
    revision: int = 0
    """The newest composed revision; 0: never composed."""
    published_revision: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What staff chose for one story of one edition: a row of its own, never part of the draft."""

    story_id: StoryId
    is_pinned: bool = False
    is_hidden: bool = False
    position: int | None = None
    headline: str | None = None
    note: str | None = None


# --- the published document: every string, time, link and span that it shows -------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """The same report as another outlet carried it, nearly word for word."""

    article_id: ArticleId
    source_id: SourceId
    source_name: str
    url: str
    headline: str
    """Empty where the source is `link only`."""
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One outlet's report of a story, as shown: headline, outlet, time, link, and an excerpt where terms allow."""

    article_id: ArticleId
    source_id: SourceId
    source_name: str
    kind: SourceKind
    url: str
    headline: str
    """Empty where the source is `link only`."""
    excerpt: str
    """Verbatim from the source's text, cut at a word within its limit; empty where its terms allow none."""
    author: str | None
    """Shown in the source line of a story page only."""
    published_at: datetime
    copies: tuple[Copy, ...] = ()
    """The same report in other outlets: the agency's own first, then the earliest. Told once, counted once."""
    agency: str = ""
    """Who wrote what many carry, where that is known; "" otherwise."""
    language: str = ""
    """Of headline and excerpt, as a tag; "" where it is not known."""

    @property
    def article_ids(self) -> tuple[ArticleId, ...]:
        return (self.article_id, *(copy.article_id for copy in self.copies))

    @property
    def outlets(self) -> tuple[str, ...]:
        """Who carried it, each once, this one first."""
        return tuple(dict.fromkeys((self.source_name, *(copy.source_name for copy in self.copies))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A claim or an answer as shown, with where it stands."""

    article_id: ArticleId
    revision: int
    start: int
    end: int
    text: str
    """Verbatim: `stored_text[start:end]`."""
    display: str
    """`text` with trailing links, tags and mentions folded away; a verbatim part of `text`."""
    source_name: str
    kind: SourceKind
    headline: str
    url: str
    published_at: datetime
    language: str = ""
    """Of the words, as a tag; "" where it is not known."""

    def beyond(self, name: str) -> str:
        """What is left to show under a story's name, which is often the first sentence: nothing is said twice."""
        return self.display.removeprefix(name).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPairing:
    pairing_id: PairingId
    relation: Relation
    is_confirmed: bool
    """False: shown by confidence alone, and labelled so."""
    confidence: float
    claim: Passage
    answer: Passage
    reasons: tuple[str, ...]
    """The evidence in words, strongest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One story of the edition."""

    story_id: StoryId
    slug: str
    name: str
    """What the public reads as the story's name. In an answered story never a press headline: staff's headline,
    else the first whole sentence of the answer."""
    topic_id: TopicId | None
    topic_name: str
    """ "" when filed under nothing."""
    is_answered: bool
    """Has a confirmed pairing."""
    pairings: tuple[ShownPairing, ...]
    """Confirmed first, then by confidence. The edition page shows the first, the story page all."""
    reports: tuple[Report, ...]
    """Press: what the card is about first, then newest first."""
    supportive: tuple[Report, ...]
    campaign: tuple[Report, ...]
    """The campaign's own articles in this story, newest first."""
    note: str = ""
    reading_seconds: int = 0
    reasons: tuple[str, ...] = ()
    """Why it stands where it stands, for staff and "why is this here?"."""
    first_reported_at: datetime | None = None
    name_language: str = ""
    """Of a name in the press's words, as a tag; "" where it is the campaign's own or not known."""
    taken_back_by: tuple[str, ...] = ()
    """Outlets that have withdrawn a report of it since: see `model.withdrawal`. Never composed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine:
    """One source as the edition's own list of sources shows it."""

    id: SourceId
    name: str
    kind: SourceKind
    site: str
    owner: str
    articles: int
    """How many of its articles are of this edition's hours."""
    is_reached: bool
    """False: the last attempt before the cut-off failed."""

    @classmethod
    def of(cls, source: Source, *, articles: int, is_reached: bool) -> "SourceLine":
        return cls(
            id=source.id,
            name=source.name,
            kind=source.kind,
            site=source.site,
            owner=source.owner,
            articles=articles,
            is_reached=is_reached,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionDocument:
    """A revision, self-contained. Page, email, push text, cards, feeds and export are pure functions of it.

    Everything that changes its JSON shape raises `schema`.
    """

    schema: int = 2
    cadence: Cadence
    edition_on: date
    revision: int
    title: str
    campaign: str
    candidate: str
    """The backed candidate's name."""
    language: str
    time_zone: str
    base_url: str
    """Configured public address without a trailing slash: links never follow a request's Host."""
    imprint: str
    imprint_short: str
    is_sample: bool
    covers_from: datetime
    cut_off_at: datetime
    message: Report | None
    """Today's message: one campaign article that answers nothing."""
    cards: tuple[Card, ...]
    """The finite edition, in order."""
    more: tuple[Card, ...]
    """Everything else of the day, by topic then weight."""
    sources: tuple[SourceLine, ...]
    topics: tuple[tuple[TopicId, str], ...]
    """(id, name) in staff's order."""
    reading_seconds: int = 0
    warnings: tuple[str, ...] = ()
    """For staff: what composition would like a person to look at."""
    corrections: tuple[str, ...] = field(default=())
    taken_back_by: tuple[str, ...] = ()
    """Outlets whose report was all that a story had, and who have withdrawn it since; the story is gone with it."""

    @property
    def answered(self) -> int:
        return sum(1 for card in (*self.cards, *self.more) if card.is_answered)

    @property
    def address(self) -> str:
        return f"{self.base_url}/editions/{self.edition_on.isoformat()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedRevision:
    """A stored revision with what binds it."""

    edition_id: EditionId
    revision: int
    kind: RevisionKind
    sha256: str
    """Of the stored JSON: what an approval binds."""
    document: EditionDocument
    composed_at: datetime
    approved_by: StaffName | None
    published_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveLine:
    """One published edition as the archive lists it."""

    edition_on: date
    title_line: str
    """The name of its leading card; empty when it has none."""
    answered: int
    """Answered stories in the whole document."""
    cards: int
    """Stories of the finite edition."""
    published_at: datetime
    """When the revision that is public now went out."""
