"""A page read for the feeds of its site: what it declares, and what its links look like."""

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import urlsplit

from lxml import etree

from digest.errors import ExtractError
from digest.model.front_page import Advertised, FrontPage
from digest.stages.extract.addresses import absolute_url
from digest.stages.extract.child.limits import MAX_TITLE
from digest.stages.extract.text import tidy_line

MAX_FEEDS = 50
_MAX_LOOKED_AT = 5_000
"""Links of each sort. A page that names more has nothing further to say to somebody who looks for its feed."""
_FEED_TYPES = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/rdf+xml",
        "application/feed+json",
        "application/x.atom+xml",
        "application/x-atom+xml",
        "text/rss+xml",
    }
)
# A feed's type for some, another thing's for others: WordPress declares its API as application/json.
_VAGUE_TYPES = frozenset({"text/xml", "application/xml", "application/json", "text/rss", "text/atom"})
_LOOKS_LIKE_FEED = re.compile(
    r"(?:^|[/.=?&])(?:rss2?|atom|feeds?|rdf|feedburner)(?:$|[/.?&=])|[/_-](?:rss|feed)[\w-]{0,40}\.xml|videos\.xml",
    re.IGNORECASE,
)
_ENDINGS = (".rss", ".atom", ".xml", ".rdf", "/feed", "/feed/")
_LONGEST_HREF = 4_000
_WORDS_OF_FEED = re.compile(r"\b(?:rss|atom|feeds?)\b", re.IGNORECASE)


def read_front_page(body: bytes, *, url: str, content_type: str | None) -> FrontPage:
    """What `body` says of its site. Raises ExtractError with a clause that completes "the page …"."""
    tree = _tree(body, content_type)
    base = absolute_url(_first(tree, "//base/@href"), base=url) or url
    found: dict[str, Advertised] = {}
    for feed in (*_declared(tree, base), *_linked(tree, base)):
        found.setdefault(feed.url, feed)
    feeds = tuple(found.values())
    return FrontPage(
        title=tidy_line(_first(tree, '//meta[@property="og:site_name"]/@content'), limit=MAX_TITLE)
        or tidy_line(_first(tree, "//head//title//text() | //title//text()"), limit=MAX_TITLE),
        language=tidy_line(_first(tree, "/html/@lang"), limit=35) or None,
        canonical_url=absolute_url(_first(tree, '//link[@rel="canonical"]/@href'), base=base),
        hub_url=absolute_url(_first(tree, '//link[@rel="hub"]/@href'), base=base),
        feeds=feeds[:MAX_FEEDS],
        more_feeds=max(0, len(feeds) - MAX_FEEDS),
    )


def _tree(body: bytes, content_type: str | None) -> etree._Element:
    charset = re.search(r"charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", content_type or "", re.IGNORECASE)
    for encoding in (charset[1] if charset else None, None):
        parser = etree.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, encoding=_known(encoding))
        try:
            tree = etree.fromstring(body, parser)
        except etree.XMLSyntaxError as error:
            raise ExtractError("is empty or no HTML") from error
        if tree is not None and tree.tag == "html":
            return tree
    raise ExtractError("is empty or no HTML")


def _known(encoding: str | None) -> str | None:
    try:
        return encoding and "".encode(encoding).decode() + encoding
    except (LookupError, UnicodeError):
        return None


def _declared(tree: etree._Element, base: str) -> Iterator[Advertised]:
    for link in _some(tree, "link"):
        rels = link.get("rel", "").lower().split()
        kind = link.get("type", "").partition(";")[0].strip().lower()
        href = link.get("href", "")
        is_feed = kind in _FEED_TYPES or (kind in _VAGUE_TYPES and _LOOKS_LIKE_FEED.search(href))
        if ("alternate" in rels and is_feed) or "feed" in rels:
            yield from _advertised(href, link.get("title", ""), base, is_declared=True)


def _linked(tree: etree._Element, base: str) -> Iterator[Advertised]:
    """Links of the text that name a feed: by their type, or by their address together with what they say."""
    for link in _some(tree, "a"):
        href = link.get("href", "")[:_LONGEST_HREF].partition("#")[0]
        is_typed = link.get("type", "").partition(";")[0].strip().lower() in _FEED_TYPES
        if not (is_typed or _LOOKS_LIKE_FEED.search(href)):
            continue
        said = "".join(map(str, islice(link.itertext(), 20)))[:200] or link.get("title", "")
        if is_typed or _WORDS_OF_FEED.search(said) or href.lower().endswith(_ENDINGS):
            yield from _advertised(href, said, base, is_declared=False)


def _advertised(href: str, title: str, base: str, *, is_declared: bool) -> Iterator[Advertised]:
    # feed: and feed:https:// are what some pages write, so that a click opens a reader.
    href = re.sub(r"^\s*feed:(?://)?(?=https?:)|^\s*feed:(?=//)", "", href, flags=re.IGNORECASE)
    url = absolute_url(href, base=base)
    if url is not None:
        parts = urlsplit(url)
        yield Advertised(
            url=parts._replace(fragment="").geturl(), title=tidy_line(title, limit=200), is_declared=is_declared
        )


def _some(tree: etree._Element, tag: str) -> Iterator[etree._Element]:
    yield from islice(tree.iter(tag), _MAX_LOOKED_AT)


def _first(tree: etree._Element, path: str) -> str:
    found = tree.xpath(path)
    return str(found[0])[: 8 * MAX_TITLE] if isinstance(found, list) and found else ""
