"""Where a feed may be, decided before anybody has been asked."""

import pytest

from digest.model.front_page import Advertised
from digest.net import AddressGuard, GuardedClient
from digest.stages.fetch import (
    addresses_meant,
    guessed_feeds,
    in_order_of_worth,
    is_of_comments,
    known_feeds,
    those_to_ask,
    why_without_feed,
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("herald.example/politics", ("https://herald.example/politics", "http://herald.example/politics")),
        (" //herald.example ", ("https://herald.example", "http://herald.example")),
        ("localhost:8000/x", ("https://localhost:8000/x", "http://localhost:8000/x")),
        ("HTTP://herald.example/", ("HTTP://herald.example/",)),
        ("feed:https://herald.example/rss", ("https://herald.example/rss",)),
        ("feed://herald.example/rss", ("https://herald.example/rss", "http://herald.example/rss")),
        ("javascript:alert(1)", ("javascript:alert(1)",)),
    ],
)
def test_an_address_is_taken_as_it_was_meant(typed: str, meant: tuple[str, ...]) -> None:
    assert addresses_meant(typed) == meant


CHANNEL = "UC" + "a1_-" * 5 + "bc"


@pytest.mark.parametrize(
    ("url", "feed"),
    [
        ("https://mastodon.social/@ada", "https://mastodon.social/@ada.rss"),
        ("https://social.example/users/ada/", "https://social.example/@ada.rss"),
        ("https://mastodon.social/@ada@other.example", "https://other.example/@ada.rss"),
        ("https://bsky.app/profile/ada.bsky.social", "https://bsky.app/profile/ada.bsky.social/rss"),
        ("https://bsky.app/profile/did:plc:abc123", "https://bsky.app/profile/did:plc:abc123/rss"),
        (
            f"https://www.youtube.com/channel/{CHANNEL}/videos",
            f"https://www.youtube.com/feeds/videos.xml?channel_id={CHANNEL}",
        ),
        (
            "https://m.youtube.com/playlist?list=PL0123456789",
            "https://www.youtube.com/feeds/videos.xml?playlist_id=PL0123456789",
        ),
        ("https://ada.substack.com/p/hello", "https://ada.substack.com/feed"),
        ("https://medium.com/@ada/a-story-1f", "https://medium.com/feed/@ada"),
        ("https://ada.medium.com/", "https://ada.medium.com/feed"),
        ("https://ada.wordpress.com/about", "https://ada.wordpress.com/feed/"),
        ("https://ada.blogspot.com", "https://ada.blogspot.com/feeds/posts/default"),
        ("https://ada.tumblr.com/", "https://ada.tumblr.com/rss"),
        ("https://www.tumblr.com/ada", "https://ada.tumblr.com/rss"),
        ("https://old.reddit.com/r/ukpolitics/top", "https://www.reddit.com/r/ukpolitics/.rss"),
    ],
)
def test_a_place_that_gives_every_page_a_feed_is_known(url: str, feed: str) -> None:
    assert known_feeds(url) == (feed,)


@pytest.mark.parametrize(
    "url",
    [
        "https://herald.example/",
        "https://herald.example/users/",
        "https://www.youtube.com/@ada",
        "https://substack.com/home",
        "https://notmedium.com/x",
        "https://herald.example/@ada/1234",
    ],
)
def test_any_other_place_is_not_guessed_by_its_shape(url: str) -> None:
    assert known_feeds(url) == ()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("https://x.com/ada", "X publishes no feed"),
        ("https://mobile.twitter.com/ada", "X publishes no feed"),
        ("https://www.facebook.com/ada", "Facebook publishes no feed"),
        ("https://instagram.com/ada", "Instagram publishes no feed"),
        ("https://www.tiktok.com/@ada", "TikTok publishes no feed"),
        ("https://t.me/s/ada_marsh", "http://127.0.0.1:1200/telegram/channel/ada_marsh"),
    ],
)
def test_a_place_without_feeds_is_told_with_what_to_do_instead(url: str, says: str) -> None:
    told = why_without_feed(url)
    assert told is not None
    assert says in told
    assert "docs/sources/README.md" in told


def test_a_host_that_only_ends_like_a_place_without_feeds_is_none() -> None:
    assert why_without_feed("https://netflix.com/") is None
    assert why_without_feed("https://fox.com/x.com") is None


def test_the_usual_addresses_of_a_section_come_before_those_of_its_site() -> None:
    guesses = guessed_feeds("https://herald.example/politics/?page=2")
    assert guesses[:3] == (
        "https://herald.example/politics/rss",
        "https://herald.example/politics/feed",
        "https://herald.example/politics.rss",
    )
    assert "https://herald.example/feed" in guesses
    assert len(guesses) == len(set(guesses)) <= 17
    assert guessed_feeds("https://herald.example:8080/index.html")[0] == "https://herald.example:8080/feed"


def test_where_each_page_is_somebody_elses_the_sites_own_feed_is_not_guessed() -> None:
    assert guessed_feeds("https://www.youtube.com/@ada") == ()
    assert all("/@ada" in guess for guess in guessed_feeds("https://social.example/@ada"))


def test_a_page_from_outside_sends_us_to_no_private_place_though_the_operator_has_opened_it() -> None:
    client = GuardedClient(
        AddressGuard(["127.0.0.1:1200"]), timeout_seconds=1, max_bytes=1_000, user_agent="Rejoinder/test"
    )
    feeds = [
        Advertised(url=url, title="", is_declared=True)
        for url in ("http://127.0.0.1:1200/telegram/channel/evil", "http://10.0.0.1/feed", "https://h.example/feed")
    ]
    assert those_to_ask(client, "https://h.example/", feeds) == feeds[2:]
    assert those_to_ask(client, "http://127.0.0.1:1200/", feeds) == [feeds[0], feeds[2]]


def test_comments_come_last_and_what_is_like_the_page_first() -> None:
    feeds = [
        Advertised(url="https://h.example/comments/feed", title="", is_declared=True),
        Advertised(url="https://h.example/rss", title="Everything", is_declared=True),
        Advertised(url="https://h.example/politics/rss", title="Politics", is_declared=True),
        Advertised(url="https://h.example/feed/2", title="Comments on: Budget", is_declared=True),
        Advertised(url="https://h.example/politics.xml", title="", is_declared=False),
    ]
    ordered = in_order_of_worth(feeds, near=["https://h.example/politics"])
    assert [feeds.index(feed) for feed in ordered] == [2, 1, 0, 3, 4]


def test_a_papers_page_of_opinion_is_no_feed_of_comments() -> None:
    assert not is_of_comments("https://h.example/commentisfree/rss", "Comment is free")
