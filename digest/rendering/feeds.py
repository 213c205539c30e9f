"""Atom and JSON feeds of editions, and the sitemap: published revisions in, bytes out."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from xml.etree import ElementTree

from digest.model.edition import Card, EditionDocument, PublishedRevision
from digest.rendering.days import long_day

_ATOM = "http://www.w3.org/2005/Atom"
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
SAMPLE_WORDS = "An invented campaign, to show what an edition looks like."


@dataclass(frozen=True, slots=True)
class Listed:
    """One address of a sitemap, whole."""

    address: str
    changed_at: datetime | None = None


def atom_feed(revisions: Sequence[PublishedRevision], *, title: str, base_url: str) -> bytes:
    """An Atom feed, one entry an edition, in the order given (newest first)."""
    feed = ElementTree.Element("feed", xmlns=_ATOM)
    _add(feed, "title", title)
    _add(feed, "id", f"{base_url}/")
    ElementTree.SubElement(feed, "link", rel="self", href=f"{base_url}/feed.xml")
    ElementTree.SubElement(feed, "link", rel="alternate", href=f"{base_url}/")
    _add(feed, "updated", _moment(max((revision.published_at or _NEVER for revision in revisions), default=_NEVER)))
    for revision in revisions:
        document = revision.document
        entry = ElementTree.SubElement(feed, "entry")
        _add(entry, "title", _title(document))
        _add(entry, "id", document.address)
        ElementTree.SubElement(entry, "link", rel="alternate", href=document.address)
        _add(entry, "published", _moment(revision.published_at))
        _add(entry, "updated", _moment(revision.published_at))
        author = ElementTree.SubElement(entry, "author")
        _add(author, "name", document.campaign)
        _add(entry, "content", _content(document), type="html")
    body: bytes = ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True)
    return body


def json_feed(revisions: Sequence[PublishedRevision], *, title: str, base_url: str) -> bytes:
    """The same as JSON Feed 1.1."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": title,
        "home_page_url": f"{base_url}/",
        "feed_url": f"{base_url}/feed.json",
        "items": [
            {
                "id": revision.document.address,
                "url": revision.document.address,
                "title": _title(revision.document),
                "content_html": _content(revision.document),
                "date_published": _moment(revision.published_at),
                "authors": [{"name": revision.document.campaign}],
            }
            for revision in revisions
        ],
    }
    return json.dumps(feed, ensure_ascii=False).encode()


def sitemap(pages: Iterable[Listed]) -> bytes:
    """A sitemap of pages."""
    return _listing("urlset", "url", pages)


def sitemap_index(sitemaps: Iterable[Listed]) -> bytes:
    """A sitemap of sitemaps."""
    return _listing("sitemapindex", "sitemap", sitemaps)


def _listing(root_tag: str, tag: str, entries: Iterable[Listed]) -> bytes:
    root = ElementTree.Element(root_tag, xmlns=_SITEMAP)
    for entry in entries:
        element = ElementTree.SubElement(root, tag)
        _add(element, "loc", entry.address)
        if entry.changed_at is not None:
            _add(element, "lastmod", _moment(entry.changed_at))
    body: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def _moment(moment: datetime | None) -> str:
    return (moment or _NEVER).isoformat(timespec="seconds")


def _title(document: EditionDocument) -> str:
    return f"{document.title}, {long_day(document.edition_on, language=document.language)}"


def _content(document: EditionDocument) -> str:
    """The cards' names, linked, and who publishes this."""
    stories = "".join(f"<li>{_story(document, card)}</li>" for card in document.cards)
    words = (SAMPLE_WORDS if document.is_sample else "", document.imprint)
    return f"<ul>{stories}</ul>" + "".join(f"<p>{escape(each)}</p>" for each in words if each)


def _story(document: EditionDocument, card: Card) -> str:
    """A card's name. What nobody has answered is named in the press's words, and says so."""
    link = f'<a href="{escape(f"{document.base_url}/stories/{card.story_id}-{card.slug}")}">{escape(card.name)}</a>'
    if card.is_answered:
        return link
    return f"Reported: {link}" + (" (put together by computer, not yet checked by a person)" if card.pairings else "")


def _add(parent: ElementTree.Element, tag: str, text: str, **attributes: str) -> None:
    ElementTree.SubElement(parent, tag, attributes).text = text
