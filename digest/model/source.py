"""What staff keep in sources.yaml: the site, its topics and its sources."""

from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from zoneinfo import ZoneInfo

from digest.model.ids import SourceId, TopicId


class SourceKind(StrEnum):
    CAMPAIGN = "campaign"
    FRIENDLY = "friendly"
    MAINSTREAM = "mainstream"


class ExcerptMode(StrEnum):
    """How much of a source's own words its terms let us show."""

    EXCERPT = "excerpt"
    HEADLINE_ONLY = "headline only"
    LINK_ONLY = "link only"


class PublishMode(StrEnum):
    APPROVED = "approved"
    """An edition waits for a person."""
    AUTOMATIC = "automatic"
    """An edition goes at its hour when every gate passes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a source allows: `excerpt_characters` counts only when mode is EXCERPT."""

    mode: ExcerptMode = ExcerptMode.EXCERPT
    excerpt_characters: int = 200
    images: bool = False

    @property
    def quotable(self) -> int:
        """How many characters of an article's own words may be shown."""
        return self.excerpt_characters if self.mode is ExcerptMode.EXCERPT else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    id: SourceId
    name: str
    kind: SourceKind
    feed: str
    site: str
    language: str = "en"
    owner: str = ""
    weight: float = 1.0
    """0.1 to 3: how much its report counts when stories are ranked."""
    terms: Terms = Terms()
    paused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    id: TopicId
    name: str
    seeds: tuple[str, ...]
    """Words or sentences that say what belongs here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    name: str
    aliases: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.aliases)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imprint:
    """Who promotes this, from where, on whose behalf: stands on everything public."""

    promoter: str
    address: str
    on_behalf_of: str

    @property
    def is_complete(self) -> bool:
        return all(part.strip() for part in (self.promoter, self.address, self.on_behalf_of))

    @property
    def sentence(self) -> str:
        return f"Published by {self.promoter}, {self.address}, on behalf of {self.on_behalf_of}."

    @property
    def short(self) -> str:
        return f"Published by {self.promoter} for {self.on_behalf_of}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    title: str
    campaign: str
    candidates: tuple[Candidate, ...]
    """The backed candidate first."""
    imprint: Imprint
    zone: ZoneInfo
    edition_hour: time
    """Local time of day in `zone`."""
    language: str = "en"
    publish: PublishMode = PublishMode.APPROVED
    show_above: float | None = None
    """Confidence above which a pairing is shown, labelled, without a person; None: never."""
    excerpt_characters: int = 200
    is_sample: bool = False
    """True only for the invented campaign: nothing of it is published outside the demo."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """The whole of sources.yaml, validated."""

    site: Site
    topics: tuple[Topic, ...]
    sources: tuple[Source, ...]

    def source_by_id(self) -> dict[SourceId, Source]:
        return {source.id: source for source in self.sources}
