"""HTML of feeds made plain: its text with paragraphs, the addresses it links to, its first picture."""

import re
from dataclasses import dataclass

from lxml import etree

from digest.stages.extract.addresses import absolute_url
from digest.stages.extract.text import tidy_text

MAX_LINKS = 50
_DROPPED = frozenset(
    """
    script style svg math noscript iframe object embed template textarea title head select button form nav audio
    video canvas figcaption
    """.split()  # noqa: SIM905 a list of words reads best as words
)
_BLOCKS = frozenset(
    """
    p div section article main aside header footer blockquote pre ul ol li dl dt dd table tr h1 h2 h3 h4 h5 h6
    figure hr address details summary center body
    """.split()  # noqa: SIM905 a list of words reads best as words
)
# What is called plain text and holds one of these is HTML: titles of RSS may be either, and much software that writes
# Atom forgets to say which. Angle brackets around anything else ("Ida <ida@courier.example>", "a < b") are text.
_TAG = re.compile(
    r"</?(?:p|br|b|i|u|s|a|em|strong|small|sub|sup|span|font|div|img|figure|ul|ol|li|h[1-6]|blockquote|code|pre|hr"
    r"|table|td|script|style|svg|math|iframe|object|embed|form|input|textarea|video|audio|noscript|template|title)"
    r"(?:[\s/][^<>]*)?>",
    re.IGNORECASE,
)
_LANGUAGE = re.compile(r"[a-z]{2,8}(?:[-_][a-z0-9]{1,8}){0,3}", re.IGNORECASE)
_BARE_LINK = re.compile(r"https?://[^\s<>\"'”’]+[^\s<>\"'”’.,;:!?)\]…]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    text: str
    links: tuple[str, ...]
    """Absolute, in order, each once, at most 50."""
    image_url: str | None


def plain_of_html(html: str, *, base: str, limit: int) -> Plain:
    """What a reader sees of `html`. Entities are decoded once; scripts, forms and captions are dropped."""
    if "<" not in html and "&" not in html:
        return plain_of_text(html, limit=limit)
    # lxml takes neither lone surrogates, which JSON can carry, nor NUL.
    html = html.encode("utf-8", "ignore").decode().replace("\x00", "")
    seen = _Seen(base=base)
    walk = etree.iterwalk(etree.fromstring(f"<html><body>{html}</body></html>", _parser()), events=("start", "end"))
    for event, element in walk:
        tag = element.tag
        if event == "end":
            seen.leave(element, tag)
        elif tag in _DROPPED:
            walk.skip_subtree()
        else:
            seen.enter(element, tag)
    text = tidy_text("".join(seen.pieces), limit=limit)
    links = dict.fromkeys((*seen.links, *_bare_links(text)))
    return Plain(text=text, links=tuple(links)[:MAX_LINKS], image_url=seen.image_url)


def looks_like_html(text: str) -> bool:
    """Whether text that is said to be plain has elements of HTML in it."""
    return "<" in text and _TAG.search(text) is not None


def language_tag(stated: str) -> str | None:
    """The language that a feed states, when it has the form of one: "en-GB", "de"."""
    stated = stated.strip()
    return stated if _LANGUAGE.fullmatch(stated) else None


def plain_of_text(text: str, *, limit: int) -> Plain:
    """Text that is no markup, with the addresses written out in it."""
    tidy = tidy_text(text, limit=limit)
    return Plain(text=tidy, links=tuple(dict.fromkeys(_bare_links(tidy)))[:MAX_LINKS], image_url=None)


class _Seen:
    """What a walk through the elements has met so far."""

    def __init__(self, *, base: str) -> None:
        self.pieces: list[str] = []
        self.links: list[str] = []
        self.image_url: str | None = None
        self._base = base

    def enter(self, element: etree._Element, tag: str) -> None:
        if tag in _BLOCKS:
            self.pieces.append("\n\n")
        elif tag == "br":
            self.pieces.append("\n")
        elif tag == "a" and len(self.links) < MAX_LINKS:
            self.links += filter(None, [absolute_url(element.get("href", ""), base=self._base)])
        elif tag == "img" and self.image_url is None and not _is_beacon(element):
            self.image_url = absolute_url(element.get("src", ""), base=self._base)
        if element.text:
            self.pieces.append(element.text if tag == "pre" else _on_one_line(element.text))

    def leave(self, element: etree._Element, tag: str) -> None:
        if tag in _BLOCKS:
            self.pieces.append("\n\n")
        elif tag in ("td", "th"):
            self.pieces.append(" ")
        if element.tail:
            self.pieces.append(_on_one_line(element.tail))


def _on_one_line(words: str) -> str:
    """`words` with blanks for line breaks, one at the end included; blanks that follow each other are tidied later."""
    return words if words.isprintable() else " ".join((words + ".").splitlines())[:-1]


def _parser() -> etree.HTMLParser:
    return etree.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, recover=True)


def _bare_links(text: str) -> list[str]:
    found = (absolute_url(match.group(), base="") for match in _BARE_LINK.finditer(text))
    return [link for link in found if link]


def _is_beacon(element: etree._Element) -> bool:
    return element.get("width") in ("0", "1") or element.get("height") in ("0", "1")
