"""Addresses of articles: resolved, checked for their scheme, and freed of what only tracks the reader. Pure."""

import re
from functools import cache, lru_cache
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from publicsuffixlist import PublicSuffixList

MAX_URL_LENGTH = 2000
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9._~-]+|\[[0-9a-f:.]+\]", re.IGNORECASE)
# Absolute and in order already, so that taking it apart and together again (7 µs, for the many links of many entries)
# would change nothing. No `;` and `#`, which urllib drops where nothing follows; no dots at the end of a host.
_IN_ORDER = re.compile(
    r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)+/[\w.~!$&'()*+,=:@%/-]*(?:\?[\w.~!$&'()*+,=:@%/?-]+)?", re.ASCII
)
_UNSAFE = re.compile(r'[^\x21-\x7e]|[<>"\\^`{|}]')

# Parameters that say how a reader came, never what they read. "ref", "source", "s", "sid" and "id" are not here: some
# sites address articles by them. Weighed against ours: courlan and w3lib (both sort or re-encode what an outlet wrote)
# and ClearURLs' rules (per site, 200 kB, and "ref" among them); what of the latter holds for every site is taken over.
_TRACKING_PREFIXES = """
    utm_ mc_ mtm_ matomo_ piwik_ hsa_ vero_ at_custom at_medium at_campaign oly_ gaa_ elq fb_action_ trk_ aspsessionid
""".split()  # noqa: SIM905 a list of words reads best as words
_TRACKING = frozenset(
    """
    fbclid gclid gclsrc dclid gbraid wbraid gad_source msclkid yclid twclid ttclid igshid igsh li_fat_id ncid cmpid
    cmp_id ocid ftag mkt_tok smid xtor ito at_bbc_team at_link_id at_link_type at_format at_ptr_name at_link_origin
    _hsenc _hsmi s_cid intcmp int_cid spm sref sr_share cid_source partner_rss ref_src ref_url wt_mc wt_zmc
    guccounter guce_referrer guce_referrer_sig fb_source mibextid _ga _gl srsltid s_kwcid ef_id epik dm_i __s
    __twitter_impression _branch_match_id yptr rb_clickid wickedid __hstc __hssc __hsfp hsctatracking
    pk_campaign pk_kwd pk_keyword pk_source pk_medium pk_content ns_mchannel ns_source ns_campaign ns_linkname ns_fee
    phpsessid jsessionid cfid cftoken
    """.split()  # noqa: SIM905 a list of words reads best as words
)
# Other views of one page. Without them the address is the same article's, whoever's it is.
_VIEWS = {
    "amp": {"", "1", "true", "yes"},
    "outputtype": {"amp"},
    "print": {"", "1", "true", "yes"},
    "view": {"print"},
    "amp_js_v": None,
    "usqp": None,
}
_VIEW_SEGMENTS = frozenset({"amp", "print"})
# Copies that search engines serve: https://www.google.com/amp/s/HOST/PATH, https://HOST.cdn.ampproject.org/c/s/HOST/PATH.
_AMP_CACHE = re.compile(r"/(?:amp|[civr]|wp)/(s/)?(?P<address>[^/]+\.[^/]+/.+)")
_SESSION_IN_PATH = re.compile(r";(?:jsessionid|phpsessid)=[^/;]*", re.IGNORECASE)
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?|jsp)$", re.IGNORECASE)
_PAGE_OF_MANY = re.compile(r"(?:^|&)(?:page|pg|paged|p_no|offset|start)=\d+(?:&|$)|/page/\d+/?$", re.IGNORECASE)
# Most addresses are in their one spelling already, and nothing in them hints at a view of another: told in a tenth of
# the time that taking them apart and joining them again costs.
_SPELLED = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?(?:/[A-Za-z0-9_.~-]*)+")
_HINT = re.compile(r"amp|print|index\.|default\.|\.m\.", re.IGNORECASE)
_ESCAPED = re.compile(r"%([0-9a-f]{2})", re.IGNORECASE)
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_NUMBER = re.compile(r"\d{5,}")
_DATED = re.compile(r"/(?:19|20)\d\d/(?:[^/]+/)*[^/]*[^\W\d][^/]*$")
_HOME_PATHS = frozenset({"", "/home"})

# Hosts where everybody has a site of their own and that the Public Suffix List does not know.
_SHARED_HOSTS = frozenset({"substack.com", "medium.com", "tumblr.com", "livejournal.com", "wixsite.com", "ghost.io"})


def absolute_url(url: str, *, base: str) -> str | None:
    """`url` resolved against `base`, when it comes out as an http(s) address with a host; else None.

    What no address may hold is percent-encoded, as browsers do; anything longer than 2,000 characters is refused.
    """
    url = url.strip()
    if not url or len(url) > MAX_URL_LENGTH:
        return None
    if _IN_ORDER.fullmatch(url):
        return url
    try:
        parts = urlsplit(urljoin(base, url))
        port = parts.port
    except ValueError:
        return None
    host = _ascii_host(parts.hostname or "")
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or host is None or "@" in parts.netloc:
        return None
    where = host if port is None or port == _DEFAULT_PORTS[scheme] else f"{host}:{port}"
    path, query, fragment = (_UNSAFE.sub(_encode, part) for part in (parts.path, parts.query, parts.fragment))
    return urlunsplit((scheme, where, path or "/", query, fragment))


def canonical_url(url: str, *, declared: str | None = None) -> str:
    """The address that stands for the article at `url`, whichever way a reader came to it.

    declared: what the page calls its own address (`rel=canonical`, `og:url`). It is taken only when it lies on the
    same registrable site and can be this article's: outlets do declare their front page, a section, or the first of
    many pages for every article.
    Dropped are tracking and session parameters, fragments (but not "#!…" and "#/…", which name a page), AMP and print
    views and the caches of search engines; nothing is sorted. "m." and "amp." hosts stay where the page declares
    nothing: nobody knows which host the article would have without them. Giving it an address that it gave changes
    nothing.
    """
    own = _own_url(url)
    if own is None:
        return url
    stated = absolute_url(declared, base=own) if declared else None
    if stated and _is_same_site(stated := _normal(stated), own) and _may_stand_for(stated, own):
        return stated
    return own


def is_front_or_section(url: str, *, of: str) -> bool:
    """Whether `url` is the front page of the site that `of` lies on, or a folder above it that names no article."""
    if not _is_same_site(url, of):
        return False
    path, folder = urlsplit(of).path.rstrip("/"), urlsplit(url).path.rstrip("/")
    if folder.lower() in _HOME_PATHS:
        return path.lower() not in _HOME_PATHS and not urlsplit(url).query
    return path.startswith(f"{folder}/") and not _names_an_article(folder)


def site_name(host: str) -> str:
    """The registrable part of a host: `news.bbc.co.uk` and `www.bbc.co.uk` are both `bbc.co.uk`."""
    host = host.lower().rstrip(".")
    labels = host.split(".")
    if host.startswith("[") or all(label.isdecimal() for label in labels):
        return host
    if any(host.endswith("." + suffix) for suffix in _SHARED_HOSTS):
        return ".".join(labels[-3:])
    return _suffixes().privatesuffix(host) or host


@cache
def _suffixes() -> PublicSuffixList:
    """The list that comes with the package; nothing is fetched."""
    return PublicSuffixList()


def _encode(match: re.Match[str]) -> str:
    return quote(match.group(), safe="", errors="replace")


def _ascii_host(host: str) -> str | None:
    if ":" in host:
        host = f"[{host}]"
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    return host.lower() if _HOST.fullmatch(host) else None


def _is_same_site(one: str, other: str) -> bool:
    first, second = urlsplit(one), urlsplit(other)
    if site_name(first.hostname or "") != site_name(second.hostname or ""):
        return False
    # A second port of one host is another site (a staging server, a test press).
    return first.port == second.port


def _may_stand_for(stated: str, own: str) -> bool:
    """Whether a declared address on the same site can be the address of the article at `own` alone."""
    if stated == own:
        return True
    here, there = urlsplit(own), urlsplit(stated)
    path, stated_path = here.path.rstrip("/"), there.path.rstrip("/")
    if stated_path.lower() in _HOME_PATHS and not there.query:
        return False
    if any(_PAGE_OF_MANY.search(part) for part in (here.query, path)) and not any(
        _PAGE_OF_MANY.search(part) for part in (there.query, stated_path)
    ):
        return False
    if path == stated_path:
        # "?id=3" of "?id=3&ref=rss", but not "?id=2"; "/story.php" of "/story.php?id=3" is every story's.
        said, kept = ({*parts.query.split("&")} - {""} for parts in (here, there))
        return kept <= said and (bool(kept) or not said or _names_an_article(path))
    # "/story/1234567" of "/story/1234567/slug", "/2026/11/ferry"; but not "/news", "/tag/politics", "/en", "/404".
    return _names_an_article(stated_path) or bool(_DATED.search(stated_path))


def _names_an_article(path: str) -> bool:
    last = path.rstrip("/").rpartition("/")[2]
    return last.count("-") >= 2 or bool(_NUMBER.search(last))


@lru_cache(maxsize=4096)  # 17 µs; asked when a feed is compared with what is stored, and when what is new is joined
def _own_url(url: str) -> str | None:
    own = absolute_url(url, base="")
    return None if own is None else _normal(own)


def _normal(url: str) -> str:
    """An absolute address in its one spelling, without what only says how it was come by or how it is shown."""
    return url if _SPELLED.fullmatch(url) and not _HINT.search(url) else _respelled(url)


def _respelled(url: str) -> str:
    parts = urlsplit(_uncached(url))
    host, _, port = parts.netloc.partition(":") if not parts.netloc.startswith("[") else (parts.netloc, "", "")
    where = _plain_host(host) + (f":{port}" if port else "")
    kept = [pair for pair in _spelled(parts.query).split("&") if pair and not _is_dropped(pair)]
    path = _plain_path(_spelled(parts.path), has_query=bool(kept))
    fragment = parts.fragment if parts.fragment.startswith(("!", "/")) else ""
    return urlunsplit((parts.scheme, where, path or "/", "&".join(kept), fragment))


def _plain_path(path: str, *, has_query: bool) -> str:
    while True:
        plain = _without_view(_SESSION_IN_PATH.sub("", path))
        if not has_query:  # "index.php?id=3" is another page than the folder's
            plain = _INDEX.sub("/", plain)
        if plain == path:
            return path
        path = plain


def _uncached(url: str) -> str:
    """The address behind a search engine's copy of it; `url` itself when it is none."""
    parts = urlsplit(url)
    is_cache = parts.netloc.endswith(".cdn.ampproject.org") or (
        site_name(parts.netloc).partition(".")[0] == "google" and parts.path.startswith("/amp/")
    )
    found = _AMP_CACHE.fullmatch(parts.path) if is_cache else None
    if found is None:
        return url
    scheme = "https" if found[1] else "http"
    return absolute_url(urlunsplit((scheme, "", f"//{found['address']}", parts.query, "")), base="") or url


def _plain_host(host: str) -> str:
    """Without a last dot; and en.wikipedia.org for en.m.wikipedia.org, whose "m" stands inside."""
    labels = host.rstrip(".").split(".")
    return ".".join(label for at, label in enumerate(labels) if not (label == "m" and 0 < at < len(labels) - 2))


def _without_view(path: str) -> str:
    """ "/2026/ferry-fares/amp" and "/amp/2026/ferry-fares" as "/2026/ferry-fares", where that names an article."""
    first, last = path.split("/", 2)[1:2], path.rstrip("/").rpartition("/")
    if last[2].lower() in _VIEW_SEGMENTS and _names_an_article(last[0]):
        return last[0]
    if first and first[0].lower() in _VIEW_SEGMENTS and _names_an_article(path):
        return path[len(first[0]) + 1 :]
    for ending in (".amp.html", ".amp"):
        if path.lower().endswith(ending) and _names_an_article(path[: -len(ending)]):
            return path[: -len(ending)] + (".html" if ending == ".amp.html" else "")
    return path


def _spelled(part: str) -> str:
    """Percent-encoding in its one form (RFC 3986, 6.2.2): capitals, and none where none is needed."""

    def once(escaped: re.Match[str]) -> str:
        character = chr(int(escaped[1], 16))
        return character if character in _UNRESERVED else escaped[0].upper()

    spelled = _ESCAPED.sub(once, part)
    return spelled if spelled == part else _spelled(spelled)


def _is_dropped(pair: str) -> bool:
    name, _, value = pair.partition("=")
    name = name.lower()
    if name in _TRACKING or name.startswith(tuple(_TRACKING_PREFIXES)):
        return True
    if name not in _VIEWS:
        return False
    values = _VIEWS[name]
    return values is None or value.lower() in values
