"""What a page states of its article as JSON-LD (schema.org)."""

import json
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from lxml.html import HtmlElement

Node = dict[str, object]

_ARTICLE_TYPE = re.compile(r"(?:Article|BlogPosting|Report|LiveBlogPosting)$")
# What some software wraps its JSON in, and the comma that it leaves behind the last item.
_BEFORE = ("<!--", "/*<![CDATA[*/", "//<![CDATA[", "<![CDATA[")
_BEHIND = ("-->", "/*]]>*/", "//]]>", "]]>")
_LAST_COMMA = re.compile(r",(\s{0,100}[}\]])")
_MAX_SCRIPTS = 20
_MAX_NODES = 500
_MAX_ITEMS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """Empty strings where nothing is stated."""

    headline: str = ""
    authors: tuple[str, ...] = ()
    published: str = ""
    description: str = ""
    body: str = ""
    """`articleBody`: often the whole text, often a teaser."""
    publisher: str = ""
    images: tuple[str, ...] = ()
    is_closed: bool = False
    """It says that the article, or a part of it, is not for everyone."""
    closed_classes: tuple[str, ...] = ()
    """Classes of the elements that hold what is not for everyone."""


def article_stated(tree: HtmlElement) -> Stated:
    """The first article that the page's JSON-LD describes."""
    nodes = [node for top in _read(tree) for node in _nodes_in(top)]
    article = next((node for node in nodes if any(map(_is_article_type, _items(node.get("@type"))))), None)
    if article is None:
        return Stated()
    by_id = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str)}
    parts = [part for part in _items(article.get("hasPart")) if isinstance(part, dict) and _is_false(part)]
    selectors = [each for part in parts for each in _items(part.get("cssSelector")) if isinstance(each, str)]
    return Stated(
        headline=_string(article.get("headline")),
        authors=tuple(filter(None, (_name(each, by_id) for each in _items(article.get("author"))))),
        published=_string(article.get("datePublished")),
        description=_string(article.get("description")),
        body=_string(article.get("articleBody")),
        publisher=next(filter(None, (_name(each, by_id) for each in _items(article.get("publisher")))), ""),
        images=tuple(filter(None, (_address(each, by_id) for each in _items(article.get("image"))))),
        is_closed=_is_false(article) or bool(parts),
        closed_classes=tuple(each[1:] for each in selectors if re.fullmatch(r"\.[\w-]{1,80}", each)),
    )


def _read(tree: HtmlElement) -> Iterator[object]:
    for script in tree.xpath("//script[@type='application/ld+json']")[:_MAX_SCRIPTS]:
        source = script.text or ""
        for attempt in (str, _mended):
            try:
                yield json.loads(attempt(source), strict=False)
                break
            except (ValueError, RecursionError):
                continue


def _mended(source: str) -> str:
    source = source.strip()
    for before, behind in zip(_BEFORE, _BEHIND, strict=True):
        source = source.removeprefix(before).removesuffix(behind).strip()
    return _LAST_COMMA.sub(r"\1", source)


def _nodes_in(top: object) -> Iterator[Node]:
    waiting = deque([top])
    for _ in range(_MAX_NODES):
        if not waiting:
            return
        node = waiting.popleft()
        if isinstance(node, list):
            waiting += node[:_MAX_NODES]
        elif isinstance(node, dict):
            yield node
            if graph := node.get("@graph"):
                waiting.append(graph)


def _items(value: object) -> list[object]:
    """One or a list of them, as schema.org allows everywhere."""
    return value[:_MAX_ITEMS] if isinstance(value, list) else [] if value is None else [value]


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _name(value: object, by_id: dict[object, Node]) -> str:
    return value if isinstance(value, str) else _property(value, "name", by_id)


def _address(value: object, by_id: dict[object, Node]) -> str:
    return value if isinstance(value, str) else _property(value, "url", by_id)


def _property(value: object, key: str, by_id: dict[object, Node]) -> str:
    """Of a node, or of the one that it only refers to."""
    if not isinstance(value, dict):
        return ""
    found = value.get(key) or by_id.get(_string(value.get("@id")), {}).get(key)
    return next((each for each in _items(found) if isinstance(each, str)), "")


def _is_article_type(kind: object) -> bool:
    return isinstance(kind, str) and _ARTICLE_TYPE.search(kind) is not None


def _is_false(node: Node) -> bool:
    stated = node.get("isAccessibleForFree")
    return stated is False or (isinstance(stated, str) and stated.strip().lower().rpartition("/")[2] == "false")
