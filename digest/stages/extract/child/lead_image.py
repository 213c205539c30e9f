"""Which picture stands for an article: never the outlet's logo, an icon or a placeholder. Reads alone."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from lxml.html import HtmlElement

# In the last parts of an address: names of files and folders, in whole words.
_NO_PICTURE = re.compile(
    r"""
    (?:^|[/_.=-])
    (?:(?:site|header|footer|brand|og|share|social|outlet|publisher|amp)?[_-]?logos?\d*|favicons?|icons?|sprites?
      |placeholders?|avatars?|gravatar|spacer|blank|pixel|transparent|1x1|dummy|no[_-]?(?:image|photo|picture|thumb\w*)
      |(?:default|fallback)(?:[_-](?:image|img|share|og|social|thumb\w*|picture|photo|facebook|fb|twitter|card|lead))?\d*
      |(?:og|share|social|facebook|fb|twitter)[_-](?:default|fallback|image|card)\d*)
    (?=$|[/_.@?&-])
    | \.(?:svg|ico)(?=$|\?)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_MIN_SIDE = 100
_MAX_LOOKED_AT = 50
_STATED = "//meta[@property or @name or @itemprop][@content]"
_STATED_NAMES = ("og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src", "image")
_SHOWN = "//article//img | //main//img | //*[@itemprop='articleBody']//img"
_SOURCES = ("src", "data-src", "data-original", "data-lazy-src")


def lead_image_of(tree: HtmlElement, *, stated: Sequence[str]) -> str:
    """The address, as it is written, of the picture that the page states for sharing, else of the one in `stated` (its
    JSON-LD), else of the first large one in the article; empty where there is none."""
    candidates = (*_in_meta(tree), *stated, *_in_article(tree))
    return next((each.strip() for each in candidates if _may_be_a_picture(each)), "")


def _in_meta(tree: HtmlElement) -> Iterator[str]:
    by_name: dict[str, str] = {}
    for element in tree.xpath(_STATED):
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        by_name.setdefault(name.lower(), element.get("content"))
    yield from (by_name[name] for name in _STATED_NAMES if name in by_name)


def _in_article(tree: HtmlElement) -> Iterator[str]:
    for element in islice(tree.xpath(_SHOWN), _MAX_LOOKED_AT):
        if all(_is_large(element.get(side, "")) for side in ("width", "height")):
            yield from filter(None, (element.get(name) for name in _SOURCES))


def _is_large(side: str) -> bool:
    """Also where it is not stated in pixels."""
    stated = re.match(r"\s*(\d{1,6})(?:px)?\s*$", side)
    return stated is None or int(stated[1]) >= _MIN_SIDE


def _may_be_a_picture(address: str) -> bool:
    address = address.strip()
    if not address or address[:5].lower() == "data:":
        return False
    path = re.sub(r"^(?:https?:)?//[^/]*", "", address[:2000], flags=re.IGNORECASE)
    return _NO_PICTURE.search("/".join(path.split("/")[-2:])) is None
