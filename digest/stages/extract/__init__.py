"""Bytes to entries, pages and articles. Whatever parses untrusted bytes does so in a child process that can be killed.

    ParserPool          parse_feed, extract_article, read_front_page and parse_opml over a few long-lived children;
                        what the pipeline holds
    parse_feed          one feed, over a small pool of the process's own
    extract_article     one page, likewise
    clean_html          untrusted HTML made safe to place in a page
    needs_page          does the feed carry enough of this entry, or must its page be fetched?
    article_from        source, entry and page joined into what storage takes
    entry_of            the entry that a stored article came from, to read its page again
    entry_sha256        what an entry says, to see that it has changed
    is_removal_notice   does this say that an article was taken back?
    leads_elsewhere     has its address led to the front page or a section?

feedparser, newspaper and trafilatura are imported only by modules under `child`, which nothing here imports.
"""

import atexit
from functools import cache

from digest.model.feed import Feed, Page
from digest.stages.extract.addresses import canonical_url
from digest.stages.extract.articles import article_from, entry_of, entry_sha256, needs_page
from digest.stages.extract.clean import clean_html
from digest.stages.extract.pool import MAX_BODY_BYTES, ParserPool
from digest.stages.extract.removals import is_removal_notice, leads_elsewhere

__all__ = [
    "MAX_BODY_BYTES",
    "ParserPool",
    "article_from",
    "canonical_url",
    "clean_html",
    "entry_of",
    "entry_sha256",
    "extract_article",
    "is_removal_notice",
    "leads_elsewhere",
    "needs_page",
    "parse_feed",
]


def parse_feed(body: bytes, *, url: str, content_type: str | None = None) -> Feed:
    """The feed that `body` is: RSS, Atom or JSON Feed, with every text plain and every link absolute.

    url: where the body came from; relative links are resolved against it.
    Raises FeedError, and nothing else, when the bytes are no feed, are too many, or cost too much to parse.
    """
    return _own_pool().parse_feed(body, url=url, content_type=content_type)


def extract_article(html: bytes, *, url: str) -> Page:
    """The article that a page holds, without navigation, adverts and comments.

    Raises ExtractError, and nothing else, when there is no text, too many bytes, or parsing costs too much.
    """
    return _own_pool().extract_article(html, url=url)


@cache
def _own_pool() -> ParserPool:
    pool = ParserPool(size=2)
    atexit.register(pool.close)
    return pool
