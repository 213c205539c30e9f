import pytest

from digest.stages.extract.posts import is_cut_off, is_post, is_whole, without_tail
from digest.stages.extract.text import cut_at_word, first_sentence, tidy_line, tidy_text


def test_tidying_keeps_paragraphs_and_drops_what_cannot_be_seen() -> None:
    untidy = "A\u200b \x00cafe\u0301\u202e  bar\r\n \r\n\r\n\t second\ud800 line\n"
    assert tidy_text(untidy, limit=100) == "A café bar\n\nsecond line"


def test_an_emoji_family_stays_together() -> None:
    assert tidy_text("👩\u200d👧", limit=10) == "👩\u200d👧"


def test_a_line_is_one_line_cut_at_a_word() -> None:
    assert tidy_line("one\ntwo  three four", limit=14) == "one two three…"


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("short", 5, "short"),
        ("one two three", 9, "one two…"),
        ("one, two three", 6, "one…"),
        ("日本語の長い見出し", 5, "日本語の…"),
    ],
)
def test_cutting_never_exceeds_the_limit(text: str, limit: int, expected: str) -> None:
    assert cut_at_word(text, limit=limit, ending="…") == expected
    assert len(expected) <= limit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We froze fares. Next year too.", "We froze fares."),
        ("Mr. Holm and Dr. Vik agreed. Good.", "Mr. Holm and Dr. Vik agreed."),
        ("J. Brandt of the U.S. Senate spoke. Then left.", "J. Brandt of the U.S. Senate spoke."),
        ("No more 3.5 percent! Ever.", "No more 3.5 percent!"),
        ("A line without a stop\nand another", "A line without a stop"),
        ("“It is done.” She left.", "“It is done.”"),
        ("no end", "no end"),
    ],
)
def test_the_first_sentence_is_whole(text: str, expected: str) -> None:
    assert first_sentence(text) == expected


@pytest.mark.parametrize(
    "tail",
    [" Continue reading…", "\n\nRead more", " […]", " [...]", "\n\nRead the full story on our site →"],
)
def test_tails_of_teasers_are_told_and_stripped(tail: str) -> None:
    text = "The council froze fares."
    assert is_cut_off(text + tail)
    assert without_tail(text + tail) == text


def test_the_line_wordpress_adds_is_stripped_but_says_nothing() -> None:
    text = "The council froze fares."
    added = text + "\n\nThe post Ferry fares appeared first on Courier."
    assert without_tail(added) == text
    assert not is_cut_off(added)


@pytest.mark.parametrize(
    "text",
    ["You can read more in the report we sent.", "She said: read my lips.", "The continue reading button broke."],
)
def test_ordinary_sentences_are_no_tails(text: str) -> None:
    assert without_tail(text) == text
    assert not is_cut_off(text)


def test_a_post_has_no_title_or_one_that_is_its_beginning_cut_off() -> None:
    text = "We froze the ferry fares today, for the third year."
    assert is_post(text, title="")
    assert is_post(text, title="We froze the ferry fares…")
    assert not is_post(text, title="Council on fares…")
    assert not is_post(text, title="We froze the ferry fares")
    assert not is_post("", title="")


def test_long_texts_are_whole_unless_they_say_otherwise() -> None:
    text = "word " * 130
    assert is_whole(text, title="Title")
    assert not is_whole(text + "[…]", title="Title")
    assert not is_whole("word " * 50, title="Title")
