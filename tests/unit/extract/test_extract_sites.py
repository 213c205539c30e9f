"""What a page says of its site's feeds, read as the child reads it."""

import pytest

from digest.errors import ExtractError
from digest.model.front_page import FrontPage
from digest.stages.extract.child.sites import MAX_FEEDS, read_front_page

URL = "https://herald.example/politics/"


def read(html: str | bytes, *, content_type: str | None = "text/html") -> FrontPage:
    body = html if isinstance(html, bytes) else html.encode()
    return read_front_page(body, url=URL, content_type=content_type)


def link(href: str, *, kind: str = "application/rss+xml", title: str = "") -> str:
    return f'<link rel="alternate" type="{kind}" title="{title}" href="{href}">'


def test_declared_feeds_come_first_absolute_and_each_once() -> None:
    page = read(
        '<html lang="en-GB"><head><title>Politics | The Herald</title>'
        '<meta property="og:site_name" content="The Herald">'
        '<link rel="canonical" href="/politics"><link rel="hub" href="https://hub.example/">'
        + link("/politics/rss", title="Politics")
        + link("all.atom#top", kind="application/atom+xml; charset=utf-8")
        + link("feed:https://herald.example/politics/rss")
        + '</head><body><a href="/rss.xml">RSS</a> <a href="/politics/rss">Feed</a></body></html>'
    )
    assert [(feed.url, feed.title, feed.is_declared) for feed in page.feeds] == [
        ("https://herald.example/politics/rss", "Politics", True),
        ("https://herald.example/politics/all.atom", "", True),
        ("https://herald.example/rss.xml", "RSS", False),
    ]
    assert (page.title, page.language, page.more_feeds) == ("The Herald", "en-GB", 0)
    assert page.canonical_url == "https://herald.example/politics"
    assert page.hub_url == "https://hub.example/"


def test_an_interface_for_programs_and_another_language_of_the_page_are_no_feeds() -> None:
    others = link("/wp-json/wp/v2/pages/2", kind="application/json") + link("/oembed", kind="application/json+oembed")
    assert read(f'<html>{others}<link rel="alternate" hreflang="cy" href="/cy/feed"></html>').feeds == ()
    assert [feed.url for feed in read(link("/feed.json", kind="application/json")).feeds] == [
        "https://herald.example/feed.json"
    ]


def test_links_that_only_speak_of_food_or_feedback_are_no_feeds() -> None:
    page = read('<a href="/feedback">Send feedback</a><a href="/news/farmers-feed-cattle">Farmers feed cattle</a>')
    assert page.feeds == ()


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)//feed", "data:text/xml,feed", "file:///feed", "", "https://u:p@x/feed"]
)
def test_addresses_that_nobody_may_follow_are_left_out(href: str) -> None:
    assert read(link(href) + f'<a href="{href}" type="application/rss+xml">RSS feed</a>').feeds == ()


def test_base_of_the_page_counts() -> None:
    assert read('<base href="https://cdn.example/x/">' + link("feed")).feeds[0].url == "https://cdn.example/x/feed"


def test_ten_thousand_feeds_are_fifty_and_a_number() -> None:
    page = read("".join(link(f"/feed/{number}") for number in range(3_000)))
    assert (len(page.feeds), page.more_feeds) == (MAX_FEEDS, 2_950)


def test_titles_lose_orders_for_the_terminal_and_most_of_a_megabyte() -> None:
    page = read(
        f"<title>A \x1b[31mB\x9b \u202e{'x' * 1_000_000}</title>" + link("/feed", title="\x1b]0;evil\x07" + "y" * 999)
    )
    assert len(page.title) <= 1_000
    assert page.title.startswith("A [31mB")
    assert page.feeds[0].title.startswith("]0;evily")
    assert len(page.feeds[0].title) <= 200


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "utf-16"])
def test_the_encoding_that_the_server_names_is_used(encoding: str) -> None:
    page = read("<html><title>Überblick</title>".encode(encoding), content_type=f"text/html; charset={encoding}")
    assert page.title == "Überblick"


@pytest.mark.parametrize("body", [b"", b"  \n", b"<!-- -->"])
def test_nothing_is_no_page(body: bytes) -> None:
    with pytest.raises(ExtractError):
        read(body, content_type="text/html; charset=no-such-thing")
