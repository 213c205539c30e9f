from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from digest.model.article import TextOrigin
from digest.model.feed import Entry, Page
from digest.model.ids import SourceId
from digest.model.source import Source, SourceKind
from digest.stages.extract import article_from, needs_page
from digest.stages.extract.articles import entry_of
from tests.factories import an_article

NOW = datetime(2026, 11, 3, 18, tzinfo=UTC)
LONG = "The council froze the fares. " * 40


def an_entry(**stated: Any) -> Entry:
    plain: dict[str, Any] = {
        "guid": "1",
        "url": "https://courier.example/1",
        "title": "Council on fares",
        "author": None,
        "summary": "",
        "text": "",
        "links": (),
        "published_at": NOW - timedelta(hours=2),
        "stated_published": None,
    }
    return Entry(**{**plain, **stated})


def a_page(**stated: Any) -> Page:
    plain: dict[str, Any] = {
        "canonical_url": "https://courier.example/one",
        "title": "Council on fares | The Courier",
        "text": "The page's own text.",
        "authors": ("Ida Brandt",),
        "published_at": None,
        "language": "en",
        "image_url": None,
        "extractor": "trafilatura",
    }
    return Page(**{**plain, **stated})


def a_source(kind: SourceKind = SourceKind.MAINSTREAM) -> Source:
    return Source(
        id=SourceId("courier"),
        name="The Courier",
        kind=kind,
        feed="https://courier.example/feed",
        site="https://courier.example/",
    )


@pytest.mark.parametrize(
    ("kind", "stated", "is_needed"),
    [
        (SourceKind.MAINSTREAM, {"summary": "A teaser."}, True),
        (SourceKind.MAINSTREAM, {}, True),
        (SourceKind.MAINSTREAM, {"text": LONG}, False),
        (SourceKind.MAINSTREAM, {"text": LONG + " […]"}, True),
        (SourceKind.MAINSTREAM, {"title": "", "summary": "A post."}, False),
        (SourceKind.MAINSTREAM, {"title": "A post with…", "summary": "A post with few words."}, False),
        (SourceKind.MAINSTREAM, {"summary": "Council on fares and buses"}, True),
        (SourceKind.MAINSTREAM, {"url": None, "summary": "A teaser."}, False),
        (SourceKind.CAMPAIGN, {"summary": "Our statement."}, False),
        (SourceKind.CAMPAIGN, {"summary": "Our statement. Continue reading…"}, True),
        (SourceKind.CAMPAIGN, {}, True),
    ],
)
def test_a_page_is_fetched_only_where_the_feed_has_not_everything(
    kind: SourceKind, stated: dict[str, Any], is_needed: bool
) -> None:
    assert needs_page(a_source(kind), an_entry(**stated)) is is_needed


def test_the_page_gives_the_text_and_the_canonical_address() -> None:
    article = article_from(a_source(), an_entry(summary="A teaser."), a_page(), now=NOW)
    assert article.text == "The page's own text."
    assert (article.text_origin, article.extractor) == (TextOrigin.PAGE, "trafilatura")
    assert article.canonical_url == "https://courier.example/one"
    assert article.author == "Ida Brandt"


def test_a_page_that_could_not_be_had_leaves_the_summary_marked() -> None:
    article = article_from(a_source(), an_entry(summary="A teaser. Continue reading…"), None, now=NOW)
    assert (article.text, article.text_origin, article.extractor) == ("A teaser.", TextOrigin.SUMMARY, "feed")


def test_a_teaser_in_the_content_is_marked_as_a_summary_too() -> None:
    article = article_from(a_source(), an_entry(text="Only the beginning […]"), None, now=NOW)
    assert (article.text, article.text_origin) == ("Only the beginning", TextOrigin.SUMMARY)


def test_a_page_that_shows_much_less_than_the_feed_is_no_source_of_text() -> None:
    article = article_from(a_source(), an_entry(text=LONG), a_page(text="Please subscribe."), now=NOW)
    assert (article.text, article.text_origin) == (LONG.strip(), TextOrigin.FEED)


def test_a_campaign_post_in_the_summary_is_the_feeds_own_text() -> None:
    article = article_from(a_source(SourceKind.CAMPAIGN), an_entry(title="", summary="Fares frozen."), None, now=NOW)
    assert (article.text, article.text_origin) == ("Fares frozen.", TextOrigin.FEED)


def test_a_post_without_a_title_is_named_by_its_first_sentence_cut_at_a_word() -> None:
    text = "We " + "really " * 30 + "mean it. Promise."
    headline = article_from(a_source(), an_entry(title="", text=text), None, now=NOW).headline
    assert headline.endswith("really…")
    assert len(headline) <= 110


def test_a_title_that_only_repeats_the_post_gives_way_to_the_whole_sentence() -> None:
    entry = an_entry(title="We froze the…", text="We froze the fares today. Next: buses.")
    assert article_from(a_source(), entry, None, now=NOW).headline == "We froze the fares today."


def test_the_outlets_name_is_no_part_of_the_headline() -> None:
    assert article_from(a_source(), an_entry(title="Fares frozen – The Courier"), a_page(), now=NOW).headline == (
        "Fares frozen"
    )


def test_an_entry_with_nothing_at_all_still_has_a_headline() -> None:
    assert article_from(a_source(), an_entry(title=""), None, now=NOW).headline == "The Courier"


@pytest.mark.parametrize(
    "stated",
    [datetime(1970, 1, 1, tzinfo=UTC), datetime(1994, 12, 31, tzinfo=UTC), NOW + timedelta(days=300), None],
)
def test_an_absurd_time_becomes_the_time_it_was_first_seen(stated: datetime | None) -> None:
    article = article_from(a_source(), an_entry(published_at=stated, stated_published="as stated"), None, now=NOW)
    assert article.published_at == NOW
    assert article.stated_published == "as stated"


def test_a_stated_time_is_kept_and_the_page_fills_a_missing_one() -> None:
    earlier = NOW - timedelta(days=3)
    assert article_from(a_source(), an_entry(published_at=earlier), None, now=NOW).published_at == earlier
    undated = article_from(a_source(), an_entry(published_at=None), a_page(published_at=earlier), now=NOW)
    assert undated.published_at == earlier
    assert undated.stated_published == earlier.isoformat()


@pytest.mark.parametrize(
    "stated",
    [datetime(1970, 1, 1, tzinfo=UTC), NOW + timedelta(hours=1), NOW + timedelta(days=300), None],
)
def test_where_the_feed_states_no_believable_time_the_page_may(stated: datetime | None) -> None:
    earlier = NOW - timedelta(hours=5)
    assert article_from(
        a_source(), an_entry(published_at=stated), a_page(published_at=earlier), now=NOW
    ).published_at == (earlier)


def test_a_clock_a_little_ahead_of_ours_means_now_and_no_other_time() -> None:
    entry, page = an_entry(published_at=NOW + timedelta(minutes=5)), a_page(published_at=NOW - timedelta(days=2))
    assert article_from(a_source(), entry, page, now=NOW).published_at == NOW


def test_times_of_any_zone_are_kept_in_utc() -> None:
    stated = datetime(2026, 11, 3, 9, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert article_from(a_source(), an_entry(published_at=stated), None, now=NOW).published_at == (
        datetime(2026, 11, 3, 14, 30, tzinfo=UTC)
    )


def test_a_summer_time_that_the_feed_parser_takes_for_utc_is_read_as_what_it_is() -> None:
    misread = datetime(2026, 7, 3, 14, tzinfo=UTC)
    entry = an_entry(published_at=misread, stated_published="Fri, 03 Jul 2026 14:00:00 BST")
    assert article_from(a_source(), entry, None, now=NOW).published_at == misread - timedelta(hours=1)


def test_nobodys_address_is_kept() -> None:
    stated = article_from(a_source(), an_entry(author="ida@courier.example"), a_page(), now=NOW)
    assert stated.author == "Ida Brandt"
    assert article_from(a_source(), an_entry(author="ida@courier.example"), None, now=NOW).author is None


def test_the_language_is_that_of_the_text_and_its_region_the_claimed_one() -> None:
    german = "Der Rat hat die Fahrpreise eingefroren, teilte die Kämmerin am Montag im Ausschuss mit. " * 3
    assert article_from(a_source(), an_entry(), a_page(text=german, language="en-GB"), now=NOW).language == "de"
    english = "The council froze the fares, and that was not what the operators of the ferries had been told. "
    assert article_from(a_source(), an_entry(), a_page(text=english, language="en-GB"), now=NOW).language == "en-GB"


def test_an_article_goes_by_its_pages_word_and_keeps_its_own_address_in_hand() -> None:
    article = article_from(a_source(), an_entry(url="https://courier.example/1?utm_source=rss"), a_page(), now=NOW)
    assert (article.canonical_url, article.own_url) == ("https://courier.example/one", "https://courier.example/1")


def test_entries_that_link_nowhere_have_addresses_of_their_own() -> None:
    one = article_from(a_source(), an_entry(guid="1", url=None), None, now=NOW)
    two = article_from(a_source(), an_entry(guid="2", url=None, title="Another"), None, now=NOW)
    repeated = article_from(a_source(), an_entry(guid="3", url=None), None, now=NOW)
    assert one.canonical_url != two.canonical_url
    assert one.canonical_url == repeated.canonical_url
    assert one.url.startswith("https://courier.example/#")


def test_texts_are_composed_so_that_quotes_are_found_again() -> None:
    article = article_from(a_source(), an_entry(title="Cafe\u0301", text="cafe\u0301 " * 130), None, now=NOW)
    assert article.headline == "Café"
    assert "e\u0301" not in article.text


BEGINNING = "The council froze the fares. It did so on Tuesday, after some hours of debate in the old hall."


@pytest.mark.parametrize(
    ("summary", "text", "extractor"),
    [("A teaser.", BEGINNING, "trafilatura"), (f"{BEGINNING} Nobody minded.", f"{BEGINNING} Nobody minded.", "feed")],
)
def test_of_a_page_that_shows_a_beginning_and_a_feed_what_says_more_is_kept_and_marked(
    summary: str, text: str, extractor: str
) -> None:
    page = a_page(text=BEGINNING, is_partial=True)
    article = article_from(a_source(), an_entry(summary=summary), page, now=NOW)
    assert (article.text, article.text_origin, article.extractor) == (text, TextOrigin.SUMMARY, extractor)


def test_a_whole_text_in_the_feed_is_not_marked_for_what_its_page_hides() -> None:
    article = article_from(a_source(), an_entry(text=LONG), a_page(text=BEGINNING, is_partial=True), now=NOW)
    assert (article.text, article.text_origin) == (LONG.strip(), TextOrigin.FEED)


def test_a_long_beginning_is_still_one_when_its_page_is_read_again() -> None:
    beginning = a_page(text=LONG.strip(), is_partial=True)
    new = article_from(a_source(), an_entry(summary="A teaser."), beginning, now=NOW)
    known = entry_of(an_article(text=new.text, text_origin=new.text_origin))
    again = article_from(a_source(), known, beginning, now=NOW)
    assert (again.text, again.text_origin) == (new.text, TextOrigin.SUMMARY)
    whole = article_from(a_source(), known, a_page(text=f"{LONG}{LONG}"), now=NOW)
    assert (whole.text, whole.text_origin) == (f"{LONG}{LONG}".strip(), TextOrigin.PAGE)
