"""What a page says of itself in its head: title, authors, time, picture, address, language, description, body."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml.html import HtmlElement
from trafilatura.metadata import extract_metadata

_TIME_NAMES = (
    "article:published_time",
    "og:article:published_time",
    "og:published_time",
    "datepublished",
    "publish-date",
    "publishdate",
    "pubdate",
    "parsely-pub-date",
    "sailthru.date",
    "dc.date.issued",
    "dcterms.created",
    "dc.date",
    "date",
)
_ARTICLE_TYPE = re.compile(r"(?:Article|BlogPosting|Report|LiveBlogPosting)$")
_BY = re.compile(r"^\s*by\s+", re.IGNORECASE)  # no "von", "di" or "par": names begin so
_ADDRESS = re.compile(r"\S+@\S+|https?://\S+")
_NO_NAME = re.compile(r"(?:admin|staff|editor|webmaster|newsroom|redaktion|desk|\W|\d)*", re.IGNORECASE)
_MAX_JSON = 500_000
_MAX_NODES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Empty strings where the page says nothing."""

    title: str
    authors: tuple[str, ...]
    published_at: datetime | None
    """The stated moment."""
    published_on: datetime | None
    """Midnight UTC of the day that the page seems to be of, where it states no moment."""
    image_url: str
    canonical_url: str
    language: str | None
    description: str
    body: str
    """`articleBody` of its JSON-LD: often the whole text, often a teaser."""


def facts_of(tree: HtmlElement, *, url: str) -> Facts:
    """Read from meta elements and JSON-LD; `tree` is left as it is."""
    metadata = extract_metadata(tree, url)
    stated = next(_json_ld_articles(tree), {})
    return Facts(
        title=metadata.title or _string(stated, "headline"),
        authors=_names(metadata.author or ""),
        published_at=_moment_of(_string(stated, "datePublished")) or _stated_moment(tree),
        published_on=_moment_of(metadata.date or ""),
        image_url=metadata.image or "",
        canonical_url=_first(tree, "//link[@rel='canonical']/@href")
        or _first(tree, "//meta[@property='og:url']/@content"),
        language=_language(tree),
        description=metadata.description or _string(stated, "description"),
        body=_string(stated, "articleBody"),
    )


def _names(stated: str) -> tuple[str, ...]:
    """Each once, in order, without "By" and without addresses; what is no person's name is left out."""
    names = (_ADDRESS.sub("", _BY.sub("", name)).strip(" ,;|-–()") for name in stated.split(";"))
    by_folded: dict[str, str] = {}
    for name in names:
        if name and not _NO_NAME.fullmatch(name):
            by_folded.setdefault(name.casefold(), name)
    return tuple(by_folded.values())


def _stated_moment(tree: HtmlElement) -> datetime | None:
    stated: dict[str, str] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        stated.setdefault(name.lower(), element.get("content") or "")
    for name in _TIME_NAMES:
        if moment := _moment_of(stated.get(name, "")):
            return moment
    return _moment_of(_first(tree, "(//article//time | //*[@itemprop='datePublished'])[1]/@datetime"))


def _moment_of(stated: str) -> datetime | None:
    """ISO 8601 alone: every other form leaves open which number is the month."""
    try:
        moment = datetime.fromisoformat(stated.strip()[:40])
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _language(tree: HtmlElement) -> str | None:
    stated = tree.get("lang") or _first(tree, "//meta[@property='og:locale']/@content")
    primary = re.split(r"[-_]", stated.strip())[0].lower()
    return primary if re.fullmatch(r"[a-z]{2,3}", primary) else None


def _json_ld_articles(tree: HtmlElement) -> Iterator[dict[str, object]]:
    for script in tree.xpath("//script[@type='application/ld+json']"):
        text = (script.text or "").strip()
        if not text or len(text) > _MAX_JSON:
            continue
        try:
            stated = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue
        yield from _articles_in(stated)


def _articles_in(stated: object) -> Iterator[dict[str, object]]:
    waiting = [stated]
    for _ in range(_MAX_NODES):
        if not waiting:
            return
        node = waiting.pop(0)
        if isinstance(node, list):
            waiting += node[:_MAX_NODES]
        elif isinstance(node, dict):
            kinds = node.get("@type")
            if any(
                isinstance(kind, str) and _ARTICLE_TYPE.search(kind)
                for kind in (kinds if isinstance(kinds, list) else [kinds])
            ):
                yield node
            if graph := node.get("@graph"):
                waiting.append(graph)


def _first(tree: HtmlElement, path: str) -> str:
    found = tree.xpath(path)
    return str(found[0]) if isinstance(found, list) and found else ""


def _string(holder: dict[str, object], key: str) -> str:
    value = holder.get(key)
    return value if isinstance(value, str) else ""
