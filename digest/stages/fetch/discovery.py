"""Where the feed of a site may be: the addresses to try, best first, before anybody has been asked. Pure, but for
`fetch_address`, which asks for whatever stands at an address."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from urllib.parse import SplitResult, parse_qs, urlsplit, urlunsplit

from digest.errors import BlockedAddressError, FetchError
from digest.model.fetch import Fetched, FetchFailed
from digest.model.front_page import Advertised
from digest.net import GuardedClient
from digest.stages.fetch.answers import in_words

ANYTHING = (
    "text/html, application/xhtml+xml, application/atom+xml, application/rss+xml, application/feed+json, "
    "application/xml;q=0.9, */*;q=0.5"
)
COMMON_PATHS = (
    "/feed",  # WordPress, Substack, Ghost's alias, Medium's own domains
    "/rss",  # Ghost, Tumblr, the Guardian's sections
    "/rss.xml",
    "/feed.xml",  # Jekyll
    "/atom.xml",  # Hexo, Movable Type
    "/index.xml",  # Hugo
    "/feed.json",  # Micro.blog
    "/feeds/posts/default",  # Blogger
    "/?feed=rss2",  # WordPress without permalinks
    "/rss/index.rss",
    "/blog-feed.xml",  # Wix
    "/?format=rss",  # Squarespace
)
"""In the order of how many sites answer there, by the software that makes them. One site is asked for all of them at
most, a second apart."""
SECTION_PATHS = ("/rss", "/feed", ".rss", "/rss.xml", "/feed.xml")
"""What a paper appends to a section's own address."""

_NOT_FOUND_BY_GUESSING = "There is no address to put here, and tools that promise one scrape the site."
_INSTEAD = (
    "Post the same words first on your own site, Mastodon or Bluesky, and give that address here; the edition can "
    "answer what a rival posts there once the press reports it. docs/sources/README.md says more."
)
_CLOSED = {
    "x.com": "X",
    "twitter.com": "X",
    "facebook.com": "Facebook",
    "fb.com": "Facebook",
    "instagram.com": "Instagram",
    "threads.net": "Threads",
    "threads.com": "Threads",
    "tiktok.com": "TikTok",
    "linkedin.com": "LinkedIn",
}
_TELEGRAM = ("t.me", "telegram.me", "telegram.org")
_NAME = r"[\w.-]{1,100}"
_SHAPES = tuple(
    (re.compile(shape), feed)
    for shape, feed in (
        (r"bsky\.app/profile/([\w.:-]{1,300})", r"bsky.app/profile/\1/rss"),
        (rf"medium\.com/(@?{_NAME})(?:/.*)?", r"medium.com/feed/\1"),
        (r"([\w-]+\.(?:medium|substack)\.com)(?:/.*)?", r"\1/feed"),
        (r"([\w-]+\.tumblr\.com)(?:/.*)?", r"\1/rss"),
        (rf"tumblr\.com/(?:blog/(?:view/)?)?({_NAME})", r"\1.tumblr.com/rss"),
        (r"([\w-]+\.wordpress\.com)(?:/.*)?", r"\1/feed/"),
        (r"([\w-]+\.blogspot\.com)(?:/.*)?", r"\1/feeds/posts/default"),
        (rf"(?:\w+\.)?reddit\.com/(r|u|user)/({_NAME})(?:/.*)?", r"www.reddit.com/\1/\2/.rss"),
        # Somebody of another Mastodon, as seen from one's own.
        (rf"{_NAME}/@(\w{{1,60}})@({_NAME}\.{_NAME})", r"\2/@\1.rss"),
    )
)
"""Host without www. and path, to the feed."""
_SHARED = ("bsky.app", "reddit.com", "youtube.com")
_MASTODON = re.compile(r"/(?:@|users/)(\w{1,60})(?:/with_replies|/media)?")
_CHANNEL = re.compile(r"/channel/(UC[\w-]{22})(?:/|$)")
# "Comment" alone is what papers call opinion.
_COMMENTS = re.compile(r"\bcomments\b|kommentare|commentaires|comentarios|reacties|commenti", re.IGNORECASE)
_SUFFIX = re.compile(r"\.(?:rss|atom|xml|rdf|json)$", re.IGNORECASE)


def addresses_meant(text: str) -> tuple[str, ...]:
    """What a person means by what they typed: one address, or https and then http where they left the scheme out."""
    text = text.strip()
    if match := re.match(r"feed:(?://)?(?=https?:)|feed:(?=//)", text, re.IGNORECASE):
        text = text[match.end() :]
    if re.match(r"[a-z][a-z0-9+.-]*:(?!\d)", text, re.IGNORECASE):
        return (text,)
    text = text.removeprefix("//")
    return (f"https://{text}", f"http://{text}")


def why_without_feed(url: str) -> str | None:
    """For a place that publishes no feed: that it does not, and what to do instead; None for any other."""
    host, parts = _host(url), _parts(url)
    for domain, name in _CLOSED.items():
        if _is_at(host, domain):
            return f"{name} publishes no feed. {_NOT_FOUND_BY_GUESSING} {_INSTEAD}"
    if any(_is_at(host, domain) for domain in _TELEGRAM):
        names = [part for part in parts.path.split("/") if part and part != "s"]
        channel = names[0] if names and re.fullmatch(r"\w{3,64}", names[0]) else "NAME"
        return (
            "Telegram publishes no feed. A bridge of your own makes one out of a public channel: run RSSHub on your "
            "server, set DIGEST_ALLOW_PRIVATE=127.0.0.1:1200, and add "
            f"http://127.0.0.1:1200/telegram/channel/{channel} (docs/sources/README.md says more)."
        )
    return None


def known_feeds(url: str) -> tuple[str, ...]:
    """The feeds that an address has by its shape, where the place gives every page of that shape one."""
    parts, host = _parts(url), _host(url)
    path = parts.path.rstrip("/")
    if _is_at(host, "youtube.com"):
        return tuple(_of_youtube(parts))
    for shape, feed in _SHAPES:
        if match := shape.fullmatch(f"{host}{path}"):
            return (match.expand(f"https://{feed}"),)
    if host and (match := _MASTODON.fullmatch(path)):
        # On a host of any name. Where it is something else, its page is asked next.
        return (urlunsplit((parts.scheme, parts.netloc, f"/@{match[1]}.rss", "", "")),)
    return ()


def _of_youtube(parts: SplitResult) -> Iterator[str]:
    feed = "https://www.youtube.com/feeds/videos.xml"
    if match := _CHANNEL.match(parts.path):
        yield f"{feed}?channel_id={match[1]}"
    for playlist in parse_qs(parts.query).get("list", [])[:1]:
        if re.fullmatch(r"[\w-]{10,60}", playlist):
            yield f"{feed}?playlist_id={playlist}"


def guessed_feeds(url: str) -> tuple[str, ...]:
    """The usual addresses of feeds, for a section's page its own first, then its site's; each once.

    None of the site's where each page is somebody else's: the feed would not be theirs.
    """
    parts = _parts(url)
    if not _host(url) or any(_is_at(_host(url), domain) for domain in _SHARED):
        return ()
    path = re.sub(r"/(?:index\.\w{2,5})?$", "", parts.path)
    section = [f"{path}{ending}" for ending in SECTION_PATHS] if path and not _SUFFIX.search(path) else []
    common = () if path.startswith("/@") else COMMON_PATHS
    return tuple(f"{parts.scheme}://{parts.netloc}{path}" for path in dict.fromkeys((*section, *common)))


def those_to_ask(client: GuardedClient, page_url: str, advertised: Iterable[Advertised]) -> list[Advertised]:
    """The feeds that a page may send us to: none that the guard refuses, and none in a private place that the operator
    has opened for another purpose, unless the page itself lies in one."""
    allowed = []
    for feed in advertised:
        with suppress(BlockedAddressError):
            client.check(feed.url, named_by=page_url)
            allowed.append(feed)
    return allowed


def in_order_of_worth(advertised: Iterable[Advertised], *, near: Sequence[str]) -> list[Advertised]:
    """Feeds as they are worth asking: declared before linked, comments last, and then those whose address is more like
    those of `near`: a section's page has its site's feed and its own, a feed that has gone had a subject."""

    def worth(feed: Advertised) -> tuple[bool, bool, int]:
        return not feed.is_declared, is_of_comments(feed.url, feed.title), -likeness(feed.url, near)

    return sorted(advertised, key=worth)


def is_of_comments(url: str, title: str) -> bool:
    """Whether a feed holds what readers say beneath the articles."""
    return "/comments" in _parts(url).path.lower() or _COMMENTS.search(title) is not None


def likeness(url: str, near: Sequence[str]) -> int:
    """How many words of its address a feed shares with the addresses `near`, words that every feed has left out."""
    own = _words(url)
    return max((len(own & _words(other)) for other in near), default=0)


def _words(url: str) -> set[str]:
    parts = _parts(url)
    usual = {"rss", "feed", "feeds", "xml", "atom", "index", "www", "html", "news", "default", "posts", "json", "com"}
    return set(re.findall(r"[^\W_]{2,}", f"{parts.hostname or ''} {parts.path} {parts.query}".lower())) - usual


async def fetch_address(client: GuardedClient, url: str) -> Fetched | FetchFailed:
    """Whatever stands at an address, a page or a feed. Never raises for what a server does, as `fetch_feed`."""
    try:
        response = await client.get(url, headers={"Accept": ANYTHING})
    except FetchError as error:
        return FetchFailed(url=url, reason=str(error), status=error.status)
    if response.status not in {200, 203}:
        return FetchFailed(url=response.url, reason=in_words(response.status), status=response.status)
    return Fetched(
        url=response.url,
        body=response.body,
        content_type=response.headers.get("content-type"),
        etag=None,
        last_modified=None,
        permanent_url=response.permanent_url,
        wire_bytes=response.wire_bytes,
        fresh_seconds=None,
    )


def _parts(url: str) -> SplitResult:
    """The address taken apart; nothing of one that can't be."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", "", "", "")


def _host(url: str) -> str:
    return (_parts(url).hostname or "").removeprefix("www.").removeprefix("m.")


def _is_at(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")
