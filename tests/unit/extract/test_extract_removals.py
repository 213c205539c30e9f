import pytest

from digest.stages.extract import is_removal_notice, leads_elsewhere


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Article removed: Council on fares", "This article was removed on 3 November 2026 because it was wrong."),
        ("Council on fares", "This story has been removed. We apologise to the Treasurer."),
        ("Council on fares", "Editor's note: The article has been retracted."),
        ("Council on fares", "We have taken down this article for legal reasons."),
        ("RETRACTED: Council on fares", "The reasons are given below."),
        ("Sorry", "The page you requested is no longer available."),
        ("Rat", "Dieser Artikel wurde zurückgezogen."),
        ("Conseil", "Cet article n’est plus disponible."),
    ],
)
def test_a_notice_in_an_articles_place_is_told(title: str, text: str) -> None:
    assert is_removal_notice(title, text)


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Council on fares", "The council froze the fares."),
        ("Statue removed from square", "Workers took the statue down."),
        ("Minister retracts claim", "He said this article was removed from the site at his request."),
        ("Removed officials sue", "Two removed officials sue the council."),
        ("Council on fares", "This article was removed. " + "The council froze the fares. " * 60),
        ("Council on fares", "The council froze the fares. " * 12 + "This article was removed from our archive."),
    ],
)
def test_a_report_of_a_removal_is_none(title: str, text: str) -> None:
    assert not is_removal_notice(title, text)


@pytest.mark.parametrize(
    ("asked", "answered", "is_elsewhere"),
    [
        ("/news/ferry-fares-up", "/", True),
        ("/news/ferry-fares-up", "/home", True),
        ("/news/ferry-fares-up", "/news", True),
        ("/news/ferry-fares-up", "/news/?from=404", True),
        ("/news/ferry-fares-up", "/news/ferry-fares-up-again", False),
        ("/news/ferry-fares-up/amp", "/news/ferry-fares-up", False),
        ("/story/1234567/slug", "/story/1234567", False),
        ("/news/ferry-fares-up", "/login", False),
        ("/news/ferry-fares-up", "/?p=1234", False),
        ("/", "/", False),
    ],
)
def test_an_address_that_leads_to_the_front_page_or_a_section_leads_elsewhere(
    asked: str, answered: str, is_elsewhere: bool
) -> None:
    host = "https://www.courier.example"
    assert leads_elsewhere(host + asked, host + answered) is is_elsewhere
    assert not leads_elsewhere(host + asked, "https://consent.example" + answered)
