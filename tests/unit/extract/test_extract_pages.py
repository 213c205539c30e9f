"""The child's reading of pages, called in this process."""

import json
import re
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


TEASER = PARAGRAPHS[:2]


def a_closed_page(*, ending: str = "", stated: dict[str, object] | None = None, paragraphs: int = 2) -> bytes:
    """A page that shows the first paragraphs, and `ending` under them."""
    data = {"@type": "NewsArticle", "headline": "Ferry fares frozen", **(stated or {})}
    head = HEAD.replace("</head>", f'<script type="application/ld+json">{json.dumps(data)}</script></head>')
    inner = "".join(f"<p>{words}</p>" for words in PARAGRAPHS[:paragraphs])
    article = f"<article><h1>Ferry fares frozen</h1><div class='body'>{inner}{ending}</div></article>"
    return f"<!doctype html>{head}<body>{article}</body></html>".encode()


@pytest.mark.parametrize("stated", [False, "False", "false", "https://schema.org/False"])
def test_a_page_that_says_it_is_closed_and_shows_little_is_partial(stated: object) -> None:
    page = extract_article(a_closed_page(stated={"isAccessibleForFree": stated}), url=URL)
    assert page.is_partial
    assert page.text.split("\n\n") == TEASER


def test_a_page_whose_closed_part_is_empty_is_partial_and_one_that_holds_it_is_whole() -> None:
    part = {"@type": "WebPageElement", "isAccessibleForFree": False, "cssSelector": ".premium"}
    stated: dict[str, object] = {"isAccessibleForFree": False, "hasPart": part}
    rest = "".join(f"<p>{words}</p>" for words in PARAGRAPHS[2:])
    empty = extract_article(a_closed_page(stated=stated, ending="<div class='premium'></div>"), url=URL)
    whole = extract_article(a_closed_page(stated=stated, ending=f"<div class='premium'>{rest}</div>"), url=URL)
    assert (empty.is_partial, whole.is_partial) == (True, False)
    assert whole.text.split("\n\n") == PARAGRAPHS


@pytest.mark.parametrize(("tier", "is_partial"), [("locked", True), ("metered", False), ("free", False)])
def test_a_locked_page_is_partial_and_a_metered_one_is_not(tier: str, is_partial: bool) -> None:
    head = HEAD.replace("</head>", f'<meta property="article:content_tier" content="{tier}"></head>')
    assert extract_article(a_page(head=head), url=URL).is_partial is is_partial


@pytest.mark.parametrize(
    "notice",
    [
        "Subscribe to continue reading",
        "Sign in or register for free to read the full story.",
        "To continue reading, please log in or create an account.",
        "This article is for subscribers only.",
        "The rest of this article is available to our subscribers.",
        "You have reached your limit of free articles.",
        "Subscribe now to unlock this article.",
    ],
)
@pytest.mark.parametrize("markup", ["<p>{}</p>", "<div class='paywall'><h3>{}</h3></div>"])
def test_a_notice_under_the_text_makes_it_partial_and_is_no_part_of_it(notice: str, markup: str) -> None:
    page = extract_article(a_closed_page(ending=markup.format(notice)), url=URL)
    assert page.is_partial
    assert page.text.split("\n\n") == TEASER


@pytest.mark.parametrize(
    "ending",
    [
        "",
        "<p>Subscribers of the ferry card continue to pay the old fare, the council said.</p>",
        "<p>Readers may sign up for the hearing, which the council will hold in May.</p>",
        "<div class='newsletter'><p>Sign up for our newsletter</p></div>",
    ],
)
def test_a_short_text_without_a_notice_is_whole(ending: str) -> None:
    assert not extract_article(a_closed_page(ending=ending), url=URL).is_partial


def test_a_long_text_is_whole_whatever_its_page_says() -> None:
    long = "".join(f"<p>{number}. {words}</p>" for number in range(7) for words in PARAGRAPHS)
    notice = "<div class='paywall'><p>Subscribe to continue reading</p></div>"
    html = a_closed_page(stated={"isAccessibleForFree": False}, ending=long + notice)
    page = extract_article(html, url=URL)
    assert not page.is_partial
    assert page.text.endswith(PARAGRAPHS[-1])


@pytest.mark.parametrize(
    "address",
    [
        "data:image/png;base64,iVBOR",
        "https://courier.example/static/logo.png",
        "/img/courier-logo-1200x630.jpg",
        "/assets/default.jpg",
        "/assets/og-default.png",
        "/img/placeholder.png",
        "/img/sprite.png",
        "/u/avatars/ida.jpg",
        "/favicon.ico",
        "/i/share.svg",
        "/1x1.gif",
        "",
    ],
)
def test_no_logo_and_no_placeholder_is_a_lead_image(address: str) -> None:
    head = HEAD.replace("/img/ferry.jpg", address)
    tiny = "<img src='/beacon.jpg' width=1 height=1><img src='/small.jpg' width='60'>"
    page = extract_article(a_page(head=head, between=f"{tiny}<img src='/img/fog.jpg' width=900>"), url=URL)
    assert page.image_url == "https://www.courier.example/img/fog.jpg"
    assert extract_article(a_page(head=head), url=URL).image_url is None


@pytest.mark.parametrize("address", ["/img/logistics-hub.jpg", "/img/iconic-pier.jpg", "/2026/sharing-the-fish.jpg"])
def test_a_picture_whose_name_only_begins_like_a_logo_is_kept(address: str) -> None:
    page = extract_article(a_page(head=HEAD.replace("/img/ferry.jpg", address)), url=URL)
    assert page.image_url == f"https://www.courier.example{address}"


@pytest.mark.parametrize(
    "stated",
    ["Ferry fares frozen | The Courier", "Courier: Ferry fares frozen", "Ferry fares frozen - News - Courier"],
)
def test_the_outlets_name_is_no_part_of_the_title(stated: str) -> None:
    head = HEAD.replace('"og:title" content="Ferry fares frozen"', f'"og:title" content="{stated}"')
    assert extract_article(a_page(head=head), url=URL).title == "Ferry fares frozen"


def test_a_dash_inside_a_title_parts_nothing() -> None:
    head = HEAD.replace('"og:title" content="Ferry fares frozen"', '"og:title" content="Council - fares stay frozen"')
    assert extract_article(a_page(head=head), url=URL).title == "Council - fares stay frozen"


CHANGED = "2026-11-09T08:00:00+00:00"


@pytest.mark.parametrize(
    "stated",
    [
        f'<meta property="article:modified_time" content="{CHANGED}">',
        f'<meta name="last-modified" content="{CHANGED}">',
        f'<meta property="og:updated_time" content="{CHANGED}">',
        f'<meta itemprop="dateModified" content="{CHANGED}">',
        f'<script type="application/ld+json">{{"@type":"NewsArticle","dateModified":"{CHANGED}"}}</script>',
    ],
)
def test_when_a_page_was_changed_is_not_when_it_was_published(stated: str) -> None:
    head = re.sub('<meta property="article:published_time"[^>]*>', stated, HEAD)
    page = extract_article(a_page(head=head), url="https://www.courier.example/ferry")
    assert page.published_at is None
    shown = "<article><time class='updated' datetime='2026-11-09T08:00:00Z'></time></article>"
    page = extract_article(a_page(head=head, before=shown), url="https://www.courier.example/ferry")
    assert page.published_at is None


def test_authors_are_found_where_the_data_only_refers_to_them() -> None:
    graph = [
        {"@type": "Person", "@id": "#ida", "name": "Ida Brandt"},
        {"@type": "NewsArticle", "author": [{"@id": "#ida"}, {"@type": "Person", "name": "Ole Vik"}]},
    ]
    data = f'<script type="application/ld+json">{json.dumps({"@graph": graph})}</script>'
    head = HEAD.replace("Ida Brandt", "Newsroom").replace("</head>", f"{data}</head>")
    assert extract_article(a_page(head=head), url=URL).authors == ("Ida Brandt", "Ole Vik")


@pytest.mark.parametrize("wrapping", ["{}", "<!-- {} -->", "//<![CDATA[\n{}\n//]]>", "/*<![CDATA[*/ {} /*]]>*/"])
def test_data_is_read_in_the_wrappings_that_software_gives_it(wrapping: str) -> None:
    stated = '{"@type": "NewsArticle", "author": {"name": "Ole Vik"}, "keywords": ["a", "b",],}'
    data = f'<script type="application/ld+json">{wrapping.format(stated)}</script>'
    head = HEAD.replace("Ida Brandt", "Newsroom").replace("</head>", f"{data}</head>")
    assert extract_article(a_page(head=head), url=URL).authors == ("Ole Vik",)
