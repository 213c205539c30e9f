"""What anyone may read, over HTTP."""

import gzip
import json
import re
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import brotli
import feedparser
import pytest
from lxml import etree
from lxml import html as lxml_html
from starlette.testclient import TestClient

from digest.clock import FixedClock
from digest.model.edition import Cadence
from digest.model.ids import ChannelName, StaffName
from digest.model.story import StoryPlan
from digest.sources import read_campaign
from digest.stages.publish import edition_moment
from digest.storage import open_storage, upgrade_storage
from tests.factories import NOON
from tests.integration.web.conftest import BASE, Site, reader_of
from web.headers import HEADERS as STRICT
from web.typography import typeset

pytestmark = pytest.mark.xdist_group("demo")
ANN = StaffName("Ann")


HEADERS = {name.lower(): value for name, value in STRICT.items()}


def words_of(page: str) -> str:
    return " ".join(str(lxml_html.document_fromstring(page).xpath("string(//body)")).split())


def addresses(site: Site) -> list[str]:
    card = site.edition.cards[0]
    return [
        "/",
        "/editions/",
        f"/editions/{site.today}",
        f"/editions/{site.today}/everything",
        f"/stories/{card.story_id}-{card.slug}",
        f"/topics/{card.topic_id}",
        "/sources",
        "/method",
        "/robot",
        "/tell-us",
    ]


def test_front_page_is_todays_edition_with_both_sides_in_order(site: Site, reader: TestClient) -> None:
    page = reader.get("/").text
    root = lxml_html.document_fromstring(page)
    cards = root.xpath("//article")
    assert len(cards) == len(site.edition.cards)
    for shown, card in zip(cards, site.edition.cards, strict=True):
        labels = [str(label.text) for label in shown.xpath(".//*[@class='side__label']")]
        assert labels == ["What we say", "What was reported", "Supportive"][: 3 if card.supportive else 2]
        assert typeset(card.name, language="en") in words_of(lxml_html.tostring(shown, encoding="unicode"))
    assert f"{site.today:%A} {site.today.day} {site.today:%B %Y}" in words_of(page)
    assert "That is the end of this edition." in page


def test_unchecked_pairing_is_labelled_and_checked_ones_are_not(site: Site, reader: TestClient) -> None:
    unchecked = [card for card in site.edition.cards if card.pairings and not card.is_answered]
    assert len(unchecked) == 1
    assert reader.get("/").text.count("not yet checked by a person") == 1


def test_every_page_has_imprint_a_way_to_object_and_loads_nothing_from_elsewhere(
    site: Site, reader: TestClient
) -> None:
    for address in addresses(site):
        answer = reader.get(address)
        assert answer.status_code == 200, address
        assert "Published by Wilhelmina Oddy" in answer.text
        assert "Something wrong? Tell us" in answer.text
        root = lxml_html.document_fromstring(answer.text)
        loaded = root.xpath("//img/@src | //link[@rel='stylesheet' or @rel='icon']/@href | //iframe/@src | //script")
        assert [str(each) for each in loaded if not str(each).startswith("/static/")] == []
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert "set-cookie" not in answer.headers
        assert len(root.xpath("//h1")) == 1


def test_reporters_stand_on_story_pages_alone(site: Site, reader: TestClient) -> None:
    card = next(card for card in site.edition.cards if any(report.author for report in card.reports))
    author = next(report.author for report in card.reports if report.author)
    assert author in reader.get(f"/stories/{card.story_id}-{card.slug}").text
    assert author not in reader.get("/").text


def test_story_page_shows_both_originals_and_all_reports(site: Site, reader: TestClient) -> None:
    card = site.edition.cards[0]
    page = reader.get(f"/stories/{card.story_id}-{card.slug}").text
    for url in (card.pairings[0].claim.url, card.pairings[0].answer.url, *(report.url for report in card.reports)):
        assert url in page
    assert f"<title>{typeset(card.name, language='en')}" in page


@pytest.mark.parametrize("ending", ["", "-", "-an-old-name"])
def test_story_under_another_name_moves_to_its_own(site: Site, reader: TestClient, ending: str) -> None:
    card = site.edition.cards[0]
    answer = reader.get(f"/stories/{card.story_id}{ending}")
    assert answer.status_code == 307
    assert answer.headers["location"] == f"{BASE}/stories/{card.story_id}-{card.slug}"
    # Names change with the answer: a redirect kept for ever could meet its opposite.
    assert answer.headers["cache-control"] == "public, max-age=60"


def test_answer_and_its_story_are_said_once(site: Site, reader: TestClient) -> None:
    card = next(card for card in site.edition.cards if card.is_answered)
    for address in (f"/stories/{card.story_id}-{card.slug}", f"/editions/{site.today}"):
        assert words_of(reader.get(address).text).count(typeset(card.name, language="en")) == 1


def test_merged_story_leads_to_what_it_became(site: Site, reader: TestClient) -> None:
    kept, absorbed = site.edition.cards[:2]
    with site.storage.begin() as tx:
        story = tx.stories.get(kept.story_id)
        merged = StoryPlan(
            id=story.id,
            title=story.title,
            lead_article_id=story.lead_article_id,
            events=(story.article_ids,),
            topic_id=story.topic_id,
            topic_reason=story.topic_reason,
            absorbs=(absorbed.story_id,),
        )
        tx.stories.apply([merged], now=site.now)
    answer = reader.get(f"/stories/{absorbed.story_id}-{absorbed.slug}")
    assert answer.status_code == 307
    assert answer.headers["location"] == f"{BASE}/stories/{kept.story_id}-{kept.slug}"


@pytest.mark.parametrize(
    "address",
    [
        "/nothing",
        "/sources/",
        "/stories/abcdefghij",
        "/stories/abcdefghijk",
        "/stories/%00abcdefgh",
        "/stories/..%2f..",
        "/editions/2026-13-45",
        "/editions/20261123",
        "/editions/%00",
        "/editions/?before=%00",
        "/editions/?before=0001-01-01",
        "/sitemaps/9999-12.xml",
        "/topics/none",
        "/topics/%00",
        "/static/x",
    ],
)
def test_what_is_not_there_is_said_in_plain_words(reader: TestClient, address: str) -> None:
    answer = reader.get(address)
    assert answer.status_code == 404
    assert "Tell us" in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_changed(reader: TestClient, method: str) -> None:
    assert reader.request(method, "/").status_code == 405


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "TRACE", "BREW"])
@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/nothing",
        "/editions",
        "/editions/",
        "/editions/2026-13-45",
        "/stories/abcdefghij-x",
        "/sources",
        "/health",
        "/metrics",
        "/feed.xml",
        "/feed.json",
        "/sitemap.xml",
        "/robots.txt",
        "/favicon.ico",
        "/static/mark.svg",
        "/static/none.css",
        "/static/..%2f..%2fetc%2fpasswd",
        "//evil.example/",
        "/%ff%00",
    ],
)
def test_every_answer_carries_the_strict_headers(reader: TestClient, method: str, address: str) -> None:
    assert HEADERS.items() <= reader.request(method, address).headers.items()


def test_redirects_and_unchanged_pages_carry_the_strict_headers_too(site: Site, reader: TestClient) -> None:
    etag = reader.get("/").headers["etag"]
    unchanged = reader.get("/", headers={"If-None-Match": etag})
    moved = reader.get(f"/stories/{site.edition.cards[0].story_id}-another-name")
    assert (unchanged.status_code, moved.status_code) == (304, 307)
    assert HEADERS.items() <= unchanged.headers.items()
    assert HEADERS.items() <= moved.headers.items()


def test_the_policy_allows_nothing_that_it_does_not_name(reader: TestClient) -> None:
    said = reader.get("/").headers["content-security-policy"]
    policy = dict(part.split(maxsplit=1) for part in said.split("; "))
    assert policy.pop("default-src") == "'none'"
    assert set(policy.values()) == {"'self'", "'none'"}
    assert {"base-uri", "form-action", "frame-ancestors"} <= policy.keys()
    page = reader.get("/").text
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", page)


def test_a_bug_is_answered_in_plain_words_under_the_strict_headers(site: Site) -> None:
    class BrokenClock:
        def now(self) -> datetime:
            raise RuntimeError("a secret of the machine")

    with reader_of(site.storage, site.folder / "sources.yaml", clock=BrokenClock()) as reader:
        answer = reader.get("/")
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text
    assert "secret" not in answer.text
    assert HEADERS.items() <= answer.headers.items()


def test_strong_validator_and_compressed_bodies(reader: TestClient) -> None:
    plain = reader.get("/", headers={"Accept-Encoding": "identity"})
    with reader.stream("GET", "/", headers={"Accept-Encoding": "br"}) as answer:
        assert brotli.decompress(b"".join(answer.iter_raw())).decode() == plain.text
    with reader.stream("GET", "/", headers={"Accept-Encoding": "gzip, br;q=0"}) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        assert gzip.decompress(b"".join(answer.iter_raw())).decode() == plain.text
    again = reader.get("/", headers={"Accept-Encoding": "identity", "If-None-Match": plain.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert not plain.headers["etag"].startswith("W/")
    head = reader.head("/")
    assert (head.status_code, head.content) == (200, b"")


def test_hostile_host_header_changes_no_link(reader: TestClient) -> None:
    for address in ("/", "/feed.xml", "/sitemap.xml", "/editions", "/sources/", "/feed.xml/"):
        answer = reader.get(address, headers={"Host": "evil.example"})
        assert "evil.example" not in f"{answer.headers} {answer.text}"


def test_archive_without_its_slash_is_found(reader: TestClient) -> None:
    answer = reader.get("/editions")
    assert answer.status_code == 301
    assert answer.headers["location"] == f"{BASE}/editions/"


def test_front_page_and_its_dated_twin_are_one_page_to_machines(site: Site, reader: TestClient) -> None:
    for address in ("/", f"/editions/{site.today}"):
        root = lxml_html.document_fromstring(reader.get(address).text)
        assert root.xpath("//link[@rel='canonical']/@href") == [site.edition.address]


def test_feeds_hold_the_editions_newest_first(site: Site, reader: TestClient) -> None:
    parsed = feedparser.parse(reader.get("/feed.xml").content)
    assert not parsed["bozo"]
    assert len(parsed["entries"]) == 5
    assert parsed["entries"][0]["link"].endswith(f"/editions/{site.today}")
    items = json.loads(reader.get("/feed.json").text)["items"]
    assert [item["url"] for item in items] == [entry["link"] for entry in parsed["entries"]]
    assert "Wilhelmina Oddy" in reader.get("/feed.xml").text


def test_sitemap_leads_to_every_page_edition_and_story_with_the_day_it_changed(site: Site, reader: TestClient) -> None:
    def listed(address: str) -> dict[str, str]:
        entries = etree.fromstring(reader.get(address.removeprefix(BASE)).content)
        return {entry.findtext("{*}loc"): entry.findtext("{*}lastmod", "") for entry in entries}

    parts = listed("/sitemap.xml")
    assert f"{BASE}/sitemaps/{site.today:%Y-%m}.xml" in parts
    pages = {address: changed for part in parts for address, changed in listed(part).items()}
    assert f"{BASE}/sources" in pages
    assert pages[f"{BASE}/editions/{site.today}"] == site.now.isoformat(timespec="seconds")
    for card in (*site.edition.cards, *site.edition.more):
        assert pages[f"{BASE}/stories/{card.story_id}-{card.slug}"] == site.now.isoformat(timespec="seconds")
    assert {reader.get(address.removeprefix(BASE)).status_code for address in pages} <= {200, 307}


@pytest.mark.parametrize("part", ["2001-01", "2026-13", "2026-1", "nothing"])
def test_sitemap_of_no_month_is_not_there(reader: TestClient, part: str) -> None:
    assert reader.get(f"/sitemaps/{part}.xml").status_code == 404


def test_robots_are_kept_from_nothing_that_is_not_there(reader: TestClient) -> None:
    lines = reader.get("/robots.txt").text.splitlines()
    forbidden = [line.removeprefix("Disallow: ") for line in lines if line.startswith("Disallow: ")]
    assert forbidden == ["/health", "/metrics"]
    assert 404 not in {reader.get(path).status_code for path in forbidden}


def test_archive_names_months_and_every_day(site: Site, reader: TestClient) -> None:
    page = reader.get("/editions/").text
    assert f"{site.today:%B %Y}" in page
    for back in range(5):
        day = site.today - timedelta(days=back)
        assert f"/editions/{day}" in page
        assert reader.get(f"/editions/{day}").status_code == 200


def test_page_of_the_robot_says_how_to_stop_it_and_whom_to_ask(site: Site, reader: TestClient) -> None:
    page = reader.get("/robot").text
    assert "User-agent: Rejoinder\nDisallow: /" in page
    for said in ("Retry-After", "max-age", "RFC 9309", "kept for a month", 'href="/tell-us"'):
        assert said in page
    assert 'href="/robot"' in reader.get("/method").text
    assert f"{BASE}/robot" in reader.get("/sitemaps/pages.xml").text


def test_sources_are_listed_by_kind(reader: TestClient) -> None:
    words = words_of(reader.get("/sources").text)
    assert words.index("The campaign itself") < words.index("Supportive") < words.index("Press")
    for name in ("Quill press office", "Lamplight", "The Brackmouth Ledger"):
        assert name in words


def test_retracted_edition_is_gone_within_a_second(site: Site) -> None:
    site.retract_today()
    with site.client() as reader:
        assert reader.get(f"/editions/{site.today}").status_code == 404
        assert f"/editions/{site.today}" not in reader.get("/editions/").text
        front = reader.get("/").text
        assert f'datetime="{site.today - timedelta(days=1)}"' in front


def test_page_says_that_todays_edition_is_late(site: Site) -> None:
    about = read_campaign(site.folder / "sources.yaml").site
    due = edition_moment(site.today + timedelta(days=1), about.edition_hour, about.zone)
    with site.client(later=due + timedelta(hours=3) - site.now) as reader:
        assert "is late" in reader.get("/").text
        health = reader.get("/health")
        assert health.status_code == 503
        assert {"edition", "pass"} <= set(health.json()["late"])


def test_health_names_the_sender_once_a_message_waits_too_long(site: Site) -> None:
    with site.storage.begin() as tx:
        newest = tx.editions.latest_published(Cadence.DAILY)
        assert newest is not None
        tx.outbox.fill_for_edition(
            newest.edition_id, newest.revision, channels=[ChannelName("a new one")], now=site.now
        )
    with site.client(later=timedelta(minutes=14)) as reader:
        assert "sender" not in reader.get("/health").json()["late"]
    with site.client(later=timedelta(minutes=16)) as reader:
        assert "sender" in reader.get("/health").json()["late"]
        with site.storage.begin() as tx:
            tx.switches.pause_sending(by=ANN, now=site.now)
        assert "sender" not in reader.get("/health").json()["late"]


def test_health_is_well_after_a_pass_and_metrics_name_nobody(site: Site, reader: TestClient) -> None:
    health = reader.get("/health")
    assert health.status_code == 200
    assert health.json() == {"status": "ok", "late": []}
    metrics = reader.get("/metrics").text
    assert re.search(r"^rejoinder_articles \d+$", metrics, re.MULTILINE)
    assert "supporter@demo.invalid" not in metrics


def test_before_the_first_edition_the_page_says_when_it_comes(tmp_path: Path, demo_data: Path) -> None:
    url = f"sqlite:///{tmp_path / 'empty.sqlite'}"
    upgrade_storage(url)
    storage = open_storage(url)
    campaign = read_campaign(demo_data / "sources.yaml")
    with reader_of(storage, demo_data / "sources.yaml", clock=FixedClock(NOON)) as reader:
        page = reader.get("/").text
        assert campaign.site.edition_hour.strftime("%H:%M") in page
        assert reader.get("/feed.xml").status_code == 200
        assert reader.get("/health").json()["late"] == ["pass"]
    storage.close()


def test_texts_of_others_are_data(site: Site) -> None:
    hostile = '<script>alert("x")</script>'
    with sqlite3.connect(site.folder / "digest.sqlite") as database:
        changed = database.execute(
            "UPDATE edition_revisions SET document = replace(document, ?, ?)",
            (site.edition.cards[0].reports[0].headline, hostile.replace('"', '\\"')),
        ).rowcount
    assert changed
    with site.client() as reader:
        for address in addresses(site):
            assert "<script>" not in reader.get(address).text
        assert "&lt;script&gt;" in reader.get(f"/editions/{site.today}").text
