"""Quotation marks as print has them, at display alone."""

import pytest

from web.typography import typeset


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ('It was "a nice drawing".', "It was “a nice drawing”."),
        ("'Quill will scrap' Bram's buses", "‘Quill will scrap’ Bram’s buses"),
        ("The '90s, and 'tis over", "The ’90s, and ’tis over"),
        ("(\"Never\") – 'ever'", "(“Never”) – ‘ever’"),
        ("Nothing to do, the tenants' way", "Nothing to do, the tenants’ way"),
    ],
)
def test_straight_marks_become_curly(stored: str, shown: str) -> None:
    assert typeset(stored, language="en-GB") == shown


def test_marks_inside_a_quotation_are_single() -> None:
    assert typeset('It was "a nice drawing".', language="en", is_quoted=True) == "It was ‘a nice drawing’."
    assert typeset("It was “a nice drawing”.", language="en", is_quoted=True) == "It was ‘a nice drawing’."


def test_other_languages_keep_what_they_have() -> None:
    assert typeset('Das "Blatt"', language="de", is_quoted=True) == 'Das "Blatt"'
