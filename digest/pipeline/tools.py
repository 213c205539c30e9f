"""What the stages work with, made once by the command that runs them."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Protocol

from digest.clock import Clock
from digest.model.ids import ChannelName
from digest.model.source import Campaign
from digest.net import GuardedClient
from digest.ports import Embeds
from digest.stages.extract import ParserPool
from digest.stages.publish import edition_moment
from digest.storage import Storage

ACTIVE_WINDOW = timedelta(days=7)
"""What clusters and pairs; older stories rest."""
RECLUSTER_EVERY = timedelta(hours=3)
"""How often the whole window is clustered anew; in between, what arrives is placed among the stories that stand."""


class Progress(Protocol):
    """How a person who watches sees the work: one bar per stage."""

    def stage(self, name: str, *, total: int) -> None: ...

    def advance(self, steps: int = 1) -> None: ...


class NoProgress:
    def stage(self, name: str, *, total: int) -> None:
        pass

    def advance(self, steps: int = 1) -> None:
        pass


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLimits:
    """The operator's bounds on reaching out."""

    concurrency: int
    poll_interval: timedelta
    is_everything_due: bool
    """True: ask every source now (`digest run`); False: only those whose time has come (`digest serve`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What the stages work with, made once by the command that runs them."""

    storage: Storage
    campaign: Campaign
    clock: Clock
    open_client: Callable[[], GuardedClient]
    parsers: ParserPool
    embedder: Embeds
    limits: FetchLimits
    base_url: str
    channels: tuple[ChannelName, ...]
    staff_channels: tuple[ChannelName, ...] = ()
    """Where staff are told that an edition is late."""
    email_list: tuple[str, ...] | None
    """The operator's list, or None where this command was told of none: then nobody is added or taken off."""
    keep_text_days: int
    recluster_every: timedelta = RECLUSTER_EVERY
    callbacks: str | None = None
    """The address below which WebSub hubs call us, ending in a slash; None: no hub is asked to."""
    is_demo: bool = False
    progress: Progress = field(default_factory=NoProgress)

    def moment_of(self, day: date) -> datetime:
        """When the edition of a day goes."""
        return edition_moment(day, self.campaign.site.edition_hour, self.campaign.site.zone)

    def with_campaign(self, campaign: Campaign) -> "Tools":
        """The same tools for sources.yaml as it stands now."""
        return replace(self, campaign=campaign)
