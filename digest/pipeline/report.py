"""What one pass did."""

from dataclasses import dataclass, field
from datetime import date, datetime

from digest.model.ids import SourceId
from digest.model.job import JSON
from digest.model.trouble import Trouble
from digest.stages.deliver import Delivered


@dataclass(slots=True, kw_only=True)
class PassReport:
    """What one pass did, for the summary that a person reads."""

    reached: int = 0
    unchanged: int = 0
    not_due: int = 0
    failed: dict[SourceId, str] = field(default_factory=dict)
    """Source id → why, in words."""
    warnings: dict[SourceId, str] = field(default_factory=dict)
    added: int = 0
    updated: int = 0
    """Stored before, with a changed text or headline now."""
    withdrawn: int = 0
    """Taken back by their outlets."""
    pages_missing: int = 0
    """Articles whose page could not be had: the feed's own summary stands in, marked."""
    troubles: list[Trouble] = field(default_factory=list)
    """What is the matter with sources, those that failed just now apart until they have failed for a while."""
    active_articles: int = 0
    stories: int = 0
    suggested: int = 0
    confirmed: int = 0
    edition_on: date | None = None
    edition_state: str = ""
    cards: int = 0
    answered: int = 0
    holds: tuple[str, ...] = ()
    would_reach: dict[str, int] = field(default_factory=dict)
    """Medium or channel → recipients that the edition would go to."""
    published: bool = False
    late_on: date | None = None
    """The day whose edition should be out and is not."""
    delivered: Delivered | None = None
    basis: str = ""
    """What stories and answers were found from, as a hash."""
    clustered_at: datetime | None = None
    """When the whole window was last clustered."""
    clustered_on: str = ""
    """What else than the articles that clustering went by, as a hash."""
    placed: int = 0
    """Articles placed since, one by one."""
    seconds: dict[str, float] = field(default_factory=dict)
    is_model_loaded: bool = False

    def summary(self) -> dict[str, JSON]:
        """What the pass log keeps: counts, seconds and the sources that failed."""
        return {
            "reached": self.reached,
            "unchanged": self.unchanged,
            "failed": {str(source_id): reason for source_id, reason in self.failed.items()},
            "troubles": {f"{each.source_id}: {each.kind}": each.words for each in self.troubles},
            "added": self.added,
            "updated": self.updated,
            "withdrawn": self.withdrawn,
            "stories": self.stories,
            "basis": self.basis,
            "clustered_at": self.clustered_at.isoformat() if self.clustered_at is not None else None,
            "clustered_on": self.clustered_on,
            "placed": self.placed,
            "cards": self.cards,
            "answered": self.answered,
            "holds": list(self.holds),
            "seconds": dict(self.seconds),
        }
