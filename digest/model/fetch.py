"""What came of asking a server for something, as values: one broken feed never stops a run."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from digest.model.ids import SourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchState:
    """What we remember of a feed between passes. Validators are opaque: stored and sent back as they came."""

    source_id: SourceId
    url: str
    """The address in sources.yaml that this state belongs to; a changed address starts afresh."""
    etag: str | None = None
    last_modified: str | None = None
    body_sha256: str | None = None
    permanent_url: str | None = None
    """Where a permanent redirect sent us; followed from here, proposed to staff, never written to sources.yaml."""
    permanent_seen: int = 0
    failures: int = 0
    """In a row."""
    last_error: str | None = None
    last_ok_at: datetime | None = None
    next_due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    url: str
    """Where the body finally came from."""
    body: bytes
    content_type: str | None
    etag: str | None
    last_modified: str | None
    permanent_url: str | None
    """Set when every hop of the redirect was permanent."""
    wire_bytes: int
    fresh_seconds: int | None
    """What Cache-Control max-age asked for."""
    link: str | None = None
    """The Link header, as it came: it may name the feed's WebSub hub."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    url: str
    fresh_seconds: int | None
    permanent_url: str | None = None
    """As in Fetched: a redirect is seen on unchanged feeds too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchFailed:
    url: str
    reason: str
    """One plain clause for staff: "the server answered 503", "took longer than 20 seconds"."""
    status: int | None = None
    retry_after_seconds: int | None = None


FetchOutcome: TypeAlias = Fetched | NotModified | FetchFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchTally:
    """What asking one source cost on one day."""

    source_id: SourceId
    day: date
    requests: int
    not_modified: int
    wire_bytes: int
    failures: int
