import re
from datetime import timedelta
from html import unescape

import pytest
from lxml import html as lxml_html

from digest.errors import DeliveryError
from digest.model.edition import EditionDocument
from digest.model.source import SourceKind
from digest.rendering.email import accessibility_failings, contrast, email_message, email_subject
from digest.stages.deliver.mail import header_text
from tests.factories import NOON, a_card, a_claim, a_passage, a_report, a_shown_pairing, an_edition


def test_subject_is_the_lead_answer_and_never_the_claim() -> None:
    document = an_edition(cards=(a_card(pairings=()), a_card()))
    assert email_subject(document) == document.cards[1].name
    assert email_subject(an_edition(cards=(a_card(pairings=()),))) == "The Evening Quill, Monday 23 November 2026"


def test_html_and_text_say_the_same_and_link_to_both_originals() -> None:
    card = a_card()
    message = email_message(an_edition(cards=(card,)))
    assert message.html is not None
    for part in (unescape(message.html), message.text):
        assert card.name in part
        assert card.pairings[0].claim.text in part
        assert card.pairings[0].claim.url in part
        assert card.pairings[0].answer.url in part
        assert "Published by W. Oddy" in part
        assert "https://news.example/editions/2026-11-23" in part


def test_email_loads_nothing_from_anywhere() -> None:
    html = email_message(an_edition()).html or ""
    root = lxml_html.document_fromstring(html)
    assert not root.xpath("//img|//script|//link|//iframe|//@background")
    assert "url(" not in html


def test_feed_text_is_data() -> None:
    claim = a_claim(text='<script>alert("x")</script> & more.', headline="<b>Bold</b>")
    html = email_message(an_edition(cards=(a_card(pairings=(a_shown_pairing(claim=claim),)),))).html or ""
    assert "<script>" not in html
    assert "<b>Bold" not in html


def test_unconfirmed_pairing_is_labelled() -> None:
    card = a_card(pairings=(a_shown_pairing(is_confirmed=False),))
    message = email_message(an_edition(cards=(card,)))
    assert "not yet checked by a person" in (message.html or "")
    assert "not yet checked by a person" in message.text


def test_reporters_name_is_in_no_email() -> None:
    message = email_message(an_edition(cards=(a_card(pairings=(), reports=(a_report(author="Ada Penn"),)),)))
    assert "Ada Penn" not in (message.html or "") + message.text


def test_edition_passes_the_accessibility_gate_and_the_gate_can_fail() -> None:
    message = email_message(an_edition())
    html = message.html or ""
    assert accessibility_failings(html, message.text) == ()
    assert accessibility_failings(re.sub(r' lang="\w+"', "", html), message.text) == ("no lang",)
    assert accessibility_failings(html.replace("<h1", "<h3").replace("</h1", "</h3"), message.text)
    assert accessibility_failings(html, " ") == ("no text part",)


def test_email_that_fails_the_gate_is_not_sent() -> None:
    with pytest.raises(DeliveryError, match="no lang"):
        email_message(an_edition(language=""))


@pytest.mark.parametrize("text", ["=?utf-8?q?a=0D=0ABcc:_x@y?=", "a\r\nBcc: x@y", "a\x00b\u2028c"])
def test_header_text_cannot_become_another_header(text: str) -> None:
    from email.message import EmailMessage

    mail = EmailMessage()
    mail["Subject"] = header_text(text)
    assert not re.search(rb"(?im)^bcc:", mail.as_bytes())


LONG = "The plan was costed line by line, by number, on page 21 of our own programme, and anybody may look it up there."


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        (LONG, "The plan was costed line by line, by number, on page 21 of our own programme"),
        ("If they had looked it up " + "x" * 10 + " in the programme, " + "y " * 40, "If they had looked it up "),
        ("We say so: " + "a word " * 20, "We say so: a word"),
        ("word " * 30, "word word"),
    ],
)
def test_long_subject_ends_with_a_clause_or_says_that_it_goes_on(name: str, subject: str) -> None:
    cut = email_subject(an_edition(cards=(a_card(name=name),)))
    assert cut.startswith(subject)
    assert len(cut) <= 90
    assert cut.endswith("…") is (name is not LONG)


def test_subject_that_fits_is_left_alone() -> None:
    name = "Costed, on page 21, and nobody looked."
    assert email_subject(an_edition(cards=(a_card(name=name),))) == name


def parts(document: EditionDocument) -> tuple[str, str]:
    message = email_message(document)
    return unescape(message.html or ""), message.text


def test_times_of_another_day_say_which() -> None:
    answer = a_passage(published_at=NOON - timedelta(days=1))
    for part in parts(an_edition(cards=(a_card(pairings=(a_shown_pairing(answer=answer),)),))):
        assert "Sun 22 Nov, 12:00" in part
        assert "Mon 23 Nov" not in part


def test_day_has_its_year_and_the_number_of_answers_is_said() -> None:
    for part in parts(an_edition(cards=(a_card(), a_card(), a_card(pairings=())))):
        assert "Monday 23 November 2026 · 2 stories answered" in part
    for part in parts(an_edition(cards=(a_card(pairings=()),))):
        assert "answered" not in part


def test_todays_message_is_called_so() -> None:
    for part in parts(an_edition(message=a_report())):
        assert "today's message" in part.casefold()


def test_invented_campaign_says_that_it_is_invented() -> None:
    for part in parts(an_edition(is_sample=True)):
        assert "invented campaign" in part
    for part in parts(an_edition()):
        assert "invented" not in part


def test_story_that_only_supportive_outlets_carried_shows_them_and_no_empty_label() -> None:
    friendly = a_report(kind=SourceKind.FRIENDLY, source_name="Lamplight", headline="A good day at the fair")
    card = a_card(pairings=(), reports=(), supportive=(friendly,), name="A good day")
    for part in parts(an_edition(cards=(card,))):
        assert "what was reported" not in part.casefold()
        assert "A good day at the fair" in part
        assert "supportive" in part.casefold()


def test_which_side_is_which_stands_on_its_ground() -> None:
    root = lxml_html.document_fromstring(email_message(an_edition()).html or "")
    (ours, reported) = root.xpath("//div[contains(@class, 'side')]")
    for side, label, ground, bar in (
        (ours, "What we say", "#f8e9e4", "4px solid #8a1f2b"),
        (reported, "What was reported", "#efece4", "4px solid #6b675f"),
    ):
        assert side.xpath("string(p[1])") == label
        assert ground in side.get("style")
        assert bar in side.get("style")
    assert ours.xpath("h2")


def test_name_of_an_unanswered_story_is_outside_our_side_and_in_ink() -> None:
    unchecked = a_card(pairings=(a_shown_pairing(is_confirmed=False),), name="Ferry fares to rise")
    root = lxml_html.document_fromstring(email_message(an_edition(cards=(unchecked,))).html or "")
    (link,) = root.xpath("//h2/a")
    assert "#1f1b16" in link.get("style")
    assert not link.xpath("ancestor::div[contains(@class, 'side')]")


def test_answer_is_not_said_twice() -> None:
    answer = a_passage(text="We cap every rent. From May on.")
    card = a_card(pairings=(a_shown_pairing(answer=answer),), name="We cap every rent.")
    for part in parts(an_edition(cards=(card,))):
        assert part.replace("<title>We cap every rent.</title>", "").count("We cap every rent.") == 1


def test_every_link_is_at_least_24_pixels_high() -> None:
    root = lxml_html.document_fromstring(email_message(an_edition(message=a_report())).html or "")
    for link in root.iter("a"):
        around = [found for e in (link, *link.iterancestors()) for found in _LINE_HEIGHT.findall(e.get("style") or "")]
        size, height = _SIZE.findall(link.getparent().get("style"))[0], around[0]
        assert float(height.removesuffix("px")) * (1 if height.endswith("px") else float(size)) >= 24


_LINE_HEIGHT = re.compile(r"line-height:\s*([\d.]+(?:px)?)")
_SIZE = re.compile(r"font-size:\s*([\d.]+)px")


def test_whole_email_is_its_main_part() -> None:
    root = lxml_html.document_fromstring(email_message(an_edition()).html or "")
    (main,) = root.xpath("//*[@role='main']")
    assert main.getparent().tag == "body"


def test_right_to_left_languages_are_set_so() -> None:
    assert 'dir="rtl"' in (email_message(an_edition(language="yi")).html or "")


def test_every_colour_of_every_part_can_be_read_and_the_gate_sees_one_that_cannot() -> None:
    unchecked, plain = a_card(pairings=(a_shown_pairing(is_confirmed=False),)), a_card(pairings=(), note="A note.")
    document = an_edition(is_sample=True, message=a_report(), cards=(a_card(), unchecked, plain))
    message = email_message(document)
    html = message.html or ""
    assert accessibility_failings(html, message.text) == ()
    pale = html.replace("#57503f", "#b8b09f")
    assert "#b8b09f on #fffdf8 is too faint" in accessibility_failings(pale, message.text)
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
