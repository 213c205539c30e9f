"""One key for the spellings of one address, and another for every other article."""

import pytest

from digest.model.address import address_key

PAGE = "https://courier.example/2026/ferry?id=3&part=two"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://courier.example/a", "https://courier.example/a"),
        ("https://www.courier.example/a", "https://courier.example/a"),
        ("https://courier.example/a/", "https://courier.example/a"),
        ("http://www.courier.example/a/", "https://courier.example/a"),
        ("https://courier.example/a/?id=3", "https://courier.example/a?id=3"),
        ("https://courier.example/", "https://courier.example"),
        ("https://courier.example/b/../a/./", "https://courier.example/a"),
        ("https://courier.example/../a", "https://courier.example/a"),
        ("https://courier.example/?id=3&part=two", "https://courier.example/?part=two&id=3"),
        ("https://courier.example/?id=3&", "https://courier.example/?id=3"),
        ("https://courier.example/a?", "https://courier.example/a"),
        ("http://courier.example:80/a", "https://courier.example:443/a"),
        ("http://courier.example:8080/a", "https://courier.example:8080/a"),
        ("https://Courier.Example/a", "https://courier.example/a"),
        ("http://www.courier.example/#!/story/3", "https://courier.example#!/story/3"),
    ],
)
def test_spellings_of_one_address_have_one_key(one: str, other: str) -> None:
    assert address_key(one) == address_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://courier.example/a?id=3", "https://courier.example/a?id=2"),
        ("https://courier.example/a?id=3", "https://courier.example/a"),
        ("https://courier.example/a?id=3", "https://courier.example/a/id=3"),
        ("https://courier.example/a?id=3&id=2", "https://courier.example/a?id=2&id=3"),
        ("https://courier.example/a?id=A", "https://courier.example/a?id=a"),
        ("https://courier.example/Ferry", "https://courier.example/ferry"),
        ("https://courier.example/#!/story/3", "https://courier.example/#!/story/2"),
        ("https://courier.example/#!/story/3", "https://courier.example/story/3"),
        ("https://courier.example/#/story/3/", "https://courier.example/#/story/3"),
        ("https://courier.example:8080/a", "https://courier.example/a"),
        ("https://courier.example:80/a", "https://courier.example/a"),
        ("https://courier.example/a.", "https://courier.example/a"),
        ("https://courier.example/.a", "https://courier.example/a"),
        ("https://m.courier.example/a", "https://courier.example/a"),
        ("https://www2.courier.example/a", "https://courier.example/a"),
        ("https://wwwcourier.example/a", "https://courier.example/a"),
        ("https://www.example/a", "https://example/a"),
        ("https://courier.example/www.a", "https://courier.example/a"),
        ("https://courier.example#1f", "https://courier.example#2f"),
        ("statement:3", "statement:2"),
    ],
)
def test_addresses_of_two_articles_have_two_keys(one: str, other: str) -> None:
    assert address_key(one) != address_key(other)


def test_a_key_says_where_it_leads_and_is_no_address() -> None:
    assert address_key(PAGE) == "//courier.example/2026/ferry?id=3&part=two"
