"""JSON Feed 1.0 and 1.1 (https://jsonfeed.org/version/1.1), read leniently: a wrong field is left out, not an error."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime

from digest.errors import FeedError
from digest.model.feed import Entry, Feed
from digest.stages.extract.addresses import absolute_url
from digest.stages.extract.child.limits import MAX_AUTHOR, MAX_GUID, MAX_HUBS, MAX_SUMMARY, MAX_TEXT, MAX_TITLE
from digest.stages.extract.child.markup import Plain, language_tag, plain_of_html, plain_of_text
from digest.stages.extract.text import cut_at_word, tidy_line

_MAX_ITEMS = 1000
_MAX_DIGITS = 300


def is_json(body: bytes, content_type: str | None) -> bool:
    """Whether to read `body` as JSON: it begins like an object, whatever the server calls it."""
    start = body[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    return start.startswith(b"{") or (start.startswith(b"[") and "json" in (content_type or ""))


def parse_json_feed(body: bytes, *, url: str) -> Feed:
    """The feed in `body`. Raises FeedError with a clause that completes "the feed …"."""
    try:
        stated = json.loads(body.decode("utf-8-sig", "replace"), parse_int=_number, parse_constant=_no_number)
    except ValueError as error:
        raise FeedError(f"is not valid JSON ({error})") from error
    if not isinstance(stated, dict) or not isinstance(stated.get("items"), list):
        raise FeedError("is JSON, but no JSON Feed: it has no list of items")
    items = [item for item in stated["items"][:_MAX_ITEMS] if isinstance(item, dict)]
    version = _string(stated, "version")
    return Feed(
        title=_line(_string(stated, "title"), limit=MAX_TITLE),
        site_url=absolute_url(_string(stated, "home_page_url"), base=url),
        language=language_tag(_string(stated, "language")),
        entries=tuple(_entry(item, feed_url=url, feed_author=_author(stated)) for item in items),
        warning=None if "jsonfeed.org/version/1" in version else "does not say which version of JSON Feed it is",
        hub_urls=tuple(_hubs(stated, feed_url=url)),
        self_url=absolute_url(_string(stated, "feed_url"), base=url),
    )


def _hubs(stated: dict[str, object], *, feed_url: str) -> Iterator[str]:
    hubs = stated.get("hubs")
    for hub in hubs[:MAX_HUBS] if isinstance(hubs, list) else []:
        if isinstance(hub, dict) and _string(hub, "type").lower() in {"websub", "pubsubhubbub"}:
            hub_url = absolute_url(_string(hub, "url"), base=feed_url)
            if hub_url:
                yield hub_url


def _entry(item: dict[str, object], *, feed_url: str, feed_author: str | None) -> Entry:
    link = absolute_url(_string(item, "url"), base=feed_url) or absolute_url(
        _string(item, "external_url"), base=feed_url
    )
    base = link or feed_url
    title = _line(_string(item, "title"), limit=MAX_TITLE)
    content = _content(item, base=base)
    summary = plain_of_text(_string(item, "summary"), limit=MAX_TEXT).text or content.text
    stated = _string(item, "date_published") or _string(item, "date_modified")
    guid = tidy_line(_guid(item), limit=MAX_GUID)
    return Entry(
        guid=guid or link or hashlib.sha256(f"{title}\x00{content.text}".encode()).hexdigest(),
        url=link,
        title=title,
        author=_author(item) or feed_author,
        summary=cut_at_word(summary, limit=MAX_SUMMARY, ending="…"),
        text=content.text,
        links=tuple(each for each in content.links if each != link),
        published_at=_moment(stated),
        stated_published=tidy_line(stated, limit=100) or None,
        stated_updated=tidy_line(_string(item, "date_modified"), limit=100) or None,
        image_url=absolute_url(_string(item, "image") or _string(item, "banner_image"), base=base) or content.image_url,
    )


def _content(item: dict[str, object], *, base: str) -> Plain:
    if html := _string(item, "content_html"):
        return plain_of_html(html, base=base, limit=MAX_TEXT)
    return plain_of_text(_string(item, "content_text"), limit=MAX_TEXT)


def _line(text: str, *, limit: int) -> str:
    """The specification knows only plain titles and names; some feeds put HTML or entities there."""
    return tidy_line(plain_of_html(text, base="", limit=limit).text, limit=limit)


def _guid(item: dict[str, object]) -> str:
    guid = item.get("id")
    # The specification wants a string and asks readers to take a number for one.
    return str(guid) if isinstance(guid, str | int | float) else ""


def _author(holder: dict[str, object]) -> str | None:
    names = [name for author in _authors(holder) if (name := _string(author, "name"))]
    return _line(", ".join(names), limit=MAX_AUTHOR) or None


def _authors(holder: dict[str, object]) -> Iterator[dict[str, object]]:
    several, one = holder.get("authors"), holder.get("author")
    for author in [*(several[:10] if isinstance(several, list) else []), one]:
        if isinstance(author, dict):
            yield author


def _moment(stated: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(stated.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _number(digits: str) -> int | None:
    """Python refuses to read a number of more than 4,300 digits, and would have refused the whole feed with it."""
    return int(digits) if len(digits) <= _MAX_DIGITS else None


def _no_number(_word: str) -> None:
    """NaN and Infinity are no JSON; where they stand, there is nothing."""


def _string(holder: dict[str, object], key: str) -> str:
    value = holder.get(key)
    return value if isinstance(value, str) else ""
