"""Article pages: trafilatura reads every one; newspaper the few where trafilatura and the page itself disagree."""

import codecs
import re
from collections.abc import Iterator

import trafilatura
from lxml import etree
from lxml.html import HtmlElement
from trafilatura.utils import detect_encoding

from digest.errors import ExtractError
from digest.model.feed import Page
from digest.stages.extract.addresses import absolute_url, canonical_url
from digest.stages.extract.child.facts import Facts, facts_of
from digest.stages.extract.child.limits import MAX_AUTHOR, MAX_TEXT, MAX_TITLE
from digest.stages.extract.child.second_opinion import Reading, read_by_newspaper
from digest.stages.extract.text import count_words, tidy_line, tidy_text

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>", re.IGNORECASE)
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))

_BLOCKS = frozenset("p head item list quote code row table div ab".split())  # noqa: SIM905 a list of words reads best as words
# A cell with this many paragraphs lays out the page; a cell of a table of figures has none.
_LAYOUT_PARAGRAPHS = 3

_BLANKS = re.compile(r"\s+")
_LONG_WORD = re.compile(r"[^\W\d_]{5,}")
_MIN_STATED = 6
_PARAGRAPH_WORDS = 5

# Fewer words than this from a page that shows many more: something was missed.
_SHORT_WORDS = 60
_MANY_TIMES = 4
# Share of the description's longer words that the text should have, when the text is the article described.
_MIN_DESCRIBED = 0.4
_CLEARLY_BETTER = 0.15

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
    source = _XML_DECLARATION.sub("", _decoded(html)).replace("\x00", "")
    tree = trafilatura.load_html(source) if source.strip() else None
    if tree is None:
        raise ExtractError("is not HTML that can be parsed" if source.strip() else "is empty")
    facts = facts_of(tree, url=url)
    shown = _words_shown(tree)
    reading = _read_by_trafilatura(tree, url=url)
    if _is_doubtful(reading, facts, shown):
        other = read_by_newspaper(source, url=url)
        reading = _better(reading, other, facts) if other else reading
    if not reading.text:
        reading = Reading(extractor="json-ld", text=tidy_text(facts.body, limit=MAX_TEXT))
    text = _without_remnants(reading.text, title=facts.title or reading.title)
    if not text:
        raise ExtractError("holds no article text")
    return Page(
        canonical_url=canonical_url(url, declared=facts.canonical_url),
        title=tidy_line(facts.title or reading.title, limit=MAX_TITLE),
        text=text,
        authors=tuple(
            name for each in (facts.authors or reading.authors)[:10] if (name := tidy_line(each, limit=MAX_AUTHOR))
        ),
        published_at=facts.published_at or reading.published_at or facts.published_on,
        language=facts.language,
        image_url=absolute_url(facts.image_url or reading.image_url, base=url),
        extractor=reading.extractor,
    )


# --- reading ------------------------------------------------------------------------------------------------


def _read_by_trafilatura(tree: HtmlElement, *, url: str) -> Reading:
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
    body = document.body if isinstance(document, trafilatura.settings.Document) else None
    text = _paragraphs(body) if body is not None else ""
    return Reading(extractor="trafilatura", text=text)


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


def _is_doubtful(reading: Reading, facts: Facts, shown: int) -> bool:
    """Whether the text is empty, is little of what the page shows, or is not what the page says it is about."""
    words = count_words(reading.text)
    if words == 0 or (words < _SHORT_WORDS and shown > _MANY_TIMES * words):
        return True
    return _described(reading.text, facts) < _MIN_DESCRIBED


def _better(first: Reading, second: Reading, facts: Facts) -> Reading:
    first_words, second_words = count_words(first.text), count_words(second.text)
    if first_words == 0:
        return second
    gain = _described(second.text, facts) - _described(first.text, facts)
    is_fuller = first_words < _SHORT_WORDS and second_words > 2 * first_words and gain >= 0
    return second if is_fuller or (gain >= _CLEARLY_BETTER and second_words >= first_words // 2) else first


def _described(text: str, facts: Facts) -> float:
    """Share of the longer words of the page's own description and body that `text` has; 1.0 where it has neither."""
    stated = set(_LONG_WORD.findall(f"{facts.description} {facts.body[:5000]}".lower()))
    if len(stated) < _MIN_STATED:
        return 1.0
    return len(stated & set(_LONG_WORD.findall(text.lower()))) / len(stated)


def _words_shown(tree: HtmlElement) -> int:
    """How many words stand in paragraphs of five words and more."""
    counts = (count_words("".join(paragraph.itertext())) for paragraph in tree.iter("p"))
    return sum(count for count in counts if count >= _PARAGRAPH_WORDS)


# --- cleaning -----------------------------------------------------------------------------------------------


def _without_remnants(text: str, *, title: str) -> str:
    """`text` without adverts, sign-up boxes and notices between its paragraphs, and without the headline above it."""
    headline = _bare(title)
    kept = [part for part in text.split("\n\n") if not (count_words(part) <= _REMNANT_WORDS and _REMNANT.match(part))]
    while len(kept) > 1 and headline and _bare(kept[0]) == headline:
        del kept[0]
    return "\n\n".join(kept)


def _bare(line: str) -> str:
    return "".join(character for character in line.casefold() if character.isalnum())


def _decoded(html: bytes) -> str:
    """The page as text: by its byte order mark, else as UTF-8, else as it declares, else as it looks."""
    for mark, encoding in _BOMS:
        if html.startswith(mark):
            return html[len(mark) :].decode(encoding, "replace")
    for encoding in _encodings(html):
        try:
            return html.decode(encoding)
        except (LookupError, UnicodeDecodeError):
            continue
    return html.decode("cp1252", "replace")


def _encodings(html: bytes) -> Iterator[str]:
    yield "utf-8"
    if declared := _CHARSET.search(html[:4096]):
        encoding = declared[1].decode("ascii", "replace").lower()
        # What says Latin-1 is Windows-1252 (WHATWG Encoding, section 4.2).
        yield "cp1252" if encoding in ("iso-8859-1", "latin1", "ascii", "us-ascii") else encoding
    yield from detect_encoding(html)
