import pytest

from digest.stages.extract import is_removal_notice, leads_elsewhere

KNOWN = "Council on fares"


@pytest.mark.parametrize(
    "text",
    [
        "This article was removed on 3 November 2026 because it was wrong.",
        "This article was removed on November 3, 2026.",
        "This story has been removed. We apologise to the Treasurer.",
        "This article has now been removed.",
        "This article has since been taken down.",
        "This article has been removed from our website following a complaint.",
        "Sorry, this article has been removed from our website following a complaint. We apologise to the Treasurer.",
        "We're sorry, but this page is no longer available.",
        "Unfortunately this content is no longer available.",
        "This post has been removed.",
        "This post was deleted by its author.",
        "This video has been removed for legal reasons.",
        "This report has been withdrawn.",
        "This report has been withdrawn and we apologise for the error.",
        "This piece has been withdrawn following a complaint to the editor.",
        "This item has been removed from our site.",
        "This column has been unpublished pending a review.",
        "This interview has been taken down at the request of the family.",
        "This article has been retracted because it did not meet our standards.",
        "This story was published in error. This story has been withdrawn.",
        "[This article has been deleted]",
        "Editor's note: The article has been retracted.",
        "Editor’s note: This story has been retracted after an internal review.",
        "Update: the story has been removed for legal reasons.",
        "Correction. This article has been withdrawn.",
        "An earlier version of this article has been withdrawn.",
        "An article previously published here has been removed.",
        "An article published on this page has been removed for legal reasons.",
        "A story that appeared on this page has been removed.",
        "The article that was here has been taken down.",
        "The story which appeared at this address was withdrawn following a complaint.",
        "The Courier has removed this article and apologises to the Treasurer.",
        "The Daily Courier has withdrawn this story.",
        "We have taken down this article for legal reasons.",
        "We have removed this video following a complaint.",
        "We have taken this article down.",
        "We've removed the story and apologise to those named in it.",
        "We retracted this article after a complaint.",
        "We have removed an article that appeared here. We apologise to the Treasurer.",
        "Following a complaint, we have removed this article.",
        "For legal reasons this article has been removed.",
        "This article has been deleted at the author's request.",
        "This page has been removed or is no longer available.",
        "The page you requested is no longer available.",
        "The article you are looking for has been removed.",
        "The report has been withdrawn.",
        "The page has been removed from our website.",
        "Article removed.",
        "Story withdrawn following a complaint",
        "Dieser Artikel wurde zurückgezogen.",
        "Dieser Beitrag ist nicht mehr verfügbar.",
        "Cet article n’est plus disponible.",
        "Cet article a été retiré à la demande de son auteur.",
        "Este artículo ha sido retirado.",
    ],
)
def test_a_notice_in_an_articles_place_is_told(text: str) -> None:
    assert is_removal_notice(KNOWN, text, known_as=KNOWN)


@pytest.mark.parametrize(
    "text",
    [
        "The council froze the fares.",
        "Workers took the statue down.",
        "He said this article was removed from the site at his request.",
        "“This article was removed”, the editor said, and nobody asked why.",
        "Two removed officials sue the council.",
        "The report has been withdrawn by ministers, who said that it was wrong.",
        "The report was withdrawn after ministers lost the vote.",
        "This report was withdrawn from the shelves of every library.",
        "This report was withdrawn by the ministry on Friday.",
        "The page was deleted from the ministry's website on Friday.",
        "The page was removed from the council’s website.",
        "The video was deleted by the candidate.",
        "The video was deleted hours later.",
        "The video was deleted – but not before thousands had seen it.",
        "The report was withdrawn: ministers had lost the vote.",
        "This video was deleted by the candidate hours after it went out.",
        "The candidate mocked the nurses. The video has been deleted.",
        "The article has been removed from sale.",
        "This article has been removed from the school curriculum.",
        "This article of the treaty was removed.",
        "This story was taken down to its bones by three playwrights.",
        "This story has been pulled together by our readers.",
        "This content is no longer available in your region.",
        "This article is no longer available to those without a subscription.",
        "The item is no longer available in shops, the chain said.",
        "The post was removed by the platform within the hour.",
        "The post was withdrawn from the list of jobs that the council offers.",
        "The story has been removed from history by those who won.",
        "The column was taken down by workers on Monday.",
        "The column was removed from the square in the night.",
        "The minister has withdrawn the report and the bill.",
        "The minister has removed this statue.",
        "We have withdrawn the report, ministers said on Monday.",
        "We have removed the article of faith on which the party stood.",
        "We have pulled this story from many voices.",
        "We deleted the video, the candidate said.",
        "A report published on Monday has been withdrawn by ministers.",
        "A video that appeared on Monday has been removed by the platform.",
        "An earlier version of the bill has been withdrawn.",
        "An article in the Courier has been removed, its rival says.",
        "Post removed by the platform was seen by thousands.",
        "Page deleted from the diary shows what the minister knew.",
        "Article removed from treaty after a night of talks.",
        "Content removed by platforms doubled within a year.",
        "This article was removed. " + "The council froze the fares. " * 60,
        "The council froze the fares. " * 12 + "This article was removed from our archive.",
    ],
)
def test_a_report_of_a_removal_is_none(text: str) -> None:
    assert not is_removal_notice(KNOWN, text, known_as=KNOWN)


@pytest.mark.parametrize(
    ("title", "known_as"),
    [
        ("Removed: Council on fares", KNOWN),
        ("RETRACTED: Council on fares", KNOWN),
        ("WITHDRAWN – Council on fares", KNOWN),
        ("[Deleted] Council on fares", KNOWN),
        ("Article removed: Council on the fares", KNOWN),
        ("[Removed]", KNOWN),
        ("Page removed", KNOWN),
        ("Article removed", KNOWN),
        ("This article has been removed", KNOWN),
        ("Content no longer available", ""),
    ],
)
def test_a_mark_before_the_headline_that_we_know_is_a_notice(title: str, known_as: str) -> None:
    assert is_removal_notice(title, "The reasons are given below.", known_as=known_as)


@pytest.mark.parametrize(
    ("title", "known_as"),
    [
        ("Removed: the statue that split a harbour town", ""),
        ("Removed: the statue that split a harbour town", "Removed: the statue that split a harbour town"),
        ("Removed: the statue that split a town", "Removed: the statue that split a harbour town"),
        ("Removed: the statue that split a harbour town", "Council votes on the statue"),
        ("Withdrawn – the candidate who quit the race speaks", "The candidate who quit"),
        ("Retracted: minister's claim on ferry fares", KNOWN),
        ("Statue removed from square", KNOWN),
        ("Minister retracts claim", KNOWN),
        ("Removed officials sue", KNOWN),
        ("Page removed from diary", KNOWN),
        ("Article removed from treaty", KNOWN),
        ("Removed", "Removed"),
    ],
)
def test_a_headline_that_begins_like_a_mark_is_a_headline(title: str, known_as: str) -> None:
    assert not is_removal_notice(title, "The reasons are given below.", known_as=known_as)


def test_a_text_that_says_so_is_a_notice_under_any_headline() -> None:
    assert is_removal_notice("Article removed: the statue", "This article was removed for legal reasons.")


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
