"""Which hub a feed names: in the headers of its answer first, else in the feed itself (WebSub, section 4). Pure."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

from digest.errors import BlockedAddressError
from digest.model.hub import HubOffer
from digest.model.source import Source
from digest.net import Place

MOST_HUBS = 5
LONGEST_URL = 2_000
LONGEST_HEADER = 8_000
# A quoted `<` in a parameter ends a link early and loses its later parameters, never more.
_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_PARAMETER = re.compile(r';\s*([\w*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*))')

Check = Callable[[str], Place]
"""Raises BlockedAddressError for an address that may not be reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubLinks:
    """What one place says: absolute addresses, unchecked."""

    hubs: tuple[str, ...] = ()
    topic: str | None = None


def links_in_header(link: str | None, *, base_url: str) -> HubLinks:
    """The hubs and the topic of a `Link` header (RFC 8288), several of them joined by commas."""
    found: dict[str, list[str]] = {"hub": [], "self": []}
    for target, parameters in _LINK.findall((link or "")[:LONGEST_HEADER]):
        for relation in _relations(parameters):
            if relation in found and (url := _joined(base_url, target)):
                found[relation].append(url)
    return HubLinks(hubs=tuple(found["hub"][:MOST_HUBS]), topic=next(iter(found["self"]), None))


def hub_offer(source: Source, places: Sequence[HubLinks], *, url: str, check: Check) -> HubOffer | None:
    """What to subscribe to: the first hub that may be reached, of the first place that names any; None without one.

    places: headers first, then the feed.   url: where the feed came from, its topic where nothing names one.
    A feed that came encrypted is not taken from a hub that is not: what is pushed must be no easier to forge than what
    is polled.
    """
    hubs = next((place.hubs for place in places if place.hubs), ())
    topic = next((place.topic for place in places if place.topic), url)
    if not _may_be_reached(topic, check):
        return None
    for hub in hubs[:MOST_HUBS]:
        if _may_be_reached(hub, check) and (hub.startswith("https:") or not url.startswith("https:")):
            return HubOffer(source_id=source.id, feed=source.feed, hub_url=hub, topic_url=topic)
    return None


def _relations(parameters: str) -> list[str]:
    """The words of a link's `rel`; of several, the first counts (RFC 8288, section 3.3)."""
    values = (quoted or bare for name, quoted, bare in _PARAMETER.findall(parameters) if name.lower() == "rel")
    return next(values, "").lower().split()


def _joined(base_url: str, target: str) -> str | None:
    target = target.strip()
    if not target or len(target) > LONGEST_URL:
        return None
    try:
        return urljoin(base_url, target)
    except ValueError:
        return None


def _may_be_reached(url: str, check: Check) -> bool:
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable():
        return False
    try:
        check(url)
    except BlockedAddressError:
        return False
    return True
