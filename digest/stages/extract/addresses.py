"""Addresses of articles: resolved, checked for their scheme, and freed of what only tracks the reader. Pure."""

import re
from urllib.parse import SplitResult, quote, urljoin, urlsplit, urlunsplit

MAX_URL_LENGTH = 2000
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9._~-]+|\[[0-9a-f:.]+\]", re.IGNORECASE)
# Absolute and in order already, so that taking it apart and together again (7 µs, for the many links of many entries)
# would change nothing. No `;` and `#`, which urllib drops where nothing follows; no dots at the end of a host.
_IN_ORDER = re.compile(
    r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)+/[\w.~!$&'()*+,=:@%/-]*(?:\?[\w.~!$&'()*+,=:@%/?-]+)?", re.ASCII
)
_UNSAFE = re.compile(r'[^\x21-\x7e]|[<>"\\^`{|}]')

# Parameters that say how a reader came, never what they read. "ref", "source", "s" and "id" are not here: some
# sites address articles by them.
_TRACKING_PREFIXES = ("utm_", "mc_", "pk_", "mtm_", "hsa_", "vero_", "at_custom", "at_medium", "at_campaign", "oly_")
_TRACKING = frozenset(
    """
    fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid twclid ttclid igshid igsh li_fat_id ncid cmpid cmp_id
    ocid ftag mkt_tok smid xtor ito at_bbc_team at_link_id at_link_type at_format at_ptr_name at_link_origin
    _hsenc _hsmi s_cid icid spm sref sr_share cid_source partner_rss ref_src ref_url wt_mc wt_zmc guccounter
    guce_referrer
    """.split()  # noqa: SIM905 a list of words reads best as words
)

# Suffixes under which anybody registers, beside the plain last label. The whole Public Suffix List is 250 kB and needs
# updating; here a miss costs only that a canonical address on another host of the same outlet is taken or not.
_SECOND_LEVEL = frozenset("ac co com edu gov gob ltd me net ne nom or org plc sch".split())  # noqa: SIM905 a list of words reads best as words
_SHARED_HOSTS = frozenset(
    """
    blogspot.com wordpress.com substack.com medium.com github.io tumblr.com typepad.com livejournal.com ghost.io
    web.app netlify.app pages.dev vercel.app wixsite.com weebly.com
    """.split()  # noqa: SIM905 a list of words reads best as words
)


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
    same registrable site and is no home page: outlets do declare their front page for every article.
    Tracking parameters and fragments are dropped; nothing else is changed or sorted.
    """
    own = absolute_url(url, base="")
    if own is None:
        return url
    stated = absolute_url(declared, base=own) if declared else None
    if stated and _is_same_site(stated, own) and not _is_home(stated, instead_of=own):
        own = stated
    return _without_tracking(own)


def site_name(host: str) -> str:
    """The registrable part of a host: `news.bbc.co.uk` and `www.bbc.co.uk` are both `bbc.co.uk`."""
    host = host.lower().rstrip(".")
    labels = host.split(".")
    if host.startswith("[") or all(label.isdecimal() for label in labels):
        return host
    for suffix in _SHARED_HOSTS:
        if host.endswith("." + suffix):
            return ".".join(labels[-3:])
    takes_three = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL
    return ".".join(labels[-3:] if takes_three else labels[-2:])


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


def _is_home(url: str, *, instead_of: str) -> bool:
    def is_bare(parts: SplitResult) -> bool:
        return parts.path.rstrip("/") in ("", "/index.html", "/index.php", "/home") and not parts.query

    return is_bare(urlsplit(url)) and not is_bare(urlsplit(instead_of))


def _without_tracking(url: str) -> str:
    parts = urlsplit(url)
    kept = [pair for pair in parts.query.split("&") if pair and not _is_tracking(pair.partition("=")[0])]
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "&".join(kept), ""))


def _is_tracking(name: str) -> bool:
    name = name.lower()
    return name in _TRACKING or name.startswith(_TRACKING_PREFIXES)
