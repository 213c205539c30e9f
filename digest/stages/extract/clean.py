"""Untrusted HTML made safe to place in a page."""

from urllib.parse import urljoin

import nh3

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
_MOST_ROUNDS = 5
_SCHEMES = frozenset({"http", "https", "mailto"})


def clean_html(html: str, *, base_url: str) -> str:
    """`html` with nothing left but plain text elements and links to http, https and mailto addresses.

    Relative links are resolved against `base_url`; every link is `rel="nofollow noopener"`. No image, style, class,
    id, script or form survives. Cleaning twice gives what cleaning once gives.
    """

    cleaned = _cleaned(html.encode("utf-8", "ignore").decode(), base_url)
    for _ in range(_MOST_ROUNDS):
        again = _cleaned(cleaned, base_url)
        if again == cleaned:
            break
        cleaned = again
    return cleaned


def _cleaned(html: str, base_url: str) -> str:
    def href(_tag: str, attribute: str, value: str) -> str | None:
        return _resolved(value, base_url) if attribute == "href" else value

    return nh3.clean(
        html,
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED_WHOLE),
        attributes={"a": {"href"}},
        attribute_filter=href,
        url_schemes=set(_SCHEMES),
        link_rel="nofollow noopener",
    )


def _resolved(link: str, base_url: str) -> str | None:
    try:
        absolute = urljoin(base_url, link.strip())
    except ValueError:
        return None
    return absolute if absolute.partition(":")[0].lower() in _SCHEMES else None
