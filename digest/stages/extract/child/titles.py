"""An article's title without the name of its outlet. Reads alone."""

import re
from collections.abc import Collection, Iterator, Sequence
from urllib.parse import urlsplit

from lxml.html import HtmlElement
from trafilatura.metadata import extract_title

from digest.stages.extract.child.blocks import bare_of
from digest.stages.extract.child.limits import MAX_TITLE

_MARK = re.compile(r"\s(?:[|\-–—:•·»«›]|::|//)\s|: ")
_MAX_HEADLINES = 5


def title_of(tree: HtmlElement, stated: str, *, outlets: Sequence[str], url: str) -> str:
    """`stated`, else the headline that the page shows, on one line; without "| The Courier" at its end or beginning.

    A part is an outlet's name where the page says so, where its address has it, or where the page's own headline is
    what stands before it.
    """
    title = " ".join((stated or extract_title(tree) or "")[: 4 * MAX_TITLE].split())
    names = {bare_of(name) for name in outlets if name} | set(_names_in(url))
    headlines = {bare_of(element.text_content()[:MAX_TITLE]) for element in tree.xpath("//h1")[:_MAX_HEADLINES]}
    while (shorter := _once_shorter(title, names=names, headlines=headlines)) != title:
        title = shorter
    return title


def _once_shorter(title: str, *, names: Collection[str], headlines: Collection[str]) -> str:
    """Cut at the last mark, at the one before, or at the first."""
    marks = list(_MARK.finditer(title))
    for mark in dict.fromkeys((*marks[:-3:-1], *marks[:1])):
        before, after = title[: mark.start()].strip(), title[mark.end() :].strip()
        is_headline = mark.group() != ": " and bare_of(before) in headlines
        if before and after and (bare_of(after) in names or is_headline):
            return before
        if before and after and bare_of(before) in names:
            return after
    return title


def _names_in(url: str) -> Iterator[str]:
    """news.courier.example: "newscourierexample", "news", "thenews", "courier", "thecourier"."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    yield bare_of(host)
    labels = host.split(".")
    for label in labels[:-1]:
        if len(name := bare_of(label)) > 2:  # "co" of "co.uk" is no name
            yield name
            yield f"the{name}"
