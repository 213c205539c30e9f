from dataclasses import replace

import pytest

from digest.model.delivery import Room
from digest.model.edition import Card
from digest.rendering.push import push_message
from tests.factories import a_card, a_claim, a_passage, a_report, a_shown_pairing, an_edition

ANSWER = "Hester Quill's plan caps every rise at the cost of living."
ROOM = Room(title=250, text=2000)
UNTITLED = Room(title=0, text=2000)


def test_short_answer_names_the_push_and_the_text_says_the_rest() -> None:
    document = an_edition(cards=(a_card(), a_card()))
    message = push_message(document, room=ROOM)
    assert message.title == ANSWER
    assert message.text.splitlines() == [
        "The Evening Quill: 2 stories answered today.",
        "https://news.example/editions/2026-11-23",
        document.imprint_short,
    ]


def test_answer_too_long_for_a_title_line_opens_the_text_whole() -> None:
    answer = a_passage(text="Our plan was costed line by line by the Office of Public Sums, on page 21. It caps rents.")
    message = push_message(an_edition(cards=(a_card(pairings=(a_shown_pairing(answer=answer),)),)), room=ROOM)
    assert message.title == "The Evening Quill"
    assert message.text.startswith(
        "Our plan was costed line by line by the Office of Public Sums, on page 21.\n1 story"
    )


def test_without_a_title_everything_stands_in_the_text() -> None:
    document = an_edition()
    message = push_message(document, room=UNTITLED)
    assert message.title == ""
    assert message.text.splitlines() == [
        ANSWER,
        "1 story answered today.",
        "https://news.example/editions/2026-11-23",
        document.imprint_short,
    ]


def test_staffs_headline_names_the_push_when_it_is_a_sentence() -> None:
    for headline, opening in (("Rents are capped.", "Rents are capped."), ("Rents, capped", ANSWER)):
        assert push_message(an_edition(cards=(a_card(name=headline),)), room=UNTITLED).text.startswith(opening)


def test_push_never_calls_what_nobody_confirmed_an_answer() -> None:
    unconfirmed = a_card(pairings=(a_shown_pairing(is_confirmed=False),))
    message = push_message(an_edition(cards=(unconfirmed,)), room=ROOM)
    assert ANSWER not in message.text
    assert "answered" not in message.text


def answered(claim: str, answer: str, **changes: str) -> Card:
    pairing = a_shown_pairing(claim=a_claim(text=claim, **changes), answer=a_passage(text=answer))
    return a_card(pairings=(pairing,))


@pytest.mark.parametrize(
    ("claim", "answer"),
    [
        ("The plan leaves a hole.", "The plan leaves a hole, they said, and that is not true."),
        (
            "Critics said on Tuesday that Hester Quill's rent plan leaves a hole.",
            "Hester Quill\u2019s rent plan leaves a hole, they say. It does not.",
        ),
        (
            "the rent plan leaves a hole of 214,000 in the budget",
            "The Treasurer is simply wrong to say that the rent plan leaves a hole of 214,000 in the budget.",
        ),
        ("Quill lied.", "Quill lied, says a paper that should know better."),
    ],
)
def test_claim_stands_nowhere_in_the_first_characters(claim: str, answer: str) -> None:
    """Not at the beginning, not in the middle, and no beginning of it either: the next answered card speaks."""
    document = an_edition(cards=(answered(claim, answer), a_card()))
    assert push_message(document, room=UNTITLED).text.startswith(ANSWER)


def test_next_whole_sentence_of_an_answer_speaks_where_the_first_repeats_the_claim() -> None:
    card = answered("The plan leaves a hole.", "The plan leaves a hole, they say. Every penny is on page 21.")
    assert push_message(an_edition(cards=(card,)), room=UNTITLED).text.startswith("Every penny is on page 21.\n")


def test_sentence_that_hangs_on_the_one_before_does_not_speak_alone() -> None:
    card = answered("The plan leaves a hole.", "The plan leaves a hole, they say. It is paid for in full.")
    assert push_message(an_edition(cards=(card,)), room=UNTITLED).text.startswith("Today's edition is out.\n")


def test_claim_of_another_card_and_a_press_headline_do_not_open_it_either() -> None:
    elsewhere = answered("Ferries will stop on Sundays, officials say.", "Ferries go on every day of the week.")
    repeating = answered("Something else entirely.", "The paper says ferries will stop on Sundays from May.")
    headlined = answered("Another matter altogether.", "Is the harbour wall a ruin? Not since we mended it in May.")
    headline = a_report(headline="The harbour wall a ruin, say divers")
    cards = (repeating, replace(headlined, reports=(headline,)), elsewhere)
    text = push_message(an_edition(cards=cards), room=UNTITLED).text
    assert text.startswith("Not since we mended it in May.\n")


def test_message_that_repeats_the_claim_does_not_open_it_either() -> None:
    claim = "The plan leaves a hole of 214,000 a year, the Treasurer said."
    repeating = "The plan leaves a hole of 214,000 a year, he says; no."
    message = a_report(headline="The plan leaves a hole of 214,000 a year", excerpt=f"{claim} He is wrong.")
    document = an_edition(cards=(answered(claim, repeating),), message=message)
    assert push_message(document, room=UNTITLED).text.startswith("Today's edition is out.\n")


def test_without_an_answer_the_push_says_todays_message() -> None:
    message = a_report(excerpt="We opened the library again. Come and see.", headline="Open again")
    document = an_edition(cards=(a_card(pairings=()),), message=message)
    assert push_message(document, room=UNTITLED).text.startswith("We opened the library again.\n")


@pytest.mark.parametrize("title", [0, 20, 250])
def test_push_keeps_to_the_channels_length_and_always_links(title: int) -> None:
    long = answered("Nothing.", "Our plan was costed line by line by the Office of Public Sums, " * 5 + "really.")
    for document in (an_edition(), an_edition(cards=(long,))):
        for most in (2000, 160, 120, 100, 60):
            message = push_message(document, room=Room(title=title, text=most))
            assert len(message.text) <= most
            assert len(message.title) <= title
            assert document.address in message.text


def test_no_sentence_is_ever_cut() -> None:
    long = answered("Nothing.", "Our plan was costed line by line by the Office of Public Sums, " * 5 + "really.")
    message = push_message(an_edition(cards=(long, a_card())), room=Room(title=0, text=160))
    assert message.text.startswith(ANSWER + "\n")
