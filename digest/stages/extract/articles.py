"""Entries and pages joined into articles: which pages are needed, and what an article says in the end. Pure."""

import hashlib
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from digest.model.article import Article, NewArticle, TextOrigin
from digest.model.feed import Entry, Page
from digest.model.source import Source, SourceKind
from digest.stages.extract.addresses import canonical_url
from digest.stages.extract.authors import byline
from digest.stages.extract.dates import is_read_well, moment_of
from digest.stages.extract.languages import language_of
from digest.stages.extract.posts import is_cut_off, is_post, is_whole, without_tail
from digest.stages.extract.text import count_words, cut_at_word, first_sentence

MAX_HEADLINE = 110
"""Of a headline made from a post's first sentence, in code points. Stated titles are kept whole."""
CLOCK_AHEAD = timedelta(minutes=15)
"""A stated time that lies so little in the future comes from a clock that is wrong; a later one is no time at all."""
# The web is from 1991, feeds from 1999; what is stated to be older is a default value of some software (0, 1970).
_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)


def needs_page(source: Source, entry: Entry) -> bool:
    """Whether the entry's page must be fetched: not when the feed carries all there is to read.

    That is so for posts (no title, or one that only repeats how the text begins), for entries with 120 words and
    more that do not say "continue reading", and for whatever a campaign publishes unless it says so.
    """
    if entry.url is None:
        return False
    text = entry.text or entry.summary
    if is_whole(entry.text, title=entry.title) or (text and is_post(text, title=entry.title)):
        return False
    return not (source.kind is SourceKind.CAMPAIGN and text and not is_cut_off(text))


def article_from(source: Source, entry: Entry, page: Page | None, *, now: datetime) -> NewArticle:
    """The article that storage takes. Without a page the feed's own words stand in, and are marked so.

    published_at: the time that the feed states, else the page; one in the future or before 1995 is none. Without any,
    and for clocks that are a little ahead of ours, `now`.
    language: that of the text, where it is long enough to tell; else what page or source claim.
    """
    text, origin, extractor = _text_of(entry, page, is_waiting=needs_page(source, entry))
    # What links nowhere is known by what it says: feeds without links often give their items new ids at every look.
    said = f"{entry.title}\x00{entry.text or entry.summary}"
    url = entry.url or f"{source.site}#{hashlib.sha256(said.encode()).hexdigest()[:16]}"
    own_url = canonical_url(entry.url) if entry.url else url
    claimed = (page.language if page else None) or source.language or None
    # Most feeds state a moment that their parser has read well.
    is_certain = entry.published_at is not None and is_read_well(entry.stated_published)
    by_feed = entry.published_at if is_certain else moment_of(entry.stated_published) or entry.published_at
    stated = [moment for moment in (by_feed, page.published_at if page else None) if moment is not None]
    return NewArticle(
        source_id=source.id,
        guid=entry.guid,
        url=url,
        canonical_url=page.canonical_url if page and page.canonical_url else own_url,
        own_url=own_url,
        headline=_headline(source, entry, page, text),
        author=byline([entry.author] if entry.author else []) or byline(page.authors if page else ()),
        summary=_settled(entry.summary),
        text=text,
        text_origin=origin,
        extractor=extractor,
        links=entry.links,
        language=language_of(text, claimed=claimed),
        image_url=entry.image_url or (page.image_url if page else None),
        published_at=_published(stated, now=now),
        stated_published=entry.stated_published or (stated[0].isoformat() if stated else None),
    )


def entry_of(article: Article) -> Entry:
    """The entry that a stored article came from, as far as storage has it: enough to read its page again."""
    return Entry(
        guid=article.guid,
        url=article.url,
        title=article.headline,
        author=article.author,
        summary=article.summary,
        text=_as_the_feed_had_it(article),
        links=article.links,
        published_at=article.published_at,
        stated_published=None,
        image_url=article.image_url,
    )


def _as_the_feed_had_it(article: Article) -> str:
    if article.text_origin is TextOrigin.PAGE or not article.text:
        return ""
    # What stands in for a text that was not to be had must not be taken for a whole one because it is long.
    return f"{article.text} […]" if article.text_origin is TextOrigin.SUMMARY else article.text


def entry_sha256(entry: Entry) -> str:
    """What an entry says, as a hash that another one has when its outlet has changed something."""
    said = (entry.title, entry.summary, entry.text, entry.stated_updated or "")
    return hashlib.sha256("\x00".join(said).encode()).hexdigest()


def _text_of(entry: Entry, page: Page | None, *, is_waiting: bool) -> tuple[str, TextOrigin, str]:
    """The text, where it is from, and by whom it was read.

    Of a page that shows only a beginning and the feed's own words, what says more; marked as a summary either way.
    """
    own = _settled(entry.text or entry.summary)
    # Less than half of what the feed has is no article; of two beginnings the longer one counts.
    share = 1 if page and page.is_partial else 2
    if page and share * count_words(page.text) > count_words(own):
        return _settled(page.text), TextOrigin.SUMMARY if page.is_partial else TextOrigin.PAGE, page.extractor
    return own, TextOrigin.SUMMARY if is_waiting or not own else TextOrigin.FEED, "feed"


def _headline(source: Source, entry: Entry, page: Page | None, text: str) -> str:
    title = _without_name(unicodedata.normalize("NFC", entry.title), source.name)
    if title and not is_post(text, title=entry.title):
        return title
    if text and not (page and page.title and not is_post(text, title=page.title)):
        return cut_at_word(first_sentence(text), limit=MAX_HEADLINE, ending="…").replace("\n", " ")
    return (_without_name(page.title, source.name) if page else "") or source.name


def _without_name(title: str, name: str) -> str:
    """ "Budget passes | The Courier" is "Budget passes" when the source is called The Courier."""
    for mark in (" | ", " - ", " – ", " — ", " :: ", " · "):
        start, _, end = title.rpartition(mark)
        if start and end.strip().casefold() == name.casefold():
            return start.strip()
    return title.strip()


def _published(stated: Sequence[datetime], *, now: datetime) -> datetime:
    believable = (moment for moment in stated if _EARLIEST <= moment <= now + CLOCK_AHEAD)
    return min(next(believable, now), now).astimezone(UTC)


def _settled(text: str) -> str:
    return without_tail(unicodedata.normalize("NFC", text).strip())
