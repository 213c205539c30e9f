"""Whom the User-Agent names."""

import pytest

from digest.assembly import robots_contact


@pytest.mark.parametrize(
    ("contact", "base_url", "named"),
    [
        ("", "https://news.example.org", "https://news.example.org/robot"),
        ("mail@example.org", "https://news.example.org", "mail@example.org"),
        ("", "http://127.0.0.1:8000", ""),
        ("", "http://localhost", ""),
        ("", "http://192.168.1.4", ""),
    ],
)
def test_user_agent_names_the_operators_contact_or_the_page_that_explains_it(
    contact: str, base_url: str, named: str
) -> None:
    assert robots_contact(contact, base_url) == named
