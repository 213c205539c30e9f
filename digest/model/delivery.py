"""The outbox and what came of it: one row per recipient, one delivery per attempt."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.model.ids import ChannelName, OutboxId


class SubjectKind(StrEnum):
    """What a message is about; with the recipient and medium it makes an outbox row unique."""

    EDITION = "edition"
    CORRECTION = "correction"
    ALERT = "alert"
    CONFIRMATION = "confirmation"
    REHEARSAL = "rehearsal"
    CHANNEL_TEST = "channel_test"
    INVITATION = "invitation"


class RecipientKind(StrEnum):
    SUBSCRIBER = "subscriber"
    CHANNEL = "channel"
    STAFF = "staff"


class Medium(StrEnum):
    EMAIL = "email"
    WEB_PUSH = "web_push"
    CHANNEL = "channel"


class OutboxState(StrEnum):
    DUE = "due"
    CLAIMED = "claimed"
    """A sender holds it; nothing has left yet."""
    INTENDED = "intended"
    """The intent is committed: from here on a crash leaves it UNKNOWN, never sent again by itself."""
    SENT = "sent"
    FAILED = "failed"
    """For good: refused, or out of attempts."""
    UNKNOWN = "unknown"
    """It may have left: the process died between intent and record, or the other side never said. The operator's
    policy settles it."""
    CANCELLED = "cancelled"
    """Retracted, or consent gone, before it left."""


class UnknownPolicy(StrEnum):
    """What becomes of rows that are UNKNOWN: the operator's choice."""

    ASK = "ask"
    """They wait for a person."""
    SEND_AGAIN = "send_again"
    """Rather twice than never."""
    TAKE_AS_SENT = "take_as_sent"
    """Rather never than twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    id: OutboxId
    subject_kind: SubjectKind
    subject_id: str
    """For an edition: "EDITION_ID/REVISION"."""
    recipient_kind: RecipientKind
    recipient_id: str
    """A subscriber's id or a channel's name: never an address."""
    medium: Medium
    state: OutboxState
    attempts: int
    due_at: datetime
    last_detail: str = ""


class DeliveryResult(StrEnum):
    SENT = "sent"
    RETRY = "retry"
    """It provably did not leave, and is tried again."""
    REFUSED = "refused"
    """It provably did not leave, and never will."""
    UNKNOWN = "unknown"
    """It may have left: the other side took it, or part of it, and did not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One attempt and its result. `detail` never holds an address, a token or a notifier URL."""

    outbox_id: OutboxId
    attempt: int
    result: DeliveryResult
    detail: str
    started_at: datetime
    finished_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What the sender needs to send one outbox row: made of a published document, never of live tables."""

    title: str
    text: str
    url: str
    html: str | None = None
    """The HTML part, for email."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much a channel carries whole, in characters."""

    title: int
    """0: it has no title, and everything stands in the text."""
    text: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where one medium stands, or one channel of it; of email only counts are told."""

    medium: Medium
    channel: ChannelName | None
    due: int
    """With what a sender holds just now."""
    sent: int
    unknown: int
    failed: int
    last_detail: str
    """What was said of the latest row that is not through; empty when nothing was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What settling did, or would do."""

    settled: int
    too_late: int
    """Stayed as they were: their edition expired, was retracted or followed by a newer one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Whom an edition would reach."""

    email: int
    """Subscribers with an active daily subscription by email."""
    channels: tuple[ChannelName, ...]
