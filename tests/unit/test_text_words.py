import pytest

from digest.model.text import loudness


@pytest.mark.parametrize(
    ("headline", "ways"),
    [
        ("Rents rose by 4 per cent, says the NHS in the EU", 0),
        ("HANDS OFF our buses", 1),
        ("You will not believe what she said…", 1),
        ("BOMBSHELL! Quill caught...", 3),
        ("", 0),
    ],
)
def test_loud_headlines_are_heard(headline: str, ways: int) -> None:
    assert loudness(headline) == ways
