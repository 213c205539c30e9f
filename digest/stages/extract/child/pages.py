"""Article pages: trafilatura and readability read every one; newspaper the few where they and the page disagree."""

import re
from copy import deepcopy

import trafilatura
from lxml import etree
from lxml.html import HtmlElement, document_fromstring
from trafilatura.readability_lxml import Document as ReadabilityDocument

from digest.errors import ExtractError
from digest.model.feed import Page
from digest.stages.extract.addresses import absolute_url, canonical_url
from digest.stages.extract.child import votes
from digest.stages.extract.child.blocks import Block, blocks_of
from digest.stages.extract.child.documents import document_of, without_scripts, words_of_classes
from digest.stages.extract.child.facts import Facts, facts_of
from digest.stages.extract.child.limits import MAX_AUTHOR, MAX_TEXT, MAX_TITLE
from digest.stages.extract.child.second_opinion import read_by_newspaper
from digest.stages.extract.child.teasers import is_notice, is_teaser
from digest.stages.extract.text import count_words, tidy_line, tidy_text

_BLOCKS = frozenset("p head item list quote code row table div ab".split())  # noqa: SIM905 a list of words reads best as words
# A cell with this many paragraphs lays out the page; a cell of a table of figures has none.
_LAYOUT_PARAGRAPHS = 3

_BLANKS = re.compile(r"\s+")
_LONG_WORD = re.compile(r"[^\W\d_]{5,}")
_MIN_STATED = 6

# Two readings agree from this F1 of words on. At .85 the boxes that one reader takes for text pass unseen.
_MIN_AGREEMENT = 0.9
# Share of the description's longer words that the text should have, when the text is the article described.
_MIN_DESCRIBED = 0.4
# A reading of fewer words than this has no vote; a stated body of fewer letters is a teaser.
_MIN_WORDS = 20
_MIN_BODY = 400
# newspaper's time grows faster than the page: a page of more elements than this goes without.
_MAX_ELEMENTS = 6_000

# What stands between paragraphs and is none. Tried on short paragraphs only, so that an article about cookies stays.
_REMNANT_WORDS = 40
_REMNANT = re.compile(
    r"""
      (?:advertis(?:e?ment|ing)|sponsored|paid\ content|promoted)\b.{0,80}$
    | related(?:\ (?:article|stor|content|coverage|topic|link|video)\w*)?\s*:
    | (?:read\ more|read\ also|also\ read|see\ also|more\ on\ this|more\ from|recommended|watch|listen)\s*[:|]
    | (?:sign\ up|subscribe|get\ (?:our|the)|join\ our|follow\ us|like\ us)\b.{0,150}
      \b(?:newsletter|briefing|e-?mail|inbox|updates|facebook|twitter|whatsapp|telegram|podcast)\b
    | (?:we|this\ (?:web)?site)\ uses?\ cookies | .{0,80}\baccept\ (?:all|our)\ cookies
    | (?:media\ player:|video\ player|your\ browser\ does\ not\ support|please\ enable\ javascript
        |(?:this|sorry,\ this)\ video\ is\ (?:not|no\ longer)\ available)
    | (?:share\ this|click\ here\ to|tap\ here\ to)\b.{0,100}$
    | (?:©|\(c\)|copyright\ ©?)\s?\d{4}\b | .{0,60}\ball\ rights\ reserved\.?$
    """,
    re.IGNORECASE | re.VERBOSE,
)


def extract_article(html: bytes, *, url: str) -> Page:
    """The article in `html`. Raises ExtractError with a clause that completes "the page …"."""
    tree = document_of(html)
    facts = facts_of(tree, url=url)
    blocks = blocks_of(without_scripts(tree))
    closed_words = words_of_classes(tree, facts.closed_classes)
    text, extractor = _read(tree, blocks, facts, url=url)
    is_partial = is_teaser(text, blocks, is_closed=facts.is_closed, closed_words=closed_words)
    text = _without_remnants(text, title=facts.title)
    if not text:
        raise ExtractError("holds no article text")
    return Page(
        canonical_url=canonical_url(url, declared=facts.canonical_url),
        title=tidy_line(facts.title, limit=MAX_TITLE),
        text=text,
        authors=tuple(name for each in facts.authors[:10] if (name := tidy_line(each, limit=MAX_AUTHOR))),
        published_at=facts.published_at,
        language=facts.language,
        image_url=absolute_url(facts.image_url, base=url),
        extractor=extractor,
        is_partial=is_partial,
    )


# --- reading ------------------------------------------------------------------------------------------------


def _read(tree: HtmlElement, blocks: list[Block], facts: Facts, *, url: str) -> tuple[str, str]:
    """The article's text and whose reading it is: the one that most agree with, mended by the others."""
    texts = {"trafilatura": _read_by_trafilatura(tree, url=url), "readability": _read_by_readability(deepcopy(tree))}
    if len(facts.body) >= _MIN_BODY:
        texts["json-ld"] = tidy_text(facts.body, limit=MAX_TEXT)
    kept = {name: _kept(blocks, text) for name, text in texts.items()}
    is_doubtful = _is_doubtful(blocks, kept, facts)
    is_open = is_doubtful and not votes.are_agreed(blocks, list(kept.values()), at_least=_MIN_AGREEMENT)
    if is_open and sum(1 for _ in tree.iter()) <= _MAX_ELEMENTS:
        texts["newspaper"] = read_by_newspaper(deepcopy(tree), title=facts.title, language=facts.language)
        kept["newspaper"] = _kept(blocks, texts["newspaper"])
    full = {name: each for name, each in kept.items() if votes.words_in(blocks, each) >= _MIN_WORDS}
    if not full:
        # readability always answers something; where no one else does, that is a menu.
        found = [(texts[name], name) for name in ("trafilatura", "newspaper", "json-ld") if texts.get(name)]
        return found[0] if found else (tidy_text(facts.body, limit=MAX_TEXT), "json-ld")
    name = list(full)[votes.closest(blocks, list(full.values()))] if is_doubtful else "trafilatura"
    others = [each for other_name, each in full.items() if other_name != name]
    chosen = votes.settled(blocks, full[name], others=others)
    return tidy_text("\n\n".join(blocks[number].text for number in sorted(chosen)), limit=MAX_TEXT), name


def _kept(blocks: list[Block], text: str) -> votes.Kept:
    return votes.without_apart(blocks, votes.kept_of(blocks, text))


def _is_doubtful(blocks: list[Block], kept: dict[str, votes.Kept], facts: Facts) -> bool:
    """Whether nothing agrees with trafilatura, or what it kept is not what the page says it is about."""
    first = kept["trafilatura"]
    agreement = max(votes.agreement(blocks, first, other) for name, other in kept.items() if name != "trafilatura")
    text = "\n".join(blocks[number].text for number in sorted(first))
    return agreement < _MIN_AGREEMENT or _described(text, facts) < _MIN_DESCRIBED


def _read_by_readability(tree: HtmlElement) -> str:
    """`tree` is taken apart."""
    try:
        summary = ReadabilityDocument(tree, min_text_length=25).summary()
        return "\n\n".join(block.text for block in blocks_of(document_fromstring(summary))) if summary.strip() else ""
    except (etree.LxmlError, ValueError, AttributeError, TypeError, KeyError):
        return ""  # one voice of several: without it newspaper is asked


def _read_by_trafilatura(tree: HtmlElement, *, url: str) -> str:
    _unwrap_layout_tables(tree)
    document = trafilatura.bare_extraction(
        # fast leaves out trafilatura's own second and third opinions (readability, jusText): ours is newspaper.
        tree,
        url=url,
        fast=True,
        favor_precision=True,
        include_comments=False,
        include_formatting=False,
    )
    return _paragraphs(document.body) if isinstance(document, trafilatura.settings.Document) else ""


def _unwrap_layout_tables(tree: HtmlElement) -> None:
    """Tables that only lay out the page become plain boxes; else the article is taken for a cell of figures."""
    for table in list(tree.iter("table")):
        cells = table.xpath("./tr/td | ./tbody/tr/td")
        if any(len(cell.xpath("./p | ./div/p")) >= _LAYOUT_PARAGRAPHS for cell in cells):
            rows = table.xpath("./tbody | ./tr | ./tbody/tr")
            for element in (table, *rows, *cells):
                element.tag = "div"


def _paragraphs(body: etree._Element) -> str:
    pieces: list[str] = []
    for event, element in etree.iterwalk(body, events=("start", "end")):
        tag = element.tag
        mark = "\n\n" if tag in _BLOCKS else "\n" if tag == "lb" and event == "end" else " " if tag == "cell" else ""
        words = element.text if event == "start" else element.tail
        # The mark stands before what an element holds and before what follows it.
        pieces += (mark, _BLANKS.sub(" ", words or ""))
    return tidy_text("".join(pieces), limit=MAX_TEXT)


# --- judging ------------------------------------------------------------------------------------------------


def _described(text: str, facts: Facts) -> float:
    """Share of the longer words of the page's own description and body that `text` has; 1.0 where it has neither."""
    stated = set(_LONG_WORD.findall(f"{facts.description} {facts.body[:5000]}".lower()))
    if len(stated) < _MIN_STATED:
        return 1.0
    return len(stated & set(_LONG_WORD.findall(text.lower()))) / len(stated)


# --- cleaning -----------------------------------------------------------------------------------------------


def _without_remnants(text: str, *, title: str) -> str:
    """`text` without adverts, sign-up boxes and notices between its paragraphs, and without the headline above it."""
    headline = _bare(title)
    kept = [part for part in text.split("\n\n") if not _is_remnant(part)]
    while len(kept) > 1 and headline and _bare(kept[0]) == headline:
        del kept[0]
    return "\n\n".join(kept)


def _is_remnant(part: str) -> bool:
    return (count_words(part) <= _REMNANT_WORDS and _REMNANT.match(part) is not None) or is_notice(part)


def _bare(line: str) -> str:
    return "".join(character for character in line.casefold() if character.isalnum())
