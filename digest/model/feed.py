"""A feed and its entries, as the source states them: untrusted text, already stripped to plain characters."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    guid: str
    """The entry's own id; where it states none, its link, else a hash of title and text. Never empty."""
    url: str | None
    """Absolute http(s) address, or None when the entry links nowhere."""
    title: str
    """Plain text, one line; empty where a post has none."""
    author: str | None
    summary: str
    """Plain text."""
    text: str
    """Plain text of the whole content where the feed carries it, else empty. Paragraphs part at a blank line."""
    links: tuple[str, ...]
    """Absolute http(s) addresses that the content links to, in order: evidence for pairings."""
    published_at: datetime | None
    stated_published: str | None
    """The date as the feed wrote it."""
    stated_updated: str | None = None
    """The date of its last change, as the feed wrote it; None where the feed states one date for all its entries."""
    image_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    title: str
    site_url: str | None
    language: str | None
    entries: tuple[Entry, ...]
    """In the feed's order, each guid once."""
    warning: str | None = None
    """What was wrong with a feed that gave entries all the same."""
    hub_urls: tuple[str, ...] = ()
    """The WebSub hubs that it names, in its order."""
    self_url: str | None = None
    """The address that it gives itself, under which its hubs know it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What an article page says, read without touching the network."""

    canonical_url: str
    title: str
    text: str
    """Plain text; paragraphs part at a blank line."""
    authors: tuple[str, ...]
    published_at: datetime | None
    language: str | None
    image_url: str | None
    extractor: str
    """Which library the text came from: "trafilatura", "readability", "newspaper", "json-ld"."""
    is_partial: bool = False
    """Whether the page shows only the beginning of its article, the rest being for subscribers."""
