"""A page's bytes as one tree: decoded, cut to a size that readers can bear, parsed once, rid of what none reads."""

import codecs
import re
from collections.abc import Iterator, Sequence
from itertools import islice

import trafilatura
from lxml import etree
from lxml.html import HtmlElement, document_fromstring
from trafilatura.utils import detect_encoding

from digest.errors import ExtractError

MAX_LETTERS = 4_000_000
"""Of a page's source; what follows is not read. Heavy pages have 0.5 to 2 million, most of them scripts."""
MAX_TAGS = 60_000
"""Of a page's source; what follows is not read."""
MAX_ELEMENTS = 12_000
"""Of the parsed page without scripts and drawings; later ones are not read. Heavy pages have some 2,500."""
MAX_STEPS = 150_000
"""Steps from the root to each element, summed; elements past it are not read. Readers ask every element what it holds,
so what a page costs is this sum. Heavy pages of the press: 2,400 elements, 26,000 steps."""
MAX_SEEN = 600_000
"""Letters of text between the tags; later ones are not read. A text that is kept has a third of that at most."""
MAX_TAG = 4_000
"""Letters of one tag; longer ones (pictures written out, data of scripts) lose their attributes. libxml2 compares each
attribute of a tag with all before it."""
MAX_NAMES = 400_000
"""Letters of all classes and ids; later ones are dropped. Readers look for some hundred words in every one of them."""
MAX_JSON = 500_000
"""Letters of JSON-LD in one script; longer ones are dropped."""

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>", re.IGNORECASE)
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_LINKED_DATA = "application/ld+json"
# No reader looks into these. Dropped once, they are not copied and walked through by each of them.
_UNREAD = ("style", "svg", "math", "template", "iframe", "object", "embed", "canvas", "select", "textarea")
# A page of so few elements stays under MAX_STEPS unless some are deeper than honest ones are.
_FEW_ELEMENTS = 3_000
_DEEP = f"boolean(//*[count(ancestor::*) > {MAX_STEPS // _FEW_ELEMENTS}])"
# As HTML reads it: angle brackets inside quoted values end no tag, quotes elsewhere are letters like others.
_TAG = re.compile(
    r"""<([a-zA-Z][^\s/>]*+)(?:[\s/]++|=?+[^\s/>=]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>]++)?+)?+|=)*+>?"""
)


def document_of(html: bytes) -> HtmlElement:
    """The page, with its JSON-LD and without scripts, styles and drawings. Raises ExtractError when it is no HTML."""
    tree = _parsed(_cut(_XML_DECLARATION.sub("", _decoded(html)).replace("\x00", "")))
    for script in list(tree.iter("script")):
        if script.get("type") != _LINKED_DATA or len(script.text or "") > MAX_JSON:
            _drop(script)
    etree.strip_elements(tree, *_UNREAD, with_tail=False)
    _remove(list(islice(tree.iter(), MAX_ELEMENTS, None)))
    if tree.xpath("count(//*)") > _FEW_ELEMENTS or tree.xpath(_DEEP):
        _remove(_past_all_steps(tree))
    _drop_names(tree)
    if len(tree.xpath("string()")) > MAX_SEEN:
        _cut_text(tree)
    return tree


def without_scripts(tree: HtmlElement) -> HtmlElement:
    """`tree` itself, rid of its JSON-LD too."""
    etree.strip_elements(tree, "script", with_tail=False)
    return tree


def words_of_classes(tree: HtmlElement, classes: Sequence[str]) -> int:
    """How many words the elements of these classes hold; those inside each other count once for each."""
    wanted = set(classes)
    return sum(
        len("".join(element.itertext()).split())
        for element in (tree.xpath("//*[@class]")[:MAX_ELEMENTS] if wanted else ())
        if wanted & set(element.get("class").split())
    )


def _drop_names(tree: HtmlElement) -> None:
    letters = 0
    for name in tree.xpath("//@class | //@id"):
        letters += len(name)
        if letters > MAX_NAMES:
            del name.getparent().attrib[name.attrname]


def _cut_text(tree: HtmlElement) -> None:
    room = MAX_SEEN
    for element in tree.iter():
        if element.tag != "script":
            element.text = (element.text or "")[:room]
            room -= len(element.text)
        element.tail = (element.tail or "")[:room]
        room -= len(element.tail)


def _past_all_steps(tree: HtmlElement) -> list[HtmlElement]:
    depth, steps, past = 0, 0, []
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        steps += depth if event == "start" else 0
        if steps > MAX_STEPS and event == "start":
            past.append(element)
    return past


def _remove(elements: list[HtmlElement]) -> None:
    for element in elements:
        if (holder := element.getparent()) is not None:
            holder.remove(element)


def _drop(element: HtmlElement) -> None:
    if element.getparent() is not None:
        element.drop_tree()


def _cut(source: str) -> str:
    source = source[:MAX_LETTERS]
    if source.count("<") > MAX_TAGS:
        source = source[: next(islice(re.finditer("<", source), MAX_TAGS, None)).start()]
    return _with_short_tags(source)


def _with_short_tags(source: str) -> str:
    pieces: list[str] = []
    at = 0
    for tag in _TAG.finditer(source):
        if tag.end() - tag.start() > MAX_TAG:
            pieces += (source[at : tag.start()], f"<{tag[1][:50]}>")
            at = tag.end()
    return "".join((*pieces, source[at:])) if pieces else source


def _parsed(source: str) -> HtmlElement:
    if not source.strip():
        raise ExtractError("is empty")
    try:
        tree = trafilatura.load_html(source)
        # trafilatura refuses what begins oddly, such as filings wrapped in a DOCUMENT element.
        tree = document_fromstring(source) if tree is None and "<" in source else tree
    except (etree.LxmlError, ValueError) as error:
        raise ExtractError("is not HTML that can be parsed") from error
    if tree is None:
        raise ExtractError("is not HTML that can be parsed")
    return tree


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
