import pytest

from digest.stages.extract import clean_html

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
