import re
from html import unescape

import pytest
from lxml import html as lxml_html

from digest.errors import DeliveryError
from digest.rendering.email import accessibility_failings, email_message, email_subject
from digest.stages.deliver.mail import header_text
from tests.factories import a_card, a_claim, a_report, a_shown_pairing, an_edition


def test_subject_is_the_lead_answer_and_never_the_claim() -> None:
    document = an_edition(cards=(a_card(pairings=()), a_card()))
    assert email_subject(document) == document.cards[1].name
    assert email_subject(an_edition(cards=(a_card(pairings=()),))) == "The Evening Quill, Monday 23 November"


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
