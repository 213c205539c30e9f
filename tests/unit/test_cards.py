"""What a card of the edition page shows: nothing twice, and no empty side."""

from dataclasses import replace

from digest.model.ids import SourceId
from tests.factories import OURS, a_card, a_claim, a_copy, a_report, a_shown_pairing
from web.readers.cards import card_view


def test_quoted_article_is_not_listed_again() -> None:
    quoted, other = a_report(url="https://ledger.example/plan"), a_report()
    view = card_view(a_card(pairings=(a_shown_pairing(claim=a_claim()),), reports=(quoted, other)))
    assert view.quote is not None
    assert view.quote.url == quoted.url
    assert view.reports == (other,)
    assert view.is_all


def test_quote_says_who_else_carried_it() -> None:
    claim = a_claim()
    report = a_report(article_id=claim.article_id, url=claim.url, copies=(a_copy(source_name="The Whistle"),))
    view = card_view(a_card(pairings=(a_shown_pairing(claim=claim),), reports=(report,)))
    assert view.quote is not None
    assert view.quote.told == report


def test_quote_from_a_copy_says_the_same() -> None:
    claim = a_claim()
    report = a_report(copies=(a_copy(article_id=claim.article_id, url=claim.url),))
    view = card_view(a_card(pairings=(a_shown_pairing(claim=claim),), reports=(report,)))
    assert view.quote is not None
    assert view.quote.told == report
    assert view.reports == ()


def test_unanswered_story_has_no_side_of_ours_unless_we_said_something() -> None:
    assert not card_view(a_card(pairings=())).has_ours
    assert card_view(a_card(pairings=(), campaign=(a_report(source_id=OURS.id),))).has_ours
    assert card_view(a_card(pairings=(), note="We will look at this tomorrow.")).has_ours


def test_headline_that_names_the_story_is_not_said_again() -> None:
    first = a_report()
    view = card_view(a_card(pairings=(), name=first.headline, reports=(first,)))
    assert view.quote is not None
    assert view.quote.headline == ""
    assert view.quote.url == first.url
    assert view.reports == ()


def test_reports_that_are_links_alone_fold_into_one_line_an_outlet_each() -> None:
    told = a_report()
    links = [a_report(headline="", excerpt="", source_id=SourceId("despatch")) for _ in range(2)]
    view = card_view(a_card(pairings=(), reports=(told, *links)))
    assert view.elsewhere == (links[0],)
    assert view.is_all


def test_source_that_allows_a_link_alone_leads_nothing() -> None:
    claim = replace(a_claim(url="https://despatch.example/1"), display="", headline="")
    silent = a_report(url=claim.url, headline="", excerpt="")
    told = a_report()
    view = card_view(a_card(pairings=(a_shown_pairing(claim=claim),), reports=(silent, told)))
    assert (view.quote, view.reports, view.elsewhere) == (None, (told,), (silent,))
    alone = card_view(a_card(pairings=(a_shown_pairing(claim=claim),), reports=(silent,)))
    assert alone.quote is not None


def test_more_reports_than_fit_are_led_to() -> None:
    view = card_view(a_card(pairings=(), reports=tuple(a_report() for _ in range(5))))
    assert len(view.reports) == 2
    assert not view.is_all


def test_card_leads_to_its_own_answer() -> None:
    pairing = a_shown_pairing()
    assert card_view(a_card(pairings=(pairing,))).address.endswith(f"#answer-{pairing.pairing_id}")
