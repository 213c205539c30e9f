"""What a page says of itself in its head: title, authors, time, picture, address, language, description, body."""

import re
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime

from htmldate import find_date
from lxml.html import HtmlElement
from trafilatura.metadata import examine_meta, extract_author

from digest.stages.extract.child.documents import without_scripts
from digest.stages.extract.child.lead_image import lead_image_of
from digest.stages.extract.child.linked_data import Stated, article_stated
from digest.stages.extract.child.titles import title_of

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
_CHANGE = "abcdefghijklmnopqrstuvwxyz"
# Elements that tell when the page was changed, which is not when it was published.
_OF_CHANGES = " | ".join(
    f"//{tag}[contains(translate(concat(@property, ' ', @name, ' ', @itemprop, ' ', @http-equiv, ' ', @class), "
    f"'{_CHANGE.upper()}', '{_CHANGE}'), '{word}')]"
    for tag in ("meta", "time", "abbr")
    for word in ("modif", "updat")
)
_TIME_SHOWN = (
    "(//article//time[not(contains(@class, 'updat') or contains(@class, 'modif') or @itemprop='dateModified')]"
    " | //*[@itemprop='datePublished'])[1]/@datetime"
)
_BY = re.compile(r"^\s*by\s+", re.IGNORECASE)  # no "von", "di" or "par": names begin so
_ADDRESS = re.compile(r"\S+@\S+|https?://\S+")
_NO_NAME = re.compile(r"(?:admin|staff|editor|webmaster|newsroom|redaktion|desk|\W|\d)*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Empty strings where the page says nothing."""

    title: str
    authors: tuple[str, ...]
    published_at: datetime | None
    """The stated moment; else midnight UTC of the day that the page seems to be of."""
    image_url: str
    canonical_url: str
    language: str | None
    description: str
    body: str
    """`articleBody` of its JSON-LD: often the whole text, often a teaser."""
    is_closed: bool
    """It says that the article, or a part of it, is for subscribers."""
    closed_classes: tuple[str, ...]
    """Classes of the elements that hold what is for subscribers."""


def facts_of(tree: HtmlElement, *, url: str) -> Facts:
    """Read from meta elements and JSON-LD; `tree` is left as it is."""
    stated = article_stated(tree)
    metadata = examine_meta(tree)
    return Facts(
        title=title_of(
            tree, metadata.title or stated.headline, outlets=(metadata.sitename or "", stated.publisher), url=url
        ),
        authors=_authors_of(tree, stated, named=metadata.author or ""),
        published_at=_moment_of(stated.published) or _stated_moment(tree) or _day_of(tree, url=url),
        image_url=lead_image_of(tree, stated=stated.images),
        canonical_url=_first(tree, "//link[@rel='canonical']/@href")
        or _first(tree, "//meta[@property='og:url']/@content"),
        language=_language(tree),
        description=metadata.description or stated.description,
        body=stated.body,
        is_closed=stated.is_closed or _content_tier(tree) == "locked",
        closed_classes=stated.closed_classes,
    )


def _authors_of(tree: HtmlElement, stated: Stated, *, named: str) -> tuple[str, ...]:
    """By JSON-LD, else by the page's meta elements, else by its byline."""
    # One word in a meta element is an account more often than a name.
    return (
        _names(";".join(stated.authors))
        or (_names(named) if " " in named.strip() else ())
        or _names(extract_author(tree) or "")
    )


def _day_of(tree: HtmlElement, *, url: str) -> datetime | None:
    """By the page's address, meta elements and dates in its text, without those of changes. The thorough search of
    htmldate, in words of every language, took up to two seconds and guessed on 5 of 43 real pages."""
    tree = without_scripts(deepcopy(tree))
    for element in tree.xpath(_OF_CHANGES):
        element.attrib.clear()
    return _moment_of(find_date(tree, extensive_search=False, original_date=True, url=url) or "")


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
    return _moment_of(_first(tree, _TIME_SHOWN))


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


def _content_tier(tree: HtmlElement) -> str:
    return _first(tree, "//meta[@property='article:content_tier']/@content").strip().lower()


def _first(tree: HtmlElement, path: str) -> str:
    found = tree.xpath(path)
    return str(found[0]) if isinstance(found, list) and found else ""
