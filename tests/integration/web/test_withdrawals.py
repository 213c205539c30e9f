"""What an outlet takes back leaves everything public within one poll, old editions too; and comes back with it."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from digest.model.edition import Card, Report
from digest.model.ids import ArticleId, StoryId
from digest.rendering.email import email_message
from tests.factories import a_claim, a_copy, a_new_article, a_report, a_shown_pairing
from tests.integration.web.conftest import BASE, Site, Ticks
from tests.integration.web.test_stories import publish_later

pytestmark = pytest.mark.xdist_group("demo")


def every_page(reader: TestClient) -> dict[str, str]:
    """What stands behind every address that the sitemap, the feeds and the links between pages lead to."""
    waiting, found = ["/", "/feed.xml", "/feed.json", "/sitemap.xml", "/editions/"], dict[str, str]()
    while waiting:
        address = waiting.pop()
        if address in found:
            continue
        answer = reader.get(address)
        if answer.status_code == 307:
            waiting.append(answer.headers["location"].removeprefix(BASE))
            continue
        assert answer.status_code == 200, address
        found[address] = answer.text
        links = re.findall(rf'(?:href="|<loc>)(?:{re.escape(BASE)})?(/[^"#<?]*)', answer.text)
        waiting += [link for link in links if not link.startswith(("/static", "//"))]
    return found


def real_ids(site: Site) -> list[ArticleId]:
    """Stored press articles that today's edition shows nothing of."""
    with site.storage.read() as tx:
        ids = tx.articles.ids_since(site.now - timedelta(days=7))
    shown = {report.article_id for card in (*site.edition.cards, *site.edition.more) for report in card.reports}
    return [article_id for article_id in ids if article_id not in shown]


def withdraw(site: Site, *ids: ArticleId) -> None:
    with site.storage.begin() as tx:
        for article_id in ids:
            tx.articles.withdraw(article_id, reason="its page is gone (410)", now=site.now)


def a_news_card(report: Report) -> Card:
    """A story that nobody has answered, named by the press."""
    return Card(
        story_id=StoryId("abcdefghij"),
        slug="slip-of-the-pen",
        name=report.headline,
        topic_id=None,
        topic_name="",
        is_answered=False,
        pairings=(),
        reports=(report,),
        supportive=(),
        campaign=(),
    )


def stored(site: Site, card: Card) -> Card:
    """The card under the id of a story that storage has, as a published one is."""
    return replace(card, story_id=site.edition.cards[-1].story_id)


def test_what_was_all_of_a_story_is_nowhere_and_its_edition_says_so(site: Site) -> None:
    slip = a_report(
        article_id=real_ids(site)[0],
        headline="Slip of the pen",
        excerpt="Words that were never said.",
        url="https://ledger.example/slip-address",
    )
    publish_later(site, stored(site, a_news_card(slip)), days=1)
    with site.client() as reader:
        before = every_page(reader)
        assert sum("Slip of the pen" in page for page in before.values()) >= 5
        ticks = Ticks()
    with site.client(ticks=ticks) as reader:
        reader.get("/")
        withdraw(site, slip.article_id)
        ticks.pass_a_second()
        after = every_page(reader)
    for trace in ("Slip of the pen", "slip-of-the-pen", "Words that were never said", "slip-address"):
        assert [address for address, page in after.items() if trace in page] == []
    assert "A story that stood here was taken back by its outlet: The Ledger." in after["/"]
    assert "Nothing was reported" not in after["/"]
    assert "0 stories" not in after["/"]


def test_a_report_among_others_leaves_and_the_story_says_whose_it_was(site: Site) -> None:
    kept = a_report(headline="What stands")
    slip = a_report(article_id=real_ids(site)[0], headline="Slip of the pen", source_name="The Whistle")
    card = stored(site, replace(a_news_card(slip), reports=(slip, kept)))
    publish_later(site, card, days=1)
    withdraw(site, slip.article_id)
    with site.client() as reader:
        pages = every_page(reader)
    assert not any("Slip of the pen" in page or slip.url in page for page in pages.values())
    (story,) = (page for address, page in pages.items() if address.startswith(f"/stories/{card.story_id}"))
    assert "Taken back by its outlet: The Whistle" in story
    assert "What stands" in pages["/"]
    assert "What stands" in pages["/editions/"]


def test_another_outlets_copy_takes_the_place_of_one_that_was_taken_back(site: Site) -> None:
    copy = a_copy(headline="The same in other words")
    slip = a_report(article_id=real_ids(site)[0], headline="Slip of the pen", copies=(copy,))
    publish_later(site, stored(site, a_news_card(slip)), days=1)
    withdraw(site, slip.article_id)
    with site.client() as reader:
        page = reader.get("/").text
    assert "The same in other words" in page
    assert copy.url in page
    assert "Slip of the pen" not in page
    assert "The same report in" not in page


def test_answer_to_a_claim_that_was_taken_back_answers_nothing(site: Site) -> None:
    slip, kept = real_ids(site)[0], a_report(headline="What stands")
    pairing = a_shown_pairing(claim=a_claim(article_id=slip, text="He never said this, the Treasurer said."))
    card = replace(
        site.edition.cards[0],
        pairings=(pairing,),
        name=pairing.answer.display,
        reports=(a_report(article_id=slip), kept),
        note="",
    )
    publish_later(site, card, days=1)
    withdraw(site, slip)
    with site.client() as reader:
        page = reader.get("/").text
        lines = reader.get("/editions/").text
    assert "never said this" not in page
    assert "Answered" not in page
    assert "What stands" in page
    assert "What stands" in lines


def test_an_article_that_comes_back_stands_where_it_stood(site: Site) -> None:
    document, slip = site.edition, next(card.reports[0] for card in site.edition.cards if card.reports)
    withdraw(site, slip.article_id)
    with site.storage.read() as tx:
        version = tx.editions.public_version()
        published = tx.editions.published_on(document.cadence, document.edition_on)
        article = tx.articles.get(slip.article_id)
    assert published is not None
    assert published.document != document
    with site.storage.begin() as tx:
        said = {
            name: getattr(article, name)
            for name in ("source_id", "guid", "url", "canonical_url", "headline", "text", "text_origin")
        }
        tx.articles.add(a_new_article(**said), now=site.now)
    with site.storage.read() as tx:
        published = tx.editions.published_on(document.cadence, document.edition_on)
        assert published is not None
        assert published.document == document
        assert tx.editions.public_version() > version
        history = tx.withdrawals.since(site.now)
    assert [(each.is_back, each.reason) for each in history] == [
        (False, "its page is gone (410)"),
        (True, "its text can be read again"),
    ]


def test_mail_that_is_still_to_go_has_nothing_of_it(site: Site) -> None:
    slip = a_report(article_id=real_ids(site)[0], headline="Slip of the pen")
    publish_later(site, replace(stored(site, a_news_card(slip)), reports=(slip, a_report())), days=1)
    withdraw(site, slip.article_id)
    with site.storage.read() as tx:
        edition = tx.editions.find(site.edition.cadence, site.today + timedelta(days=1))
        assert edition is not None
        document = tx.editions.standing(edition.id, edition.revision)
        as_approved = tx.editions.revision(edition.id, edition.revision).document
    assert slip in as_approved.cards[0].reports
    assert slip not in document.cards[0].reports


def test_mail_of_which_nothing_is_left_says_who_took_it_back(site: Site) -> None:
    slips = [
        a_report(article_id=real_ids(site)[i], source_name=name) for i, name in enumerate(("The Tally", "Quayside"))
    ]
    card = replace(stored(site, a_news_card(slips[0])), reports=tuple(slips))
    publish_later(site, card, days=1)
    withdraw(site, *(slip.article_id for slip in slips))
    with site.storage.read() as tx:
        edition = tx.editions.find(site.edition.cadence, site.today + timedelta(days=1))
        assert edition is not None
        mail = email_message(tx.editions.standing(edition.id, edition.revision))
    for part in (mail.text, mail.html):
        assert "Stories that stood here were taken back by their outlets: The Tally and Quayside." in part
        assert "Nothing was reported" not in part
