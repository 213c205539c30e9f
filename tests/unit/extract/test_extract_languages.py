import pytest

from digest.stages.extract.languages import language_of

ENGLISH = (
    "The ferry will be out of service for eleven days, the operator said, and that was not what passengers from the "
    "islands had been told."
)
GERMAN = "Die Fähre fällt elf Tage lang aus, teilte der Betreiber am Morgen mit. Die Fahrgäste müssen warten."
WELSH = "Bydd y fferi allan o wasanaeth am un diwrnod ar ddeg, meddai'r cwmni wrth deithwyr ar y cei y bore yma."
GAELIC = "Bidh an t-aiseag a-mach à seirbheis airson aon latha deug, thuirt a' chompanaidh madainn an-diugh."


@pytest.mark.parametrize(
    ("text", "claimed", "language"),
    [
        (ENGLISH, None, "en"),
        (ENGLISH, "en-GB", "en-GB"),
        (ENGLISH, "de", "en"),
        (GERMAN, "en", "de"),
        (GERMAN, "de-AT", "de-AT"),
        (WELSH, "en-GB", "cy"),
        ("Ferry, harbour, council: budget, minister; school teacher nurse. River bridge market tax farm.", "en", "en"),
        (GAELIC, "en-GB", "gd"),
        ("Rents!", "en-GB", "en-GB"),
        ("Hester Quill in Brackmouth", "de", "de"),
        ("Quill", None, None),
        ("12 34 56 " * 100, "en", "en"),
        ("", "en", "en"),
    ],
)
def test_the_text_says_its_language_where_it_is_long_enough(
    text: str, claimed: str | None, language: str | None
) -> None:
    assert language_of(text, claimed=claimed) == language
