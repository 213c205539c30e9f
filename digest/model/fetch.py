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
    last_status: int | None = None
    """HTTP's, of the failure in `last_error`; None where there was no answer, or none that failed."""
    last_ok_at: datetime | None = None
    reached_since: datetime | None = None
    """Since when it has been read again and again: after each long pause, ours or its own, this starts afresh."""
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
    """How long the answer stays fresh by its own account."""
    link: str | None = None
    """The Link header, as it came: it may name the feed's WebSub hub."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    url: str
    fresh_seconds: int | None
    permanent_url: str | None = None
    """As in Fetched: a redirect is seen on unchanged feeds too."""
    wire_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchFailed:
    url: str
    reason: str
    """One plain clause for staff: "the server answered 503", "took longer than 20 seconds"."""
    status: int | None = None
    retry_after_seconds: int | None = None
    wire_bytes: int = 0
    """0 too where the answer broke off: what was read of it is not known."""
    is_held_back: bool = False
    """Nothing was asked: the host had asked us, over something else of its own, to come less often."""


FetchOutcome: TypeAlias = Fetched | NotModified | FetchFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchTally:
    """What asking one source cost on one day."""

    source_id: SourceId
    day: date
    requests: int
    not_modified: int
    wire_bytes: int
    """Of the feed's answers."""
    failures: int
    pages: int = 0
    """Article pages asked for."""
    robots_files: int = 0
    """robots.txt files asked for on the way to pages; a file that serves several sources counts with the first."""
    page_bytes: int = 0
    """On the wire, of pages and robots.txt files."""


@dataclass(slots=True, kw_only=True)
class PageCost:
    """What reading one source's pages has cost so far; counted up while they are read."""

    pages: int = 0
    robots_files: int = 0
    wire_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsFile:
    """What a site's robots.txt says to us, as it is kept between passes."""

    site: str
    """Scheme, host and port."""
    rules: str | None
    """Those that speak to us, in the fetch stage's own writing; "": none. None: the file could never be had."""
    read_at: datetime | None
    """When `rules` were read; None with them."""
    expires_at: datetime
    """When to ask for it again."""
