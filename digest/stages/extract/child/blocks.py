"""A page cut into its blocks: runs of words that stand by themselves, with where they stand. Reads; judges nothing."""

import re
from dataclasses import dataclass
from functools import lru_cache

from lxml import etree
from lxml.html import HtmlElement

MAX_BLOCKS = 6_000
"""Later ones are not looked at; the longest articles have some hundreds."""

_UNSEEN = frozenset("script style noscript template iframe svg math object embed head select textarea".split())  # noqa: SIM905 a list of words reads best as words
_INLINE = frozenset(
    """
    a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q s samp small span strike
    strong sub sup time tt u var wbr
    """.split()  # noqa: SIM905 a list of words reads best as words
)
_APART_TAGS = frozenset(
    ("nav", "aside", "footer", "figcaption", "button", "amp-ad", "amp-list", "amp-sidebar", "dialog")
)
# Names in class and id that say what stands beside an article. Tried on each name by itself, from its beginning or at
# its end: "has-share-bar", "tag-politics" and "elementor-widget" are set on articles too.
_APART_NAMES = re.compile(
    r"""
    (?:^|\s)
    (?:(?:comment|respond|disqus|komment|coment|related|recommend|recirc|read-?more|more-(?:news|stories|from|on)
      |also-read|see-also|promo|teaser|trending|most-?(?:read|popular|viewed)|outbrain|taboola|zergnet
      |newsletter|sign-?up|subscri|paywall|cookie|consent|gdpr|onetrust|shar(?:e|ing)|social|follow-us
      |adverti|sponsor|dfp|ad-|breadcrumb|by-?line|author-?(?:box|bio|info|card)|about-author
      |caption|photo-?credit|copyright|sidebar|popup|modal|pull-?quote|pullout|fact-?box|info-?box|jp-relatedposts
      |wp-caption-text)[\w-]*
    | (?:tags|tag-list|keywords|topics|bio|ads?|credits?|menu|rail|footer|tools)
    | [\w-]+(?:__|--|-|_)(?:comments?|related|recommended|newsletter|promo|teasers?|captions?|credits?|share
      |sharing|social|byline|ads?|advert|sidebar|pull-?quote|breadcrumbs?|tags|toolbar|bio)
    )(?=\s|$)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_SENTENCE_END = re.compile(r"[.!?…。！？؟।:;][\"'”’»)\]]*$|[。！？]")
_WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
_MAIN = (
    "//h1 | //div[@itemprop='articleBody'] | //section[@itemprop='articleBody'] |"
    " //article[@itemprop='articleBody'] | //span[@itemprop='articleBody']"
)
_MAX_NAME = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    text: str
    bare: str
    """Its letters and digits alone, folded: equal where two readers differ in blanks, quotes and case only."""
    words: int
    link_share: float
    """Share of its letters that are links, 0..1."""
    tag: str
    place: tuple[str, ...]
    """Name and class of the element that holds it and of the two above: equal for paragraphs set alike."""
    holder: int
    """Number of the element that holds the one it stands in: equal for paragraphs side by side."""
    apart: int
    """Number of the element that sets it apart (navigation, comments, a caption); 0 where nothing does."""

    @property
    def is_prose(self) -> bool:
        """Whether it reads like a sentence rather than like a link, a label or a name."""
        return self.words >= 8 and self.link_share < 0.35 and bool(_SENTENCE_END.search(self.text))


def blocks_of(tree: HtmlElement) -> list[Block]:
    """The blocks of a page in the order in which they stand. `tree` is left as it is."""
    walk = _Walk(holders=_holders_of_the_article(tree))
    events = etree.iterwalk(tree, events=("start", "end"))
    for event, element in events:
        tag = element.tag
        if event == "end":
            walk.leave(element, tag)
            if len(walk.blocks) >= MAX_BLOCKS:
                break
        elif not isinstance(tag, str) or tag in _UNSEEN:
            events.skip_subtree()
        else:
            walk.enter(element, tag)
    walk.cut()
    return walk.blocks


def bare_of(text: str) -> str:
    """Letters and digits of `text`, folded."""
    return "".join(filter(str.isalnum, text.casefold()))


def count_seen(text: str) -> int:
    """Words between blanks, and two ideographs or kana as one."""
    wide = len(_WIDE.findall(text))
    return len(text.split()) + wide // 2


class _Walk:
    def __init__(self, *, holders: frozenset[etree._Element]) -> None:
        self.blocks: list[Block] = []
        self._pieces: list[str] = []
        self._linked = 0
        self._links = 0
        self._breaks = 0
        self._above: list[tuple[str, str, int]] = [("", "", 0)]
        self._apart: tuple[int, int] | None = None
        self._holders = holders
        self._count = 0

    def enter(self, element: etree._Element, tag: str) -> None:
        if tag in _INLINE:
            self._links += tag == "a"
        elif tag == "br":
            self._breaks += 1
            self._pieces.append("\n")
            if self._breaks > 1:
                self.cut()
        else:
            self.cut()
            self._count += 1
            self._above.append((tag, (element.get("class") or "")[:80], self._count))
            # A box that holds the headline or the article is the page's main part whatever its class says.
            if not self._apart and _is_called_apart(element, tag) and element not in self._holders:
                self._apart = (len(self._above), self._count)
        self._add(element.text)

    def leave(self, element: etree._Element, tag: object) -> None:
        if not isinstance(tag, str) or tag in _UNSEEN:
            pass
        elif tag in _INLINE:
            self._links -= tag == "a"
        elif tag != "br":
            self.cut()
            if self._apart and self._apart[0] == len(self._above):
                self._apart = None
            self._above.pop()
        self._add(element.tail)

    def cut(self) -> None:
        if not self._pieces:
            return
        text = " ".join("".join(self._pieces).split())
        self._pieces.clear()
        linked, self._linked, self._breaks = self._linked, 0, 0
        bare = bare_of(text)
        if not bare:
            return
        above = self._above[-3:]
        self.blocks.append(
            Block(
                text=text,
                bare=bare,
                words=count_seen(text),
                link_share=min(1.0, linked / len(bare)),
                tag=above[-1][0],
                place=tuple(f"{tag}.{kind}" for tag, kind, _ in above),
                holder=self._above[
                    -2 if above[-1][0] in ("p", "li", "h2", "h3", "h4") and len(self._above) > 1 else -1
                ][2],
                apart=self._apart[1] if self._apart else 0,
            )
        )

    def _add(self, words: str | None) -> None:
        if not words:
            return
        self._pieces.append(words)
        if words.strip():
            self._breaks = 0
            if self._links:
                self._linked += sum(map(str.isalnum, words))


def _is_called_apart(element: etree._Element, tag: str) -> bool:
    if tag in ("html", "body", "main"):
        return False
    return (
        tag in _APART_TAGS
        or _is_apart_name(f"{element.get('class') or ''} {element.get('id') or ''}"[:_MAX_NAME])
        or element.get("hidden") is not None
        or "display:none" in (element.get("style") or "")[:_MAX_NAME].replace(" ", "")
    )


@lru_cache(maxsize=4096)
def _is_apart_name(name: str) -> bool:
    return _APART_NAMES.search(name) is not None


def _holders_of_the_article(tree: HtmlElement) -> frozenset[etree._Element]:
    """The elements that hold a headline or a body marked as one, and those themselves. Each is looked at once."""
    holders: set[etree._Element] = set()
    for element in tree.xpath(_MAIN):
        holder = element
        while holder is not None and holder not in holders:
            holders.add(holder)
            holder = holder.getparent()
    return frozenset(holders)
