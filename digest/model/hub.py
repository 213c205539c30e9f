"""WebSub: what a feed offers, what we have agreed with a hub, and what a hub has brought."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from digest.model.ids import SourceId

HubToken = NewType("HubToken", str)
"""The last part of a callback's address: whoever knows it is the hub. Never in a log."""
PushId = NewType("PushId", int)


@dataclass(frozen=True, slots=True, kw_only=True)
class HubOffer:
    """The hub that a feed named when it was last read, and under which address (topic) the hub knows the feed."""

    source_id: SourceId
    feed: str
    """The address in sources.yaml that said so."""
    hub_url: str
    topic_url: str


class HubState(StrEnum):
    WANTED = "wanted"
    """The hub is to be asked."""
    ASKED = "asked"
    """Asked; the hub has not called back to verify."""
    ACTIVE = "active"
    """Verified: the hub pushes until its lease ends."""
    DENIED = "denied"
    """The hub does not want us."""
    LEAVING = "leaving"
    """The hub is to be told that we leave, or has been and has not called back."""
    OVER = "over"
    """Nothing more is asked and nothing more is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSubscription:
    """One agreement with one hub about one feed. A renewal is another one, with a token and a secret of its own."""

    token: HubToken = field(repr=False)
    callback: str = field(repr=False)
    """The address that the hub was given; the token is its end."""
    secret: str = field(repr=False)
    """Signs what the hub pushes. It stays in the database and goes to the hub, nowhere else."""
    source_id: SourceId
    feed: str
    hub_url: str
    topic_url: str
    state: HubState
    created_at: datetime
    due_at: datetime
    """When the next step is to be taken: ask, ask again, let it lapse, leave, forget."""
    verified_at: datetime | None = None
    lease_until: datetime | None = None
    failures: int = 0
    """In a row, of asking or of leaving."""
    last_error: str = ""
    """A clause in words; empty when nothing is wrong."""
    pushed_at: datetime | None = None
    pushes: int = 0
    """Signed bodies that were taken."""
    refused: int = 0
    """Bodies without a signature or with a wrong one."""
    proofs: int = 0
    """Pushes in a row that brought what a poll would have found; none any more when a poll finds what no push has
    brought. A renewal inherits them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """A body that a hub has brought, waiting to be read."""

    id: PushId
    subscription: HubSubscription
    received_at: datetime
    content_type: str | None
    body: bytes = field(repr=False)
