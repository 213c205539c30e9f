"""A story in several editions: every answer stands behind its own link, whatever came after."""

from dataclasses import replace
from datetime import timedelta

import pytest
from lxml import html as lxml_html
from starlette.testclient import TestClient

from digest.model.edition import Cadence, Card, EditionDocument
from digest.model.source import SourceKind
from digest.rendering.days import dated_day
from tests.factories import FRIEND, OURS, a_copy, a_passage, a_report, a_shown_pairing
from tests.integration.web.conftest import BASE, Site
from web.typography import typeset

pytestmark = pytest.mark.xdist_group("demo")


def publish_later(site: Site, card: Card, *, days: int) -> EditionDocument:
    """An edition of this one card, so many days after today's."""
    document = replace(
        site.edition,
        edition_on=site.today + timedelta(days=days),
        cut_off_at=site.now + timedelta(days=days),
        cards=(card,),
        more=(),
    )
    with site.storage.begin() as tx:
        edition = tx.editions.open_draft(
            Cadence.DAILY, document.edition_on, covers_from=site.now, cut_off_at=document.cut_off_at
        )
        revision = tx.editions.save_revision(edition.id, document, now=document.cut_off_at)
        tx.editions.mark_published(edition.id, revision.revision, now=document.cut_off_at)
    return document


def story_page(reader: TestClient, card: Card) -> lxml_html.HtmlElement:
    """The page that a card's link leads to, redirects followed."""
    answer = reader.get(f"/stories/{card.story_id}-{card.slug}")
    if answer.status_code == 307:
        answer = reader.get(answer.headers["location"].removeprefix(BASE))
    assert answer.status_code == 200
    return lxml_html.document_fromstring(answer.text)


def words(element: lxml_html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def a_newer_card(card: Card, text: str) -> Card:
    """The same story the day after, with another answer."""
    pairing = a_shown_pairing(answer=a_passage(text=text))
    return replace(card, pairings=(pairing,), name=text, slug="a-newer-answer")


def test_earlier_answer_stands_behind_its_own_link(site: Site) -> None:
    card = site.edition.cards[0]
    newer = a_newer_card(card, "Every bus runs on Sunday as well.")
    document = publish_later(site, newer, days=1)
    with site.client() as reader:
        front = lxml_html.document_fromstring(reader.get(f"/editions/{site.today}").text)
        (link,) = front.xpath(f"//*[@id='story-{card.story_id}']/a/@href")
        assert link.endswith(f"#answer-{card.pairings[0].pairing_id}")
        page = story_page(reader, card)
    shown = page.xpath("//section[starts-with(@id, 'answer-')]")
    confirmed = [pairing for pairing in card.pairings if pairing.is_confirmed]
    assert [section.get("id") for section in shown[: 1 + len(confirmed)]] == [
        f"answer-{pairing.pairing_id}" for pairing in (*newer.pairings, *confirmed)
    ]
    assert typeset(card.pairings[0].answer.display, language="en") in words(shown[1])
    assert shown[0].xpath(".//a/@href")[0] == f"/editions/{document.edition_on}"
    assert shown[1].xpath(".//a/@href")[0] == f"/editions/{site.today}"


def test_answer_that_two_editions_carry_is_shown_once(site: Site) -> None:
    card = site.edition.cards[0]
    publish_later(site, card, days=1)
    with site.client() as reader:
        ids = story_page(reader, card).xpath("//section/@id")
    assert len(ids) == len(set(ids))


def test_story_once_answered_never_takes_a_headline_for_its_name(site: Site) -> None:
    card = site.edition.cards[0]
    publish_later(site, replace(card, pairings=(), is_answered=False, name="BUS PLAN BANG", slug="bang"), days=1)
    with site.client() as reader:
        page = story_page(reader, card)
    assert words(page.xpath("//h1")[0]) == typeset(card.name, language="en")
    assert "BANG" not in page.xpath("string(//title)")


def test_what_nobody_checked_is_shown_from_the_newest_edition_alone(site: Site) -> None:
    card = next(card for card in site.edition.cards if card.pairings and not card.is_answered)
    newer = replace(card, pairings=(replace(a_shown_pairing(), is_confirmed=False),))
    publish_later(site, newer, days=1)
    with site.client() as reader:
        page = story_page(reader, card)
    assert page.xpath("//section[starts-with(@id, 'answer-')]/@id") == [f"answer-{newer.pairings[0].pairing_id}"]


def test_retraction_brings_back_the_name_before_without_a_ring(site: Site) -> None:
    card = site.edition.cards[0]
    newer = a_newer_card(card, "Every bus runs on Sunday as well.")
    publish_later(site, newer, days=1)
    with site.client() as reader:
        there = reader.get(f"/stories/{card.story_id}-{card.slug}")
        assert there.headers["location"].endswith("a-newer-answer")
    with site.storage.begin() as tx:
        edition = tx.editions.find(Cadence.DAILY, site.today + timedelta(days=1))
        assert edition is not None
        tx.editions.retract(edition.id, by="Ann", now=site.now, reason="wrong figure")
    with site.client() as reader:
        back = reader.get(f"/stories/{card.story_id}-{newer.slug}")
        assert back.headers["location"].endswith(card.slug)
    assert {each.headers["cache-control"] for each in (there, back)} == {"public, max-age=60"}


def test_every_time_on_a_story_page_has_its_day(site: Site, reader: TestClient) -> None:
    for time in story_page(reader, site.edition.cards[0]).xpath("//main//time"):
        assert time.text[:3] in {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}


def test_author_is_named_unless_it_is_the_outlet(site: Site) -> None:
    card = site.edition.cards[0]
    reports = (
        a_report(author="Ada Penn"),
        a_report(author="The Ledger"),
        a_report(author="common despatch", agency="Common Despatch"),
    )
    publish_later(site, replace(card, reports=reports), days=1)
    with site.client() as reader:
        sources = [words(each) for each in story_page(reader, card).xpath("//ol//*[@class='source']")]
    assert sum("Ada Penn" in each for each in sources) == 1
    assert sources.count("Press · The Ledger") == 2


@pytest.mark.parametrize(
    ("author", "shown"),
    [
        ("Despatch staff", ""),
        ("Ledger newsdesk", ""),
        ("Staff reporters", ""),
        ("Our political correspondent", ""),
        ("Libby Brooks Scotland correspondent", ", Libby Brooks Scotland correspondent"),
        ("Ada Penn", ", Ada Penn"),
    ],
)
def test_a_byline_that_names_nobody_is_left_out(site: Site, author: str, shown: str) -> None:
    card = site.edition.cards[0]
    report = a_report(author=author, agency="Common Despatch")
    publish_later(site, replace(card, reports=(report,)), days=1)
    with site.client() as reader:
        sources = [words(each) for each in story_page(reader, card).xpath("//ol//*[@class='source']")]
    assert f"Press · The Ledger{shown}" in sources


@pytest.mark.parametrize(("agency", "whose"), [("", "report"), ("AFP", "AFP report")])
def test_one_report_in_three_outlets_is_said_once_and_leads_to_all(site: Site, agency: str, whose: str) -> None:
    card = site.edition.cards[0]
    copies = (a_copy(source_name="The Whistle"), a_copy(source_id=FRIEND.id, source_name="Quayside"))
    publish_later(site, replace(card, reports=(a_report(copies=copies, agency=agency),)), days=1)
    with site.client() as reader:
        page = story_page(reader, card)
    (line,) = page.xpath("//ol//*[contains(@class, 'source--same')]")
    assert words(line) == f"The same {whose} in three outlets: The Ledger, The Whistle and Quayside"
    assert line.xpath(".//a/@href") == [copy.url for copy in copies]


def test_an_agency_that_is_one_of_the_outlets_is_named_once(site: Site) -> None:
    card = site.edition.cards[0]
    report = a_report(copies=(a_copy(source_name="Common Despatch"),), agency="Common Despatch")
    publish_later(site, replace(card, reports=(report,)), days=1)
    with site.client() as reader:
        (line,) = story_page(reader, card).xpath("//ol//*[contains(@class, 'source--same')]")
    assert words(line) == "The same report in two outlets: The Ledger and Common Despatch"


def test_a_quote_from_a_copy_leads_to_the_report_that_it_copies(site: Site) -> None:
    card = site.edition.cards[0]
    claim = card.pairings[0].claim
    copy = a_copy(article_id=claim.article_id, url=claim.url, source_name=claim.source_name)
    report = a_report(copies=(copy,))
    publish_later(site, replace(card, reports=(report,)), days=1)
    with site.client() as reader:
        page = story_page(reader, card)
    (line,) = page.xpath("//div[contains(@class, 'side--reported')]//*[contains(@class, 'source--same')]")
    assert line.xpath(".//a/@href") == [report.url]


def test_words_of_another_language_are_marked_so(site: Site) -> None:
    card = site.edition.cards[0]
    german = a_report(headline='Streit um die "Mieten"', excerpt="Der Plan ist strittig.", language="de-AT")
    publish_later(site, replace(card, reports=(german, a_report(language="en-GB"))), days=1)
    with site.client() as reader:
        page = story_page(reader, card)
    marked = page.xpath("//ol//*[@lang]")
    assert [(each.get("lang"), words(each)) for each in marked] == [
        ("de-AT", german.headline),
        ("de-AT", german.excerpt),
    ]


def test_the_editions_that_carried_a_story_are_told_as_a_sentence(site: Site) -> None:
    with site.client() as reader:
        once = (
            card for card in site.edition.cards if len(story_page(reader, card).xpath("//*[@class='carried']//a")) == 1
        )
        card = next(once)
    later = [publish_later(site, card, days=days).edition_on for days in (2, 1)]
    with site.client() as reader:
        (line,) = story_page(reader, card).xpath("//*[@class='carried']")
    newest, second, first = (dated_day(day, language="en") for day in (*later, site.today))
    assert words(line) == f"In the editions of {newest}, {second} and {first}."


def test_own_post_has_no_cut_headline(site: Site) -> None:
    card = site.edition.cards[0]
    ours = a_report(source_id=OURS.id, kind=SourceKind.CAMPAIGN, headline="Every bus runs on Sun…", author=None)
    publish_later(site, replace(card, campaign=(ours,)), days=1)
    with site.client() as reader:
        (link,) = story_page(reader, card).xpath(f"//ol//a[@href='{ours.url}']")
    assert link.text_content() == "What we said"


def test_story_without_an_answer_has_no_empty_side(site: Site) -> None:
    silent = next(card for card in site.edition.more if not card.pairings and not card.campaign)
    spoken = replace(silent, campaign=(a_report(source_id=OURS.id, kind=SourceKind.CAMPAIGN),))
    with site.client() as reader:
        assert story_page(reader, silent).xpath("//*[contains(@class, 'side--ours')]") == []
        publish_later(site, silent, days=1)
    with site.client() as reader:
        front = lxml_html.document_fromstring(reader.get("/").text)
        assert [words(label) for label in front.xpath("//*[@class='side__label']")][:1] != ["What we say"]
        assert front.xpath("//article//*[contains(@class, 'side--ours')]") == []
    publish_later(site, spoken, days=2)
    with site.client() as reader:
        front = lxml_html.document_fromstring(reader.get("/").text)
        assert "What we have said so far" in words(front.xpath("//article")[0])


def test_lists_mark_what_is_in_the_words_of_the_press(site: Site, reader: TestClient) -> None:
    page = lxml_html.document_fromstring(reader.get(f"/editions/{site.today}/everything").text)
    cards = (*site.edition.cards, *site.edition.more)
    lines = {line.xpath("string(.//a/@href)"): words(line) for line in page.xpath("//li[@class='line']")}
    assert len(lines) == len(cards)
    for card in cards:
        line = lines[f"/stories/{card.story_id}-{card.slug}"]
        assert line.startswith("Reported: ") is not card.is_answered
        assert ("not yet checked by a person" in line) is bool(card.pairings and not card.is_answered)


def test_unanswered_stories_have_descriptions_of_their_own(site: Site, reader: TestClient) -> None:
    silent = [card for card in site.edition.more if not card.is_answered][:3]
    found = {story_page(reader, card).xpath("string(//meta[@name='description']/@content)") for card in silent}
    assert len(found) == len(silent) == 3


def test_topic_leads_to_the_other_topics_and_to_today(site: Site, reader: TestClient) -> None:
    topics = [topic for topic, _ in site.edition.topics]
    page = lxml_html.document_fromstring(reader.get(f"/topics/{topics[0]}").text)
    links = page.xpath("//main//nav//a/@href")
    assert links == [*(f"/topics/{topic}" for topic in topics[1:]), "/"]
