from digest.rendering.push import push_message
from tests.factories import a_card, a_claim, a_passage, a_report, a_shown_pairing, an_edition

ANSWER = "Hester Quill's plan caps every rise at the cost of living."


def test_push_is_one_sentence_of_the_answer_the_count_the_link_and_the_imprint() -> None:
    document = an_edition(cards=(a_card(), a_card()))
    message = push_message(document, most_characters=2000)
    assert message.text.splitlines() == [
        ANSWER,
        "2 stories answered today.",
        "https://news.example/editions/2026-11-23",
        document.imprint_short,
    ]
    assert message.title == "The Evening Quill, Monday 23 November"


def test_push_never_calls_what_nobody_confirmed_an_answer() -> None:
    unconfirmed = a_card(pairings=(a_shown_pairing(is_confirmed=False),))
    message = push_message(an_edition(cards=(unconfirmed,)), most_characters=2000)
    assert ANSWER not in message.text
    assert "answered" not in message.text


def test_claim_never_opens_the_push() -> None:
    claim = a_claim(text="The plan leaves a hole.")
    repeating = a_passage(text="The plan leaves a hole, they said, and that is not true.")
    cards = (a_card(pairings=(a_shown_pairing(claim=claim, answer=repeating),)), a_card())
    text = push_message(an_edition(cards=cards), most_characters=2000).text
    assert "leaves a hole" not in text[:60]
    assert text.startswith(ANSWER)


def test_without_an_answer_the_push_says_todays_message() -> None:
    message = a_report(excerpt="We opened the library again. Come and see.", headline="Open again")
    document = an_edition(cards=(a_card(pairings=()),), message=message)
    assert push_message(document, most_characters=2000).text.startswith("We opened the library again.\n")


def test_push_keeps_to_the_channels_length_and_always_links() -> None:
    document = an_edition()
    for most in (2000, 160, 120, 100, 60):
        text = push_message(document, most_characters=most).text
        assert len(text) <= most
        assert document.address in text
