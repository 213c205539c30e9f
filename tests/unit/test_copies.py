"""One report that several outlets carry, and who wrote it."""

import pytest

from digest.model.article import Article
from digest.model.ids import SourceId
from digest.stages.compose.copies import agency_of, copies
from tests.factories import PRESS, RIVAL_PRESS, an_article

WIRE = """BRACKMOUTH (Common Despatch) - The harbour ferry to Gullhaven will be out of service for eleven days, its operator said in a statement on Monday morning.

Engineers found cracks in the hull during the winter inspection, and a replacement vessel could not be chartered before the end of the month, managing director Orla Finch told reporters on the quay.

Islanders who need hospital treatment will be carried by the pilot boat. Schoolchildren are to be taught at the old customs house until the service resumes.

The transport committee meets on Thursday to decide whether the operator has broken its contract. Alderman Hodge, who chairs it, said passengers deserved a full refund and an apology."""  # noqa: E501 a report's paragraphs are lines
PARAGRAPHS = WIRE.split("\n\n")
OWN = (
    "Families on Gullhaven were stranded again yesterday after the ferry company cancelled every sailing without any "
    "warning. Our reporter spent the morning with pensioner Edith Marlow, whose weekly hospital appointment across the "
    "water has now been postponed for the third time since September."
)


def told(text: str, outlet: str, **changes: object) -> Article:
    return an_article(text=text, source_id=SourceId(outlet), **changes)


@pytest.mark.parametrize(
    "taken",
    [
        WIRE,
        "\n\n".join(PARAGRAPHS[:2]),
        PARAGRAPHS[1],
        WIRE.replace("Monday morning", "Monday").replace("told reporters on the quay", "said").upper(),
        "Ferry chaos! " + WIRE + "\n\n" + OWN,
        "\n\n".join((PARAGRAPHS[0], OWN, *PARAGRAPHS[1:3])),
    ],
    ids=["whole", "two paragraphs", "one paragraph", "edited", "lengthened", "mixed"],
)
@pytest.mark.parametrize("is_whole_first", [True, False])
def test_agency_copy_is_known_however_an_outlet_cuts_it(taken: str, is_whole_first: bool) -> None:
    whole, other = told(WIRE, "despatch"), told(taken, "ledger", headline="Another headline")
    articles = [whole, other] if is_whole_first else [other, whole]
    assert copies(articles) == [articles]


@pytest.mark.parametrize(
    "other",
    [
        OWN,
        "The operator said in a statement that it regretted the cancellations. " + OWN,
        "Subscribe to read on.",
        "",
    ],
)
def test_a_report_of_its_own_is_no_copy(other: str) -> None:
    assert len(copies([told(WIRE, "despatch"), told(other, "ledger")])) == 2


def test_a_line_that_strangers_share_is_no_report() -> None:
    line = "Subscribe to read on, from one crown a week."
    assert len(copies([told(line, "ledger"), told(line, "whistle")])) == 2


def test_pages_of_one_outlet_that_share_a_text_are_told_apart_by_their_headlines() -> None:
    one, repeated, other = (told(WIRE, "ledger", headline=headline) for headline in ("Ferry", "FERRY", "Rents"))
    assert copies([one, repeated, other]) == [[one, repeated], [other]]


def test_two_cuttings_of_one_report_are_brought_together_by_the_whole() -> None:
    start, end = told("\n\n".join(PARAGRAPHS[:2]), "ledger"), told("\n\n".join(PARAGRAPHS[2:]), "whistle")
    assert len(copies([told(WIRE, "despatch"), start, end])) == 1


@pytest.mark.parametrize(
    ("changes", "agency"),
    [
        ({"author": "Reuters"}, "Reuters"),
        ({"author": "Ida Brandt and Agence France-Presse"}, "AFP"),
        ({"author": "Press Association"}, "PA Media"),
        ({"author": "By Ida Brandt, dpa"}, "dpa"),
        ({"author": "The Whistle"}, "The Whistle"),
        ({"author": "The Ledger"}, ""),
        ({"author": "Ida Brandt"}, ""),
        ({"author": "Apa Reuters Brandt"}, ""),
        ({"text": "LONDON, Nov 3 (Reuters) - The ferry is late."}, "Reuters"),
        ({"text": "BERLIN (dpa) – Die Fähre ist spät."}, "dpa"),
        ({"text": "The ferry is late. © 2026 AFP"}, "AFP"),
        ({"text": "The ferry is late. (AP)"}, "AP"),
        ({"text": "The council (PA was not there) met. The ferry is late."}, ""),
        ({"text": "The council met. " * 40 + "He works for Reuters."}, ""),
    ],
)
def test_the_agency_is_named_where_a_copy_credits_it(changes: dict[str, str], agency: str) -> None:
    names = {PRESS.id: PRESS.name, RIVAL_PRESS.id: RIVAL_PRESS.name}
    assert agency_of([an_article(author=None, text=OWN), an_article(**{"author": None, **changes})], names) == agency
