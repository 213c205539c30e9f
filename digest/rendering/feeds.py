"""Atom and JSON feeds of editions, and the sitemap: published documents in, bytes out."""

import json
from collections.abc import Sequence
from html import escape
from xml.etree import ElementTree

from digest.model.edition import EditionDocument
from digest.rendering.days import long_day

_ATOM = "http://www.w3.org/2005/Atom"
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"


def atom_feed(documents: Sequence[EditionDocument], *, title: str, base_url: str) -> bytes:
    """An Atom feed, one entry an edition, in the order given (newest first)."""
    feed = ElementTree.Element("feed", xmlns=_ATOM)
    _add(feed, "title", title)
    _add(feed, "id", f"{base_url}/")
    ElementTree.SubElement(feed, "link", rel="self", href=f"{base_url}/feed.xml")
    ElementTree.SubElement(feed, "link", rel="alternate", href=f"{base_url}/")
    _add(feed, "updated", documents[0].cut_off_at.isoformat() if documents else "1970-01-01T00:00:00+00:00")
    for document in documents:
        entry = ElementTree.SubElement(feed, "entry")
        _add(entry, "title", _title(document))
        _add(entry, "id", document.address)
        ElementTree.SubElement(entry, "link", rel="alternate", href=document.address)
        _add(entry, "published", document.cut_off_at.isoformat())
        _add(entry, "updated", document.cut_off_at.isoformat())
        author = ElementTree.SubElement(entry, "author")
        _add(author, "name", document.campaign)
        _add(entry, "content", _content(document), type="html")
    body: bytes = ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True)
    return body


def json_feed(documents: Sequence[EditionDocument], *, title: str, base_url: str) -> bytes:
    """The same as JSON Feed 1.1."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": title,
        "home_page_url": f"{base_url}/",
        "feed_url": f"{base_url}/feed.json",
        "items": [
            {
                "id": document.address,
                "url": document.address,
                "title": _title(document),
                "content_html": _content(document),
                "date_published": document.cut_off_at.isoformat(),
                "authors": [{"name": document.campaign}],
            }
            for document in documents
        ],
    }
    return json.dumps(feed, ensure_ascii=False).encode()


def sitemap(addresses: Sequence[str]) -> bytes:
    """A sitemap of whole addresses."""
    root = ElementTree.Element("urlset", xmlns=_SITEMAP)
    for address in addresses:
        _add(ElementTree.SubElement(root, "url"), "loc", address)
    body: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def _title(document: EditionDocument) -> str:
    return f"{document.title}, {long_day(document.edition_on, language=document.language)}"


def _content(document: EditionDocument) -> str:
    """The cards' names, linked, and the short imprint."""
    stories = ((f"{document.base_url}/stories/{card.story_id}-{card.slug}", card.name) for card in document.cards)
    rows = "".join(f'<li><a href="{escape(address)}">{escape(name)}</a></li>' for address, name in stories)
    return f"<ul>{rows}</ul><p>{escape(document.imprint_short)}</p>"


def _add(parent: ElementTree.Element, tag: str, text: str, **attributes: str) -> None:
    ElementTree.SubElement(parent, tag, attributes).text = text
