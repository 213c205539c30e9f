"""The child's reading of feeds, called in this process: what comes out, not how it is caged."""

import json
from datetime import UTC, datetime

import pytest

from digest.errors import FeedError
from digest.model.feed import Entry, Feed
from digest.stages.extract.child.feeds import parse_feed
from tests.corpus.feeds import WELL_FORMED

URL = "https://courier.example/feeds/news.xml"


def read(body: bytes | str, *, content_type: str | None = None) -> Feed:
    return parse_feed(body if isinstance(body, bytes) else body.encode(), url=URL, content_type=content_type)


def rss(*items: str, head: str = "") -> str:
    return f'<rss version="2.0"><channel><title>Courier</title>{head}{"".join(items)}</channel></rss>'


def only_entry(item: str) -> Entry:
    (entry,) = read(rss(item)).entries
    return entry


def test_rss_2_is_read_with_text_links_author_picture_and_time() -> None:
    feed = read(WELL_FORMED["RSS 2.0"])
    first, second = feed.entries
    assert (feed.title, feed.site_url, feed.language) == ("The Harbour Courier", "https://courier.example/", "en-GB")
    assert feed.warning is None
    assert first.guid == "courier-1"
    assert first.url == "https://courier.example/2026/ferry?utm_source=rss"
    assert first.title == "Ferry fares to be frozen & buses “extended”"
    assert first.author == "Ida Brandt"
    assert first.text == "The council froze fares.\n\nIt’s the third year."
    assert first.links[0] == "https://courier.example/budget"
    assert first.published_at == datetime(2026, 11, 3, 8, 30, tzinfo=UTC)
    assert first.stated_published == "Tue, 03 Nov 2026 09:30:00 +0100"
    assert first.image_url == "https://courier.example/img/1.png"
    assert second.summary == "Plain words of a report."
    assert second.text == ""


def test_a_time_without_a_zone_is_utc_and_kept_as_stated() -> None:
    second = read(WELL_FORMED["RSS 2.0"]).entries[1]
    assert second.published_at == datetime(2026, 11, 3, 8, tzinfo=UTC)
    assert second.stated_published == "2026-11-03 08:00:00"


def test_rss_1_is_read() -> None:
    (entry,) = read(WELL_FORMED["RSS 1.0"]).entries
    assert (entry.url, entry.title) == ("https://old.example/a", "Lighthouse sold")
    assert entry.published_at == datetime(2026, 11, 2, 10, tzinfo=UTC)


def test_atom_links_are_resolved_against_its_own_base() -> None:
    (entry,) = read(WELL_FORMED["Atom"]).entries
    assert entry.url == "https://atom.example/news/tides"
    assert entry.links == ("https://atom.example/news/map",)
    assert entry.text == "High tides.\n\nMap"
    assert (entry.author or "").startswith("Ole Vik")


def test_entities_are_decoded_once() -> None:
    assert read(WELL_FORMED["Atom"]).entries[0].title == "Tides <b>high</b> today"
    assert only_entry("<item><title>AT&amp;amp;T</title></item>").title == "AT&T"


def test_json_feed_is_read() -> None:
    first, second = read(WELL_FORMED["JSON Feed"], content_type="application/feed+json").entries
    assert (first.guid, first.text, first.author) == ("j1", "It is open.", "Mia Holm")
    assert first.links == ("https://json.example/open",)
    assert first.image_url == "https://json.example/bridge.jpg"
    assert first.published_at == datetime(2026, 11, 4, 6, 15, tzinfo=UTC)
    assert second.guid == "2"
    assert second.links == ("https://json.example/else",)


def test_json_with_lone_surrogates_and_wrong_types_is_read_leniently() -> None:
    items = [
        {"id": None, "title": 5, "content_html": "<p>a\ud800b &lt;c</p>", "date_published": "soon", "authors": [1]}
    ]
    feed = read(json.dumps({"version": "https://jsonfeed.org/version/1", "items": [*items, 7]}))
    (entry,) = feed.entries
    assert entry.text == "ab <c"
    assert (entry.published_at, entry.stated_published) == (None, "soon")
    assert entry.guid


def test_a_microblog_without_titles_carries_its_text_in_the_description() -> None:
    item = "<item><guid isPermaLink='false'>p1</guid>"
    item += "<description>&lt;p&gt;We froze fares.&lt;br&gt;Twice.&lt;/p&gt;</description></item>"
    entry = only_entry(item)
    assert (entry.title, entry.text, entry.url) == ("", "We froze fares.\nTwice.", None)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "is empty"),
        (b" \n\xef\xbb\xbf", "is empty"),
        (b"/etc/passwd", "neither RSS nor Atom"),
        (b"http://127.0.0.1:1/feed", "neither RSS nor Atom"),
        (b"<!DOCTYPE html><html><body><p>Hello</p></body></html>", "a web page, not a feed"),
        (b"<html><item>x</item></html>", "a web page, not a feed"),
        (b'{"items": 3}', "no JSON Feed"),
        (b'{"items": [', "not valid JSON"),
        (b'<rss version="2.0"><channel><item', "broken"),
        (bytes(range(256)), "neither RSS nor Atom"),
    ],
)
def test_what_is_no_feed_is_refused_in_words(body: bytes, words: str) -> None:
    with pytest.raises(FeedError, match=words):
        read(body)


def test_a_feed_without_entries_is_a_feed() -> None:
    assert read(rss()).entries == ()


def test_a_quiet_feed_with_a_fault_is_kept_with_a_warning() -> None:
    feed = read("<rss version='2.0'><channel><title>Fish &nbsp; chips</title></channel></rss>")
    assert feed.entries == ()
    assert "undefined entity" in (feed.warning or "")


def test_a_feed_that_was_cut_off_before_its_first_entry_is_broken() -> None:
    with pytest.raises(FeedError, match="broken"):
        read("<rss version='2.0'><channel><title>Fish")


def test_a_broken_feed_that_gives_entries_is_kept_with_a_warning() -> None:
    feed = read(rss("<item><title>Fish &nbsp; chips</title><link>/1</link></item>") + "<oops>")
    assert [entry.title for entry in feed.entries] == ["Fish chips"]
    assert "not well-formed" in (feed.warning or "")


def test_impossible_characters_by_number_do_not_cost_the_feed() -> None:
    feed = read(rss("<item><title>a&#0;b&#xD800;c&#99999999999;d&#8220;</title><link>/1</link></item>"))
    assert feed.entries[0].title == "a�b�c�d“"
    assert feed.warning is None


def test_a_header_that_names_another_charset_is_harmless() -> None:
    body = '<?xml version="1.0" encoding="utf-8"?>' + rss("<item><title>Ærø</title></item>")
    feed = read(body, content_type="text/xml; charset=us-ascii")
    assert (feed.entries[0].title, feed.warning) == ("Ærø", None)


def test_windows_1252_is_decoded() -> None:
    body = ('<?xml version="1.0" encoding="windows-1252"?>' + rss("<item><title>“Ærø”</title></item>")).encode("cp1252")
    assert read(body).entries[0].title == "“Ærø”"


def test_the_link_stands_in_for_a_missing_guid_and_a_hash_for_both() -> None:
    assert only_entry("<item><link>/a</link></item>").guid == "https://courier.example/a"
    assert len(only_entry("<item><title>t</title></item>").guid) == 64


def test_a_repeated_entry_comes_once() -> None:
    item = "<item><guid isPermaLink='false'>g</guid><link>/a</link></item>"
    assert len(read(rss(item, item)).entries) == 1


def test_a_guid_that_every_item_shares_is_no_guid() -> None:
    items = [f"<item><guid isPermaLink='false'>0</guid><link>/{number}</link></item>" for number in range(3)]
    guids = [entry.guid for entry in read(rss(*items)).entries]
    assert guids == ["0", "https://courier.example/1", "https://courier.example/2"]


def test_only_web_links_are_kept() -> None:
    entry = only_entry(
        "<item><title>t</title><link>javascript:alert(1)</link><description>&lt;a href='javascript:x'&gt;a&lt;/a&gt;"
        "&lt;a href='mailto:a@b.example'&gt;m&lt;/a&gt;&lt;a href='/ok'&gt;o&lt;/a&gt;</description></item>"
    )
    assert entry.url is None
    assert entry.links == ("https://courier.example/ok",)


def test_scripts_and_captions_are_no_text() -> None:
    entry = only_entry(
        "<item><description>&lt;p&gt;a&lt;script&gt;evil()&lt;/script&gt;b&lt;/p&gt;&lt;style&gt;x&lt;/style&gt;"
        "&lt;figure&gt;&lt;figcaption&gt;c&lt;/figcaption&gt;&lt;/figure&gt;</description></item>"
    )
    assert entry.summary == "ab"


@pytest.mark.parametrize("date", ["never", "Thu, 01 Jan 99999 00:00:00 GMT", "0000-00-00"])
def test_a_date_that_is_none_costs_only_itself(date: str) -> None:
    entry = only_entry(f"<item><title>t</title><pubDate>{date}</pubDate></item>")
    assert entry.published_at is None
    assert entry.stated_published is not None


def test_of_many_entries_the_newest_500_are_kept_in_the_feeds_order() -> None:
    items = [
        f"<item><link>/{number}</link><pubDate>{datetime(2026, 1, 1 + number // 24 % 28, number % 24, tzinfo=UTC)}"
        "</pubDate></item>"
        for number in range(600)
    ]
    entries = read(rss(*items)).entries
    assert [entry.url for entry in entries] == [f"https://courier.example/{number}" for number in range(100, 600)]


def test_a_hundred_thousand_entries_are_cut_before_they_are_parsed() -> None:
    feed = read(rss(*(f"<item><link>/{number}</link></item>" for number in range(100_000))))
    assert len(feed.entries) == 500
    assert "first 1,000" in (feed.warning or "")


def test_fields_have_an_end() -> None:
    title, author, words = "t" * 5_000, "a" * 65_536, "w " * 300_000
    entry = only_entry(
        f"<item><title>{title}</title><author>{author}</author><description>{words}</description></item>"
    )
    assert len(entry.title) <= 1_000
    assert len(entry.author or "") <= 300
    assert len(entry.summary) <= 5_000
    assert len(entry.text) <= 200_000


def test_entities_of_a_document_type_are_not_expanded_and_files_not_read() -> None:
    bomb = "".join(f'<!ENTITY l{number} "{f"&l{number - 1};" * 10}">' for number in range(1, 10))
    feed = f'<!DOCTYPE r [<!ENTITY l0 "lol">{bomb}<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    entries = read(feed + rss("<item><title>x &f; &l9;</title></item>")).entries
    assert len(entries[0].title) <= 1_000
    assert "root:" not in entries[0].title


def test_a_date_that_every_entry_shares_is_no_date_of_a_change() -> None:
    def feed(*updated: str) -> bytes:
        entries = "".join(
            f"<entry><id>{n}</id><title>Report {n}</title><updated>{moment}</updated></entry>"
            for n, moment in enumerate(updated)
        )
        return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>{entries}</feed>'.encode()

    one, other = "2026-11-23T10:00:00Z", "2026-11-23T11:00:00Z"
    assert [entry.stated_updated for entry in read(feed(one, other)).entries] == [one, other]
    assert [entry.stated_updated for entry in read(feed(one, one)).entries] == [None, None]


ATOM = "xmlns:atom='http://www.w3.org/2005/Atom'"


def test_hubs_and_own_address_are_read_from_the_links_of_rss() -> None:
    links = "<atom:link rel='hub' href='https://hub.example/'/><atom:link rel='self' href='/self'/>"
    feed = read(f"<rss version='2.0' {ATOM}><channel><title>C</title>{links}</channel></rss>")
    assert (feed.hub_urls, feed.self_url) == (("https://hub.example/",), "https://courier.example/self")


def test_hubs_and_own_address_are_read_from_the_links_of_atom() -> None:
    hubs = "<link rel='hub' href='https://a.example/'/><link rel='hub' href='https://b.example/'/>"
    links = f"{hubs}<link rel='self' href='x'/>"
    feed = read(f"<feed xmlns='http://www.w3.org/2005/Atom'><title>C</title>{links}<entry><id>1</id></entry></feed>")
    assert feed.hub_urls == ("https://a.example/", "https://b.example/")
    assert feed.self_url == "https://courier.example/feeds/x"


def test_an_entrys_links_and_odd_addresses_name_no_hub() -> None:
    item = "<item><guid>1</guid><title>t</title><atom:link rel='hub' href='https://evil.example/'/></item>"
    odd = "<atom:link rel='hub' href='javascript:x'/><atom:link rel='hub'/><atom:link rel='self' href='file:///x'/>"
    feed = read(f"<rss version='2.0' {ATOM}><channel><title>C</title>{odd}{item}</channel></rss>")
    assert (feed.hub_urls, feed.self_url) == ((), None)


def test_many_hubs_are_cut_at_a_bound() -> None:
    links = "".join(f"<atom:link rel='hub' href='https://h{number}.example/'/>" for number in range(50))
    assert len(read(f"<rss version='2.0' {ATOM}><channel><title>C</title>{links}</channel></rss>").hub_urls) == 5


def test_json_feed_names_its_hubs_leniently() -> None:
    hubs = [{"type": "WebSub", "url": "https://hub.example/"}, {"type": "rssCloud", "url": "https://x.example/"}, 7]
    stated = {"version": "https://jsonfeed.org/version/1.1", "items": [], "feed_url": "/feed.json", "hubs": hubs}
    feed = read(json.dumps(stated))
    assert (feed.hub_urls, feed.self_url) == (("https://hub.example/",), "https://courier.example/feed.json")
    assert read(json.dumps(stated | {"hubs": "https://hub.example/"})).hub_urls == ()
