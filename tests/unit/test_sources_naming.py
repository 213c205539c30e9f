"""What a new source could be called."""

import pytest

from digest.sources import front_page_of, problems_with_source, proposed_id, proposed_name

URL = "https://www.herald.example/"


@pytest.mark.parametrize(
    ("titles", "name"),
    [
        (("The Herald",), "The Herald"),
        (("Home | The Herald",), "The Herald"),
        (("The Herald - RSS Feed",), "The Herald"),
        (("The Herald » Feed",), "The Herald"),
        (("The Herald: Politics (RSS)",), "The Herald: Politics"),
        (("  The\n Herald ",), "The Herald"),
        (("RSS", "The Herald"), "The Herald"),
        (("", "Feed"), "herald.example"),
        (("x" * 900,), "x" * 500),
    ],
)
def test_a_name_is_what_the_feed_calls_itself_without_what_names_nothing(titles: tuple[str, ...], name: str) -> None:
    assert proposed_name(*titles, url=URL) == name


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("The Daily Herald", "the-daily-herald"),
        ("Ada’s Läden & Söhne", "adas-laden-sohne"),
        ("報道", "herald-example"),
        ("true", "true"),
        ("1984", "1984"),
        ("word " * 40, "-".join(["word"] * 13)),
    ],
)
def test_an_id_is_made_of_the_name_or_else_of_the_host(name: str, made: str) -> None:
    proposed = proposed_id(name, url=URL, taken=())
    assert proposed == made
    assert problems_with_source({"id": proposed}) == {}


def test_an_id_that_is_taken_is_numbered_within_its_length() -> None:
    assert proposed_id("The Herald", url=URL, taken={"the-herald", "the-herald-2"}) == "the-herald-3"
    long = "a" * 64
    assert proposed_id(long, url=URL, taken={long}) == f"{'a' * 62}-2"


def test_only_the_keys_that_are_given_are_judged() -> None:
    assert problems_with_source({"name": "A", "kind": "friendly"}) == {}
    wrong = problems_with_source({"id": "The Herald", "kind": "freindly", "feed": "ftp://x/", "language": "english!"})
    assert set(wrong) == {"id", "kind", "feed", "language"}
    assert "did you mean the-herald" in wrong["id"]
    assert "did you mean friendly" in wrong["kind"]


def test_the_front_page_is_that_of_the_feeds_host() -> None:
    assert front_page_of("https://a.example:8080/x/feed?y#z") == "https://a.example:8080/"
    assert front_page_of("https://a.example?feed=rss2") == "https://a.example/"
