"""The child's reading of pages, called in this process."""

import json
from datetime import UTC, datetime

import pytest

from digest.errors import ExtractError
from digest.stages.extract.child.facts import _names
from digest.stages.extract.child.pages import extract_article
from tests.corpus.pages import OUTLETS, mutated_pages, specimens

URL = "https://www.courier.example/2026/11/ferry?utm_source=rss"
PARAGRAPHS = [
    "The council voted on Tuesday to freeze the ferry fares for the third year, after a debate of some hours.",
    "Members of the opposition said that the money would be missing from the schools, which the mayor denied.",
    "The islanders had gathered outside the hall with lanterns, and they sang when the result was read to them.",
    "The ferries carry four hundred thousand people a year, and half of them pay the reduced fare already.",
]
HEAD = """<html lang="en-GB"><head><meta charset="utf-8"><title>Ferry fares frozen | Courier</title>
<link rel="canonical" href="https://courier.example/2026/11/ferry">
<meta property="og:title" content="Ferry fares frozen"><meta property="og:image" content="/img/ferry.jpg">
<meta name="description" content="The council froze ferry fares for the third year after an evening of debate.">
<meta name="author" content="Ida Brandt"><meta property="article:published_time" content="2026-11-03T20:15:00+01:00">
</head>"""


def a_page(*, before: str = "", between: str = "", after: str = "", head: str = HEAD) -> bytes:
    inner = between.join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    article = f"<article><h1>Ferry fares frozen</h1>{inner}</article>"
    return f"<!doctype html>{head}<body>{before}{article}{after}</body></html>".encode()


def test_a_page_gives_its_text_in_paragraphs_and_its_facts() -> None:
    page = extract_article(a_page(), url=URL)
    assert page.text.split("\n\n") == PARAGRAPHS
    assert page.title == "Ferry fares frozen"
    assert page.authors == ("Ida Brandt",)
    assert page.published_at == datetime(2026, 11, 3, 19, 15, tzinfo=UTC)
    assert page.canonical_url == "https://courier.example/2026/11/ferry"
    assert page.image_url == "https://www.courier.example/img/ferry.jpg"
    assert (page.language, page.extractor) == ("en", "trafilatura")


@pytest.mark.parametrize(
    "remnant",
    [
        "<p>Advertisement</p>",
        "<p>Related: <a href='/x'>Another ferry</a></p>",
        "<p>Sign up for our morning newsletter here.</p>",
        "<p>We use cookies to improve your visit.</p>",
        "<p>Media player: this video is not available in your region.</p>",
        "<p>Read more: the schools</p>",
    ],
)
def test_what_stands_between_the_paragraphs_is_left_out(remnant: str) -> None:
    assert extract_article(a_page(between=remnant), url=URL).text.split("\n\n") == PARAGRAPHS


def test_a_table_that_lays_out_the_page_is_no_table_of_figures() -> None:
    cells = "<table><tr><td><a href=/>Home</a> <a href=/n>News</a></td><td>"
    page = extract_article(a_page(before=cells, after="</td></tr></table>"), url=URL)
    assert page.text.split("\n\n") == PARAGRAPHS


@pytest.mark.parametrize(
    ("encoding", "declared"), [("cp1252", "iso-8859-1"), ("cp1251", "windows-1251"), ("utf-16", None), ("utf-8", None)]
)
def test_the_declared_charset_is_followed(encoding: str, declared: str | None) -> None:
    words = "Привет островитяне" if encoding == "cp1251" else "“Ærø” naïve"
    html = (
        a_page(before=f"<p>{words}</p>")
        .decode()
        .replace("utf-8", declared or "utf-8")
        .replace(PARAGRAPHS[0], words + PARAGRAPHS[0])
    )
    assert words in extract_article(html.encode(encoding), url=URL).text


def test_a_page_that_shows_nothing_may_state_its_text_as_data() -> None:
    stated = json.dumps({"@type": "NewsArticle", "articleBody": PARAGRAPHS[0]})
    data = f'<script type="application/ld+json">{stated}</script>'
    page = extract_article(f"<html><head><title>x</title>{data}</head><body></body></html>".encode(), url=URL)
    assert PARAGRAPHS[0] in page.text


@pytest.mark.parametrize(
    ("html", "words"),
    [
        (b"", "is empty"),
        (b"   ", "is empty"),
        (b"<html><body></body></html>", "holds no article text"),
        (
            b"<html><head><title>Only a title</title></head><body><nav><a href=/>Home</a></nav></body></html>",
            "holds no",
        ),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "page|HTML|text"),
    ],
)
def test_a_page_without_an_article_is_refused_in_words(html: bytes, words: str) -> None:
    with pytest.raises(ExtractError, match=words):
        extract_article(html, url=URL)


@pytest.mark.parametrize("outlet", ["split-lead", "many-comments", "brief", "related-inside", "read-more-fold"])
def test_the_whole_article_and_nothing_beside_it_is_read(outlet: str) -> None:
    specimen = next(each for each in specimens(1, seed=5) if each.outlet == outlet)
    assert extract_article(specimen.html, url=specimen.url).text == specimen.text


def test_pages_of_every_outlet_are_read() -> None:
    pages = list(specimens(1, seed=5))
    assert {page.outlet for page in pages} == set(OUTLETS)
    for page in pages:
        found = extract_article(page.html, url=page.url).text.split("\n\n")
        told = page.prose.paragraphs[:2]
        assert [words for words in told if words in found] == list(told), page.outlet


def test_injured_pages_are_read_or_refused_in_words() -> None:
    for html in mutated_pages(12, seed=3):
        try:
            assert extract_article(html, url=URL).text
        except ExtractError as error:
            assert str(error)  # noqa: PT017 both ends are right; any other exception fails the test


def test_a_filing_wrapped_in_an_element_of_its_own_is_read() -> None:
    filing = b"<DOCUMENT>\n<TYPE>EX-99.1\n<TEXT>\n" + a_page() + b"</TEXT></DOCUMENT>"
    assert PARAGRAPHS[2] in extract_article(filing, url=URL).text


@pytest.mark.parametrize(
    ("stated", "names"),
    [
        ("By Ida Brandt; Ole Vik ole@atom.example", ("Ida Brandt", "Ole Vik")),
        ("Ida Brandt; ida brandt", ("Ida Brandt",)),
        ("admin; Staff", ()),
        ("Luigi Di Maio; Di Maio", ("Luigi Di Maio", "Di Maio")),
    ],
)
def test_authors_are_names_alone_and_each_once(stated: str, names: tuple[str, ...]) -> None:
    assert _names(stated) == names
