"""The child's reading of feeds, called in this process: what comes out, not how it is caged."""

import json
from datetime import UTC, datetime

import pytest

from digest.errors import FeedError
from digest.model.feed import Entry, Feed
from digest.stages.extract.child.feeds import parse_feed
from tests.corpus.feeds import TITLE_BY_ENCODING, WELL_FORMED
from tests.corpus.hostile_feeds import BROKEN, HOSTILE

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


@pytest.mark.parametrize(
    ("kind", "feed_title", "title", "url", "author", "published"),
    [
        ("RSS 0.90", "Harbour Wire", "Crane repaired", "https://wire.example/crane", None, None),
        ("RSS 0.91", "Quay News", "Pier Nine opens", "https://quay.example/pier", None, None),
        ("RSS 0.92", "Dock Diary", "", None, None, None),
        ("Atom 0.3", "Old Atom", "Tram line agreed", "https://old-atom.example/tram", "Per Lund", (1, 8)),
        (
            "Atom of several sources",
            "Planet Harbour",
            "Hafen & Stadt",
            "https://one.example/blog/hafen.html",
            "Åse Ø",
            (2, 0),
        ),
        ("CDF", "Channel of Old", "Buoys moved", "https://cdf.example/1", None, (2, 0)),
        ("JSON Feed 1.0", "Json Early", "On a report", "https://other.example/report", "Early Staff", (4, 7)),
        ("podcast", "The Tide Table", "Episode 9: rents", None, None, (4, 6)),
        ("places", "Works on the roads", "Bridge Street closed", "https://roads.example/1", None, (2, 0)),
        ("WordPress", "Ward Blog", "Nurses’ hours", "https://ward.example/2026/11/nurses/", "Ann Dale", (3, 9)),
        ("videos", "Speeches", "Speech on rents", "https://video.example/watch?v=abc&t=1", None, (3, 18)),
        ("Mastodon", "Ida Brandt", "", "https://toots.example/@ida/1", None, (3, 10)),
        ("Bluesky", "@ida - Ida Brandt", "", "https://sky.example/profile/ida/post/1", None, (3, 11)),
        ("Telegram", "Ida / Telegram", None, "https://t.example/ida/5", "Ida", (3, 17)),
    ],
)
def test_each_dialect_is_read(
    kind: str,
    feed_title: str,
    title: str | None,
    url: str | None,
    author: str | None,
    published: tuple[int, int] | None,
) -> None:
    feed = read(WELL_FORMED[kind])
    (entry,) = feed.entries
    assert (feed.title, entry.url, entry.author) == (feed_title, url, author)
    assert title is None or entry.title == title
    moment = entry.published_at
    assert (moment and (moment.day, moment.hour)) == published
    assert feed.warning is None
    assert entry.title or entry.text


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("WordPress", "Hours were agreed.\n\nNights\n\nDays"),
        ("Mastodon", "We froze #fares.\nAgain."),
        ("Telegram", "📢 Meeting tonight at seven, bring a friend and a chair.\n\nida.example/meet"),
        ("Atom of several sources", "Lang mehr."),
        ("Atom 0.3", "Agreed at last."),
    ],
)
def test_whole_texts_are_plain(kind: str, text: str) -> None:
    assert read(WELL_FORMED[kind]).entries[0].text == text


@pytest.mark.parametrize("encoding", TITLE_BY_ENCODING)
def test_each_encoding_is_read_whatever_it_is_called(encoding: str) -> None:
    title, body = TITLE_BY_ENCODING[encoding]
    (entry,) = read(body).entries
    assert (entry.title, entry.summary) == (title, f"{title} €")


def test_a_server_that_names_the_wrong_charset_is_not_believed_against_utf_8() -> None:
    body = WELL_FORMED["Atom of several sources"]
    assert read(body, content_type="text/xml; charset=iso-8859-1").entries[0].author == "Åse Ø"
    assert read(body, content_type="application/xml; charset=utf-16").entries[0].author == "Åse Ø"


@pytest.mark.parametrize(
    "charset", ["zlib_codec", "undefined", "punycode", "idna", "\x00", "../../etc/passwd", "utf-16"]
)
def test_a_charset_that_is_none_costs_nothing(charset: str) -> None:
    title, body = TITLE_BY_ENCODING["Latin-1"]
    assert read(body, content_type=f"text/xml; charset={charset}").entries[0].title == title


def test_json_that_is_a_list_is_told_apart() -> None:
    with pytest.raises(FeedError, match="no JSON Feed"):
        read("[1, 2]", content_type="application/json")


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_feed_gives_what_can_be_had(kind: str) -> None:
    entries = read(BROKEN[kind]).entries
    assert entries[0].url in {"https://courier.example/kept", "https://courier.example/2026/ferry?utm_source=rss"}
    assert all("\x00" not in entry.text + entry.summary for entry in entries)


@pytest.mark.parametrize("kind", [kind for kind in HOSTILE if "entit" in kind or "laughs" in kind or "from" in kind])
def test_no_entity_reaches_a_file_or_swells(kind: str) -> None:
    try:
        feed = read(HOSTILE[kind])
    except (FeedError, MemoryError):
        return
    assert "root:" not in repr(feed)
    assert sum(len(entry.summary) + len(entry.text) for entry in feed.entries) < 10_000


def test_every_field_is_freed_of_what_a_page_could_run() -> None:
    feed = read(HOSTILE["a script in each field"])
    (entry,) = feed.entries
    assert (entry.title, entry.author, entry.url, entry.image_url, entry.links) == ("Kept", None, None, None, ())
    assert (feed.site_url, feed.language) == (None, None)


@pytest.mark.parametrize(
    ("stated", "title"),
    [
        ("&lt;b&gt;Fish&lt;/b&gt; and chips", "Fish and chips"),
        ("&lt;img src=x onerror=x()&gt;Fish", "Fish"),
        ('<![CDATA[<span class="k">Fish</span>&#8230;]]>', "Fish…"),
        ("Rents &lt; wages", "Rents < wages"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"),
    ],
)
def test_a_title_of_rss_is_html_where_it_holds_elements_of_html(stated: str, title: str) -> None:
    assert only_entry(f"<item><title>{stated}</title></item>").title == title


def test_an_author_may_have_an_address_in_angle_brackets() -> None:
    author = only_entry("<item><author>Ida Brandt &lt;ida@courier.example&gt;</author></item>").author
    assert (author or "").startswith("Ida Brandt")
    assert only_entry("<item><author>&lt;b&gt;Ida&lt;/b&gt;</author></item>").author == "Ida"


@pytest.mark.parametrize(
    ("kind", "guids"),
    [
        ("JSON of no numbers", None),
        ("JSON of the same key", {"2"}),
        ("JSON of lone surrogates", None),
        ("JSON of wrong kinds", None),
    ],
)
def test_hostile_json_is_read_leniently(kind: str, guids: set[str] | None) -> None:
    found = {entry.guid for entry in read(HOSTILE[kind]).entries}
    assert found
    assert guids is None or found == guids


def test_a_number_of_a_million_digits_costs_only_itself() -> None:
    assert read(HOSTILE["JSON of great numbers"]).entries[0].title == "Kept"


def test_a_feed_of_more_than_3_mb_is_read_as_far_as_that() -> None:
    item = f"<item><title>Long</title><link>/%d</link><description>{'word ' * 4_000}</description></item>"
    feed = read(rss(*(item % number for number in range(200))))
    assert 140 < len(feed.entries) < 150
    assert [entry.url for entry in feed.entries][:2] == ["https://courier.example/0", "https://courier.example/1"]
    assert "very long" in (feed.warning or "")


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
