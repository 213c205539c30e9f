"""Feeds: RSS and Atom through feedparser, JSON Feed through the standard library, both made `Feed` here.

`Any` stops in this file: feedparser's dictionaries become an `Entry` in `_entry`.
"""

import calendar
import hashlib
import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from time import struct_time
from typing import Any

import feedparser

from digest.errors import FeedError
from digest.model.feed import Entry, Feed
from digest.stages.extract.addresses import absolute_url
from digest.stages.extract.child.decoding import as_declared, load_encodings
from digest.stages.extract.child.json_feeds import is_json, parse_json_feed
from digest.stages.extract.child.limits import (
    MAX_AUTHOR,
    MAX_ENTRIES,
    MAX_FEED_TEXT,
    MAX_GUID,
    MAX_HUBS,
    MAX_PARSED_BYTES,
    MAX_SUMMARY,
    MAX_TEXT,
    MAX_TITLE,
)
from digest.stages.extract.child.markup import Plain, language_tag, looks_like_html, plain_of_html, plain_of_text
from digest.stages.extract.child.tuning import tune
from digest.stages.extract.posts import is_whole
from digest.stages.extract.text import cut_at_word, tidy_line

# Parsing costs 0.2 to 0.6 ms an item, and a hostile feed has 100,000. What lies past the first 1,000 or 3 MB is cut off
# before parsing: feeds begin with their newest, and no more than MAX_ENTRIES are kept anyway.
_PARSED_ENTRIES = 2 * MAX_ENTRIES
_ENTRY_START = re.compile(rb"<(?:\w{1,20}:)?(?:item|entry)\b", re.IGNORECASE)
_CLOSING = re.compile(rb"</(?:\w{1,20}:)?(?:channel|rss|feed|RDF)\s*>", re.IGNORECASE)
_CHARACTER_NUMBER = re.compile(rb"&#(x[0-9a-f]{1,40}|[0-9]{1,40});?", re.IGNORECASE)
_HTML_PAGE = re.compile(rb"<(?:!doctype\s+html|html|body)\b", re.IGNORECASE)
_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
# What feedparser calls malformed and a reader would not: a charset in the header that differs from the XML's own, and
# feeds served as text/html or text/plain.
_HARMLESS = (feedparser.CharacterEncodingOverride, feedparser.NonXMLContentType)
_EXAMPLE = """<rss version="2.0"><channel><item><title>ß &amp;lt;b></title><link>//ß.example/</link>
<pubDate>Tuesday</pubDate></item></channel></rss>""".encode()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

tune()


@cache
def prepare() -> None:
    """Load everything that reading a feed may ever load, for then it may open no file: all encodings, both parsers."""
    load_encodings()
    for example in (_EXAMPLE, _EXAMPLE.replace(b"</item>", b"&<")):
        parse_feed(example, url="https://www.example/", content_type=None)


def parse_feed(body: bytes, *, url: str, content_type: str | None) -> Feed:
    """The feed in `body`. Raises FeedError with a clause that completes "the feed …"."""
    if not body.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise FeedError("is empty")
    body, declared = as_declared(body, content_type)
    if is_json(body, content_type):
        return _bounded(parse_json_feed(body, url=url))
    beginning, is_cut = _first_entries(body)
    parsed = feedparser.parse(
        # Never the bytes themselves: feedparser opens what looks like a path or an address.
        io.BytesIO(_CHARACTER_NUMBER.sub(_possible_character, beginning)),
        response_headers={"content-location": url, "content-type": declared},
        # An Entry holds plain text alone; lxml takes the markup apart below and resolves the links in it. Having
        # feedparser do both as well, in pure Python, takes as long again (10.6 against 5.7 ms a feed of 12 entries).
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    if not parsed["version"] and (not parsed["entries"] or _HTML_PAGE.search(body[:2000])):
        raise FeedError(_what_it_is(body))
    trouble = _trouble(parsed)
    if trouble and not parsed["entries"] and not _is_empty(body):
        raise FeedError(f"is broken and gives no entries ({trouble})")
    if is_cut:
        trouble = f"very long; only its first {len(parsed['entries']):,} entries were read"
    channel = parsed["feed"]
    return _bounded(
        Feed(
            title=_title(channel, base=url),
            site_url=absolute_url(_text(channel, "link"), base=url),
            language=language_tag(_text(channel, "language")),
            entries=tuple(_entry(entry, feed_url=url) for entry in parsed["entries"]),
            warning=trouble,
            hub_urls=_linked(channel, "hub", base=url)[:MAX_HUBS],
            self_url=next(iter(_linked(channel, "self", base=url)), None),
        )
    )


def _linked(channel: Any, relation: str, *, base: str) -> tuple[str, ...]:
    """Where the channel's own links of this relation lead, in its order; RSS borrows them from Atom."""
    hrefs = (link.get("href", "") for link in dict.get(channel, "links", ()) if link.get("rel") == relation)
    return tuple(dict.fromkeys(url for href in hrefs if (url := absolute_url(href, base=base))))


def _is_empty(body: bytes) -> bool:
    """Whether a feed is whole and has no entry: a quiet source, whatever is wrong with its markup."""
    return bool(_CLOSING.search(body)) and not _ENTRY_START.search(body)


def _entry(entry: Any, *, feed_url: str) -> Entry:
    link = absolute_url(_text(entry, "link"), base=feed_url)
    title = _title(entry, base=feed_url)
    summary = _plain(dict.get(entry, "summary_detail"), base=feed_url) or _EMPTY
    contents = [_plain(content, base=feed_url) for content in dict.get(entry, "content", ())]
    content = max((each for each in contents if each), key=lambda each: len(each.text), default=_EMPTY)
    text = content.text
    if len(summary.text) > len(text) and is_whole(summary.text, title=title):
        text = summary.text
    links = dict.fromkeys((*content.links, *summary.links))
    links.pop(link or "", None)
    guid = tidy_line(_text(entry, "id"), limit=MAX_GUID) or link or _hash_of(title, summary.text, text)
    stated = next(filter(None, (_text(entry, key) for key in ("published", "updated", "created"))), "")
    return Entry(
        guid=guid,
        url=link or absolute_url(guid, base=""),
        title=title,
        author=_author(entry),
        summary=cut_at_word(summary.text, limit=MAX_SUMMARY, ending="…"),
        text=text,
        links=tuple(links),
        published_at=_moment(entry),
        stated_published=tidy_line(stated, limit=100) or None,
        stated_updated=tidy_line(_text(entry, "updated"), limit=100) or None,
        image_url=_image(entry, base=feed_url) or content.image_url or summary.image_url,
    )


def _bounded(feed: Feed) -> Feed:
    """Each entry once, the newest 500, and no more text than one feed may have."""
    return replace(feed, entries=_without_stamp(_within_text(_newest(_each_once(feed.entries)))))


def _without_stamp(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Some software stamps every entry with the moment at which the feed was written, which says nothing of any."""
    if len(entries) > 1 and len({entry.stated_updated for entry in entries}) == 1:
        return tuple(replace(entry, stated_updated=None) for entry in entries)
    return entries


def _each_once(entries: tuple[Entry, ...]) -> list[Entry]:
    """A guid that comes again with the same address is a repeat; with another address it is no guid at all (some
    feeds number their items 0, 0, 0), and the address stands in for it."""
    entry_by_guid: dict[str, Entry] = {}
    for entry in entries:
        first = entry_by_guid.setdefault(entry.guid, entry)
        if first.url != entry.url and entry.url is not None:
            entry_by_guid.setdefault(entry.url, replace(entry, guid=entry.url))
    return list(entry_by_guid.values())


def _newest(entries: list[Entry]) -> list[Entry]:
    if len(entries) <= MAX_ENTRIES or any(entry.published_at is None for entry in entries):
        return entries[:MAX_ENTRIES]
    newest = sorted(entries, key=lambda entry: entry.published_at or _EPOCH, reverse=True)[:MAX_ENTRIES]
    kept = {entry.guid for entry in newest}
    return [entry for entry in entries if entry.guid in kept]


def _within_text(entries: list[Entry]) -> tuple[Entry, ...]:
    room = MAX_FEED_TEXT
    bounded = []
    for entry in entries:
        room -= len(entry.text)
        bounded.append(entry if room >= 0 else replace(entry, text=""))
    return tuple(bounded)


def _first_entries(body: bytes) -> tuple[bytes, bool]:
    """The body up to its 1,000th entry or 3 MB, closed again; and whether anything was cut off."""
    starts = [each.start() for each in islice(_ENTRY_START.finditer(body[:MAX_PARSED_BYTES]), _PARSED_ENTRIES + 1)]
    if len(starts) <= _PARSED_ENTRIES and len(body) <= MAX_PARSED_BYTES:
        return body, False
    end = starts[-1] if len(starts) > 1 else MAX_PARSED_BYTES
    return body[:end] + b"".join(_CLOSING.findall(body[-500:])), True


def _possible_character(number: re.Match[bytes]) -> bytes:
    """A numbered character that XML does not have (`&#0;`, `&#xD800;`) as the replacement character: feedparser
    fails on some of them and gives up strict parsing for all."""
    digits = number[1].decode()
    code = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
    is_possible = code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000
    return number[0] if is_possible else b"&#65533;"


def _what_it_is(body: bytes) -> str:
    if _HTML_PAGE.search(body[:2000]):
        return "is a web page, not a feed; look for the feed's own address in the page"
    return "is neither RSS nor Atom nor JSON Feed"


def _trouble(parsed: Any) -> str | None:
    error = parsed.get("bozo_exception") if parsed["bozo"] else None
    if error is None or isinstance(error, _HARMLESS):
        return None
    return tidy_line(f"not well-formed: {error}", limit=200)


# --- one value each ----------------------------------------------------------------------------------------

_EMPTY = Plain(text="", links=(), image_url=None)


def _text(mapping: Any, key: str) -> str:
    # dict.get: feedparser's own `get` answers for keys that are not there, with a warning.
    value = dict.get(mapping, key)
    return value if isinstance(value, str) else ""


def _title(mapping: Any, *, base: str) -> str:
    plain = _plain(dict.get(mapping, "title_detail"), base=base, limit=4 * MAX_TITLE)
    return tidy_line(plain.text, limit=MAX_TITLE) if plain else ""


def _plain(detail: Any, *, base: str, limit: int = MAX_TEXT) -> Plain | None:
    if not detail:
        return None
    value = _text(detail, "value")
    if _text(detail, "type") not in _HTML_TYPES and not looks_like_html(value):
        return plain_of_text(value, limit=limit)
    return plain_of_html(value, base=_text(detail, "base") or base, limit=limit)


def _author(entry: Any) -> str | None:
    name = _text(entry, "author")
    if looks_like_html(name):
        name = plain_of_html(name, base="", limit=MAX_AUTHOR).text
    return tidy_line(name, limit=MAX_AUTHOR) or None


def _moment(entry: Any) -> datetime | None:
    """The stated time in UTC; one without a zone is taken as UTC."""
    for key in ("published_parsed", "updated_parsed", "created_parsed"):
        value = dict.get(entry, key)
        if isinstance(value, struct_time):
            try:
                # Not fromtimestamp: it overflows on some machines before 1901 and after 2038.
                return _EPOCH + timedelta(seconds=calendar.timegm(value))
            except (ValueError, OverflowError):
                continue
    return None


def _image(entry: Any, *, base: str) -> str | None:
    media = [*dict.get(entry, "media_content", ()), *dict.get(entry, "media_thumbnail", ())]
    for part in media:
        kind, medium = part.get("type", "image/"), part.get("medium", "image")
        if medium == "image" and kind.startswith("image/") and (url := absolute_url(part.get("url", ""), base=base)):
            return url
    for link in dict.get(entry, "links", ()):
        is_picture = link.get("rel") == "enclosure" and link.get("type", "").startswith("image/")
        if is_picture and (url := absolute_url(link.get("href", ""), base=base)):
            return url
    return None


def _hash_of(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()
