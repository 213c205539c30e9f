import pytest

from digest.stages.extract.authors import byline


@pytest.mark.parametrize(
    ("stated", "names"),
    [
        ("Ida Brandt", "Ida Brandt"),
        ("noreply@courier.example (Ida Brandt)", "Ida Brandt"),
        ("Ida Brandt <ida@courier.example>", "Ida Brandt"),
        ("mailto:ida@courier.example", None),
        ("ida@courier.example", None),
        ("ida [at] courier.example", None),
        ("By Ida Brandt", "Ida Brandt"),
        ("Von: Ida Brandt", "Ida Brandt"),
        ("(Ida Brandt)", "Ida Brandt"),
        ("Ida Brandt (Hafen) and Ole Byrne", "Ida Brandt (Hafen) and Ole Byrne"),
        ("https://www.facebook.com/courier", None),
        ("Ida Brandt https://courier.example/ida", "Ida Brandt"),
        ('{"name": "Ida Brandt", "url": "https://courier.example/ida"}', "Ida Brandt"),
        ('[{"name": "Ida Brandt"}, "Ole Byrne", {"name": null}]', "Ida Brandt, Ole Byrne"),
        ('{"name": ', '{"name'),
        ("[" * 100_000, None),
        ("admin", None),
        ("null", None),
        ("Byron Bayley", "Byron Bayley"),
        ("", None),
    ],
)
def test_a_byline_is_names_and_nothing_else(stated: str, names: str | None) -> None:
    assert byline([stated]) == names


def test_several_authors_are_each_named_once() -> None:
    assert byline(["Ida Brandt", "ida@courier.example", "Ida Brandt", "Ole Byrne"]) == "Ida Brandt, Ole Byrne"
