"""What may be wrong with a source, so that none dies quietly."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.model.ids import SourceId


class TroubleKind(StrEnum):
    """In the order in which staff should look."""

    BROKEN = "broken"
    """It can't be reached or read, and not for a moment only."""
    GONE = "gone"
    """Its server says that it is gone for good (410)."""
    LATE = "late"
    """It publishes less than its own rhythm makes likely."""
    THIN = "thin"
    """Its texts have become short, or its pages can't be read any more."""
    DRIFTING = "drifting"
    """Its language or the shape of its entries has changed: it may be another feed by now."""
    MOVED = "moved"
    """Its feed says that it lives elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    source_id: SourceId
    kind: TroubleKind
    since: datetime | None
    """None where no moment can be named."""
    words: str
    """What is the matter, as a clause for staff."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One article of a source, as far as it tells how the source publishes."""

    published_at: datetime
    words: int
    """Of its text, roughly; 0 where it has none (any more)."""
    is_summary: bool
    """Its page could not be had."""
    language: str | None
    has_author: bool
    has_image: bool
    has_summary: bool
    has_date: bool
    """Its outlet stated when it was published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often a source publishes, by weekday and hour of the campaign's zone."""

    source_id: SourceId
    drawn_at: datetime
    articles: int
    """How many it is drawn from."""
    hourly: float
    """Articles an hour, over the whole week."""
    weekdays: tuple[float, ...]
    """Seven factors, Monday first: how much more or less than on any day."""
    hours: tuple[float, ...]
    """Twenty-four factors, likewise."""
    spread: float
    """Variance over mean of what comes in a quarter of a day: 1 is a Poisson process, news comes in bursts."""
