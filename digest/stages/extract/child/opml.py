"""OPML 1 and 2: the outlines that name a feed, with the folders around them.

lxml, because what we write ourselves has to come back whole: listparser, the library for this, drops attributes of
other namespaces, site addresses and languages, and tells neither lines nor repetitions.
"""

import re
from collections.abc import Iterator
from html.entities import html5

from lxml import etree

from digest.errors import FeedError
from digest.model.opml import OWN_NAMESPACE, FeedList, Outline
from digest.stages.extract.child.limits import MAX_TITLE
from digest.stages.extract.text import tidy_line

MAX_OUTLINES = 20_000
_MAX_FOLDERS = 20
_OWN = f"{{{OWN_NAMESPACE}}}"
# What several readers write into addresses and names, unescaped: a & alone, or &nbsp; and its like.
_AMPERSAND = re.compile(rb"&(?!#|amp;|lt;|gt;|quot;|apos;)(?:([A-Za-z][A-Za-z0-9]{1,31});)?")
_MAX_ADDRESS = 4_000


def parse_opml(body: bytes) -> FeedList:
    """The list in `body`. Raises FeedError with a clause that completes "the list …"."""
    # No recovery: half a list, or an address without what stood behind its &, would be taken for the whole.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True, huge_tree=False
    )
    try:
        root = etree.fromstring(_mended(body), parser)
    except etree.XMLSyntaxError as error:
        raise FeedError(f"is not XML that can be read ({tidy_line(error.msg or '', limit=200)})") from error
    if _name(root) != "opml":
        raise FeedError("is no OPML file: such a file begins with <opml>")
    outlines = list(_outlines(root))
    if len(outlines) > MAX_OUTLINES:
        raise FeedError(f"names more than {MAX_OUTLINES:,} feeds")
    return FeedList(title=tidy_line(root.findtext("head/title") or "", limit=MAX_TITLE), outlines=tuple(outlines))


def _mended(body: bytes) -> bytes:
    """The body without what XML has no patience with, in an encoding where & is one byte."""
    return body if b"\0" in body[:200] else _AMPERSAND.sub(_escaped, body.strip(b" \t\r\n"))


def _escaped(ampersand: re.Match[bytes]) -> bytes:
    """A bare & as XML wants it, and a letter that HTML alone has a name for by its number."""
    name = ampersand[1]
    if name is None:
        return b"&amp;"
    letters = html5.get(f"{name.decode()};", "")
    return b"".join(b"&#%d;" % ord(letter) for letter in letters) or ampersand[0]


def _outlines(root: etree._Element) -> Iterator[Outline]:
    folders: list[str] = []
    count = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if _name(element) != "outline":
            continue
        stated = {_bare(key): str(value) for key, value in element.attrib.items() if not str(key).startswith("{")}
        name = stated.get("text", "").strip() or stated.get("title", "")
        if event == "end":
            folders.pop()
            continue
        if "xmlurl" in stated and count <= MAX_OUTLINES:
            count += 1
            yield _outline(element, stated, name, folders)
        folders.append(tidy_line(name, limit=200))


def _outline(element: etree._Element, stated: dict[str, str], name: str, folders: list[str]) -> Outline:
    own = {
        str(key).removeprefix(_OWN): tidy_line(str(value), limit=MAX_TITLE)
        for key, value in element.attrib.items()
        if str(key).startswith(_OWN)
    }
    parts = stated.get("category", "")[:_MAX_ADDRESS].replace("/", ",").split(",")
    return Outline(
        line=_line(element),
        name=tidy_line(name, limit=MAX_TITLE),
        feed=_address(stated.get("xmlurl", "")),
        site=_address(stated.get("htmlurl", "")),
        language=tidy_line(stated.get("language", ""), limit=35),
        folders=tuple(folders[-_MAX_FOLDERS:]),
        categories=tuple(word for part in parts[:_MAX_FOLDERS] if (word := tidy_line(part, limit=200))),
        own=dict(list(own.items())[:_MAX_FOLDERS]),
    )


def _line(element: etree._Element) -> int:
    line = element.sourceline
    return line if isinstance(line, int) else 0


def _address(stated: str) -> str:
    # feed: is what some readers write before an address. A line end inside one is a mistake that no address survives.
    return tidy_line(stated[:_MAX_ADDRESS], limit=_MAX_ADDRESS).removeprefix("feed:")


def _name(element: etree._Element) -> str:
    return _bare(element.tag) if isinstance(element.tag, str) else ""


def _bare(name: str | bytes) -> str:
    return (name.decode() if isinstance(name, bytes) else name).rpartition("}")[2].lower()
