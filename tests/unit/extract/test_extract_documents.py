"""Pages made to cost: how much of them is read, whoever reads it. No time is measured; what costs time is counted."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from lxml.html import HtmlElement

from digest.errors import ExtractError
from digest.stages.extract.child.documents import (
    MAX_ELEMENTS,
    MAX_JSON,
    MAX_NAMES,
    MAX_SEEN,
    MAX_STEPS,
    MAX_TAG,
    document_of,
)
from digest.stages.extract.child.pages import extract_article

START = b"<!doctype html><html><head><title>x</title></head><body>"

HOSTILE: dict[str, Callable[[], bytes]] = {
    "boxes in boxes": lambda: START + b"<div>" * 1_000_000,
    "boxes in boxes, closed": lambda: START + (b"<div class='sidebar'>" * 200 + b"A word." + b"</div>" * 200) * 800,
    "words in words": lambda: START + b"<p>" + b"<span>word " * 450_000,
    "tables in tables": lambda: START + b"<table><tr><td>A cell " * 200_000,
    "a million paragraphs": lambda: START + b"<p>x" * 1_000_000,
    "links": lambda: START + b"".join(b"<a href='/%d'>Story %d</a> " % (at, at) for at in range(100_000)),
    "a long class": lambda: START + b"<div class='" + b"share " * 800_000 + b"'><p>A word.</p></div>",
    "long classes": lambda: START + (b"<div class='" + b"share-x " * 400 + b"'><p>A word.</p></div>") * 1400,
    "many attributes": lambda: (
        START + b"<div " + b" ".join(b"a%d=x" % at for at in range(300_000)) + b"><p>A word.</p>"
    ),
    "many attributes behind a quoted bracket": lambda: (
        START + b"""<div x=a"b y=">" """ + b" ".join(b"a%d=x" % at for at in range(300_000)) + b"><p>A word.</p>"
    ),
    "one long text": lambda: START + b"<article><p>" + b"2026-03-04 12/11 " * 290_000,
    "one long word": lambda: START + b"<article><p>" + b"1" * 5_000_000,
    "a long byline": lambda: START + b"<article><div class='byline'>" + b"by a@b " * 700_000 + b"</div><p>A word.</p>",
    "a long title": lambda: b"<html><head><title>" + b" - | a" * 800_000 + b"</title></head><body><p>A word.</p>",
    "a long script": lambda: START + b"<p>A word.</p><script>" + b"x='</p>';" * 500_000 + b"</script>",
    "an open comment": lambda: START + b"<p>A word.</p>" + b"<!-- " * 1_000_000,
    "deep JSON": lambda: (
        START + b"<script type='application/ld+json'>" + b'{"@graph":[' * 40_000 + b"</script><p>A word."
    ),
    "broken JSON": lambda: (
        START + b"<script type='application/ld+json'>" + b'{"author":{"name":"' * 20_000 + b"</script><p>A word."
    ),
    "JSON of blanks": lambda: START + b"<script type='application/ld+json'>" + b" " * 499_000 + b"x</script><p>A word.",
    "many titles": lambda: b"<html><head>" + b"<meta property='og:title' content='a | b'>" * 60_000 + b"<p>A word.",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_of_a_page_made_to_cost_only_so_much_is_read(name: str) -> None:
    html = HOSTILE[name]()
    _assert_is_bounded(document_of(html))
    with suppress(ExtractError):
        assert extract_article(html, url="https://hostile.example/page").text


def _assert_is_bounded(tree: HtmlElement) -> None:
    elements = list(tree.iter())
    assert len(elements) <= MAX_ELEMENTS
    assert sum(sum(1 for _ in element.iterancestors()) for element in elements) <= MAX_STEPS
    assert sum(map(len, tree.xpath("//@class | //@id"))) <= MAX_NAMES
    assert all(len(value) <= 300_000 for value in tree.xpath("//@*"))
    assert len(tree.xpath("string()")) <= MAX_SEEN + MAX_JSON
    assert max((len(element.attrib) for element in elements), default=0) <= MAX_TAG // 2


def test_what_no_reader_looks_at_is_gone_and_what_follows_it_stays() -> None:
    drawn = "<svg><path d='M0'/></svg>one <script>x()</script>two <style>a{}</style>three <iframe src=/x></iframe>four"
    tree = document_of(f"<html><body><p>{drawn}</p></body></html>".encode())
    assert tree.text_content() == "one two three four"
    assert not tree.xpath("//svg | //script | //style | //iframe")


def test_a_picture_written_out_costs_its_tag_the_attributes_and_nothing_else() -> None:
    picture = f'<img class="lead" alt="a > b" src="data:image/png;base64,{"A" * MAX_TAG}">'
    tree = document_of(f"<html><body><p>Before {picture}after.</p><p class=x>Below.</p></body></html>".encode())
    assert tree.text_content() == "Before after.Below."
    assert [dict(element.attrib) for element in tree.iter("img", "p")] == [{}, {}, {"class": "x"}]
