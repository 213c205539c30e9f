"""What is always true of finding feeds: no address and no bytes break it, and what is read of strangers is harmless."""

import unicodedata
from urllib.parse import urlsplit

from hypothesis import given
from hypothesis import strategies as st

from digest.errors import ExtractError, FeedError
from digest.stages.extract.child.opml import parse_opml
from digest.stages.extract.child.sites import read_front_page
from digest.stages.fetch import addresses_meant, guessed_feeds, known_feeds, why_without_feed

BEGINNINGS = ["https://", "http://", "", "//"]
HOSTS = ["herald.example", "www.youtube.com", "bsky.app", "medium.com", "a.tumblr.com", "t.me", "[::1]:80", "[x"]
addresses = st.one_of(
    st.text(max_size=60),
    st.builds("{}{}/{}".format, st.sampled_from(BEGINNINGS), st.sampled_from(HOSTS), st.text(max_size=40)),
)


@given(addresses)
def test_no_address_breaks_the_guessing_and_every_guess_is_an_address_on_the_web(text: str) -> None:
    meant = addresses_meant(text)
    assert 1 <= len(meant) <= 2
    for url in meant:
        why_without_feed(url)
        for feed in (*known_feeds(url), *guessed_feeds(url)):
            if url.startswith(("https://", "http://")):
                assert urlsplit(feed).scheme in {"https", "http"}


parts_of_pages = st.sampled_from(
    """<html> <title> > ' " <base href= <a href= /rss.xml feed javascript:feed
    <link rel=alternate type=application/rss+xml href=""".replace("\n    ", " ").split(" ")
)
pages = st.lists(st.one_of(parts_of_pages, st.text(max_size=15)), max_size=20).map(" ".join)


@given(st.one_of(pages.map(lambda page: page.encode("utf-8", "surrogatepass")), st.binary(max_size=200)))
def test_no_page_breaks_the_reader_or_gets_anything_but_web_addresses_and_plain_lines_through(body: bytes) -> None:
    try:
        page = read_front_page(body, url="https://herald.example/", content_type=None)
    except ExtractError:
        return
    for feed in page.feeds:
        assert urlsplit(feed.url).scheme in {"https", "http"}
    for text in (page.title, *(feed.title for feed in page.feeds)):
        assert not any(unicodedata.category(character) == "Cc" for character in text)


outlines = st.lists(
    st.sampled_from(
        ["<opml>", "<body>", "<outline text='A' xmlUrl='https://a.example/?b&c'/>", "<outline text='&eacute;&x;'>",
         "</outline>", "</body>", "</opml>", "<!DOCTYPE opml [<!ENTITY x 'y'>]>", "\x00", "&", "<?xml version='1.0'?>"]
    ),
    max_size=12,
)  # fmt: skip


@given(st.one_of(outlines.map(lambda parts: "".join(parts).encode()), st.binary(max_size=200)))
def test_no_list_breaks_the_reader(body: bytes) -> None:
    try:
        listed = parse_opml(body)
    except FeedError:
        return
    assert all(outline.line >= 1 for outline in listed.outlines)
