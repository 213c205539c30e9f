"""What a page says of the feeds of its site, read to find them; untrusted text, already on one line each."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Advertised:
    """An address that a page calls, or seems to call, a feed."""

    url: str
    """Absolute http(s) address."""
    title: str
    """What the page calls it; often empty."""
    is_declared: bool
    """True: a `<link rel="alternate">` with a feed's type. False: a link in the text that looks like one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontPage:
    title: str
    """The site's own name where it states one (`og:site_name`), else the page's title."""
    language: str | None
    canonical_url: str | None
    """The address that the page calls its own; on any host, for it is only used to look further."""
    hub_url: str | None
    """Its WebSub hub."""
    feeds: tuple[Advertised, ...]
    """Declared ones first, each in the page's order, each address once; at most 50."""
    more_feeds: int
    """How many more it advertised than are kept."""
