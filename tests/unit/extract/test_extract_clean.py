from html.parser import HTMLParser

import pytest

from digest.stages.extract import clean_html
from digest.stages.extract.clean import MAX_HTML
from tests.corpus.nasty_html import VECTORS, nasty_html

BASE = "https://courier.example/news/today"


def test_plain_elements_stay_and_links_are_absolute_and_followed_by_nobody() -> None:
    cleaned = clean_html('<h2>A</h2><p>b <a href="../x" onclick="y()">c</a></p>', base_url=BASE)
    assert cleaned == '<h2>A</h2><p>b <a href="https://courier.example/x" rel="nofollow noopener">c</a></p>'


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<svg><a href='javascript:x'>s</a></svg>",
        "<math><mtext></mtext></math>",
        "<style>*{}</style>",
        "<iframe src='https://evil.example'>x</iframe>",
        "<textarea><p>x</p></textarea>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
        "<img src='https://evil.example/pixel'>",
    ],
)
def test_what_is_no_text_goes_with_all_it_holds(html: str) -> None:
    cleaned = clean_html(f"<p>a</p>{html}", base_url=BASE)
    assert "evil" not in cleaned
    assert "alert" not in cleaned or "&lt;" in cleaned
    assert "<p>a</p>" in cleaned
    assert not any(mark in cleaned for mark in ("<script", "<svg", "<math", "<style", "<img", "<iframe", "<textarea"))


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " java\nscript:alert(1)",
        "&#106;avascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "http://[bad",
    ],
)
def test_a_link_that_is_no_web_or_mail_address_leads_nowhere(href: str) -> None:
    assert "href" not in clean_html(f'<a href="{href}">x</a>', base_url=BASE)


def test_mail_links_stay() -> None:
    assert 'href="mailto:a@b.example"' in clean_html('<a href="mailto:a@b.example">x</a>', base_url=BASE)


def test_lone_surrogates_do_not_break_it() -> None:
    assert clean_html("<p>a\ud800b</p>", base_url=BASE) == "<p>ab</p>"


class _Elements(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: set[str] = set()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links |= {value or "" for name, value in attrs if name == "href"}
        assert {name for name, _ in attrs} <= {"href", "rel"}


@pytest.mark.parametrize("html", VECTORS)
def test_nothing_survives_of_what_has_broken_sanitizers(html: str) -> None:
    elements = _Elements(clean_html(html, base_url=BASE))
    assert elements.tags <= {"p", "a", "b", "i", "h2"}
    assert all(link.startswith(("https://", "mailto:")) and "user" not in link for link in elements.links)


def test_what_is_put_together_at_random_is_clean_at_once() -> None:
    for html in nasty_html(1_500, seed=9):
        cleaned = clean_html(html, base_url=BASE)
        assert clean_html(cleaned, base_url=BASE) == cleaned, html
        assert all(link.startswith(("https://", "mailto:")) for link in _Elements(cleaned).links), html


@pytest.mark.parametrize(
    "base", ["javascript:alert(1)//", "data:text/html,x", "http://[bad", "", "file:///etc/", "\x00"]
)
def test_a_hostile_base_costs_relative_links_alone(base: str) -> None:
    cleaned = clean_html(
        "<a href='x'>x</a><a href='//e.example/y'>y</a><a href='https://ok.example/'>z</a>", base_url=base
    )
    assert _Elements(cleaned).links == {"https://ok.example/"}


@pytest.mark.parametrize(
    "piece", ["<div>", "<ul><li>", "<b>", "<p><b><table><td>", "<h2><x>", "&", "<", "<!--", "<a href=x>"]
)
def test_a_megabyte_is_bounded_and_clean_at_once(piece: str) -> None:
    cleaned = clean_html(piece * (1_000_000 // len(piece)), base_url=BASE)
    assert len(cleaned) <= MAX_HTML
    assert clean_html(cleaned, base_url=BASE) == cleaned


def test_elements_too_deep_lose_their_tags_and_keep_their_words() -> None:
    cleaned = clean_html("<blockquote>a" * 300 + "</blockquote>" * 300 + "<p>b</p>", base_url=BASE)
    assert cleaned.replace("blockquote", "").count("a") == 300
    assert cleaned.count("<blockquote>") == cleaned.count("</blockquote>") == 100
    assert cleaned.endswith("<p>b</p>")


def test_many_paragraphs_are_not_deep() -> None:
    html = "<p>a<br>" * 500 + "<ul>" + "<li>b" * 500
    assert clean_html(html, base_url=BASE).count("<p>") == 500
    assert clean_html(html, base_url=BASE).count("<li>") == 500
