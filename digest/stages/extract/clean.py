"""Untrusted HTML made safe to place in a page."""

import re
from collections import Counter

import nh3

from digest.stages.extract.addresses import MAX_URL_LENGTH, absolute_url

MAX_HTML = 250_000
"""Code points, of what comes in and of what comes out; the rest is cut off. No text that is kept is as long."""

_TAGS = frozenset(
    """
    p br hr a em strong b i u s del ins sub sup small q cite abbr code pre ul ol li dl dt dd blockquote h2 h3 h4
    """.split()  # noqa: SIM905 a list of words reads best as words
)
# Dropped with all they hold: what is inside is code, form furniture or another document, never words for a reader.
_DROPPED_WHOLE = frozenset(
    """
    script style svg math noscript iframe object embed applet template textarea title xmp noembed noframes
    plaintext select option button canvas audio video head frameset
    """.split()  # noqa: SIM905 a list of words reads best as words
)
# What stood between two elements may have kept them apart: `<h2><x><h2>` is read differently once the x is gone, and
# text that is read differently the second time is what sanitizers have been broken by.
_MOST_ROUNDS = 6
_MAILTO = re.compile(r"mailto:[^\s<>\"'`\\\x00-\x20\x7f]+", re.IGNORECASE)

# The parser in nh3 looks through all open elements at many a tag: 200 kB of `<ul><li>` took 9 s. Honest pages are 30
# deep. Nothing here decides what is safe: what comes out still goes through nh3.
_DEEPEST = 100
_MARKUP = re.compile(r"<!--(?:-?>|.*?--!?>|.*)|<(/?)([a-zA-Z][^\s/>]*)[^>]*>?", re.DOTALL)
_NEVER_DEEPER = frozenset(
    """
    area base br col embed hr img input link meta param source track wbr
    p li dt dd tr td th tbody thead tfoot caption colgroup option optgroup rt rp
    """.split()  # noqa: SIM905 a list of words reads best as words
)


def clean_html(html: str, *, base_url: str) -> str:
    """`html` with nothing left but plain text elements and links to http, https and mailto addresses.

    Relative links are resolved against `base_url`; every link is `rel="nofollow noopener"`. No image, style, class,
    id, script or form survives. Cleaning twice gives what cleaning once gives. No more than 250,000 code points are
    read or returned, and elements more than 100 deep in each other lose their tags: hostile HTML costs a second.
    """
    html = _shallow(html[:MAX_HTML].encode("utf-8", "ignore").decode())
    for _ in range(_MOST_ROUNDS):
        cleaned = _cleaned(html, base_url)
        if cleaned == html:
            return html
        # A tenth less, so that closing what the cut left open does not make it too long again.
        html = cleaned if len(cleaned) <= MAX_HTML else cleaned[: MAX_HTML * 9 // 10]
    return nh3.clean(html, tags=set(), clean_content_tags=set(_DROPPED_WHOLE))


def _shallow(html: str) -> str:
    """`html` without the tags that would open elements too deep in others, and without comments."""
    if html.count("<") <= _DEEPEST:
        return html
    is_open, is_dropped = Counter[str](), Counter[str]()
    depth = 0

    def kept(markup: re.Match[str]) -> str:
        nonlocal depth
        is_end, name = bool(markup[1]), (markup[2] or "").lower()
        if not name or name in _NEVER_DEEPER:
            return markup[0] if name else ""
        if is_dropped[name] if is_end else depth >= _DEEPEST:
            is_dropped[name] += -1 if is_end else 1
            return ""
        if is_open[name] or not is_end:
            step = -1 if is_end else 1
            is_open[name] += step
            depth += step
        return markup[0]

    return _MARKUP.sub(kept, html)


def _cleaned(html: str, base_url: str) -> str:
    def kept(_tag: str, attribute: str, value: str) -> str | None:
        # nh3 lets `title` and `lang` through on its own account; `rel` is what it adds itself.
        if attribute == "href":
            return _resolved(value, base_url)
        return value if attribute == "rel" else None

    return nh3.clean(
        html,
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED_WHOLE),
        attributes={"a": {"href"}},
        attribute_filter=kept,
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener",
    )


def _resolved(link: str, base_url: str) -> str | None:
    link = link.strip()
    if link[:7].lower() == "mailto:":
        return link if len(link) <= MAX_URL_LENGTH and _MAILTO.fullmatch(link) else None
    return absolute_url(link, base=base_url)
