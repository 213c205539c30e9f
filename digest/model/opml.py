"""A list of feeds as other readers write it (OPML, http://opml.org/spec2.opml); untrusted text on one line each."""

from dataclasses import dataclass

OWN_NAMESPACE = "urn:rejoinder:opml:1"
"""Of the attributes for what OPML has none for: `rejoinder:id` and its like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One feed of the list. What it does not state is empty."""

    line: int
    """Where it stands in the file, from 1."""
    name: str
    feed: str
    """As it is written: nobody has looked at it yet."""
    site: str
    language: str
    folders: tuple[str, ...]
    """The names of the outlines around it, the outermost first."""
    categories: tuple[str, ...]
    """The words of its `category`, whose parts are parted by commas and slashes."""
    own: dict[str, str]
    """Our own attributes, by name: id, kind, owner, weight, excerpt, images, paused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedList:
    title: str
    outlines: tuple[Outline, ...]
    """In the file's order, those with a feed alone."""
