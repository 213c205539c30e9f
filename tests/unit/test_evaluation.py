"""`digest evaluate` takes what it is given, says what is wrong with it by line, and writes all or nothing."""

import json
from pathlib import Path

import pytest

from digest.errors import ConfigError
from digest.evaluation import Level, evaluate_pairings, evaluate_stories

pytestmark = pytest.mark.xdist_group("model")
ARTICLES = [
    {"id": "a", "title": "Ferry breaks down off Skerrow", "text": "The Patient Margaret broke down with 53 aboard."},
    {
        "id": "b",
        "title": "Skerrow ferry breaks down",
        "text": "The Patient Margaret broke down off Skerrow.",
        "url": None,
    },
    {"id": 3, "title": "Rent cap passes", "published": "2026-11-23T18:00:00Z", "source": "ledger"},
]
POSTS = [{"id": "p", "text": "The Patient Margaret has lost 53 sailings.", "published": "2026-11-23"}]


def write(file: Path, rows: list[dict[str, object]] | str) -> Path:
    text = rows if isinstance(rows, str) else "".join(json.dumps(row) + "\n" for row in rows)
    file.write_text(text, encoding="utf-8")
    return file


def read(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("level", Level)
def test_every_article_gets_a_cluster_whatever_it_lacks(tmp_path: Path, level: Level) -> None:
    evaluate_stories(write(tmp_path / "in", ARTICLES), tmp_path / "out", level=level)  # type: ignore[arg-type]
    rows = read(tmp_path / "out")
    assert [row["id"] for row in rows] == ["a", "b", "3"]
    assert rows[0]["cluster"] == rows[1]["cluster"] != rows[2]["cluster"]


def test_stories_come_best_first_or_as_they_were_asked_for(tmp_path: Path) -> None:
    posts, stories = write(tmp_path / "p", POSTS), write(tmp_path / "s", ARTICLES)  # type: ignore[arg-type]
    evaluate_pairings(posts, stories, tmp_path / "out", pairs=None)
    rows = read(tmp_path / "out")
    assert {str(row["story"]) for row in rows} == {"a", "b", "3"}
    scores = [float(str(row["score"])) for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    pairs = write(tmp_path / "pairs", [{"post": "p", "story": 3}, {"post": "p", "story": "a"}])
    evaluate_pairings(posts, stories, tmp_path / "out", pairs=pairs)
    judged = read(tmp_path / "out")
    assert [row["story"] for row in judged] == ["3", "a"]
    assert judged[0]["relation"] == "unrelated"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"id": "a"}\n{"id": ', "line 2 is not JSON: .*Write one whole object"),
        ('[{"id": "a"},\n{"id": "b"}]', "line 1 is not JSON: .*Write one whole object"),
        ("[" * 100_000, "line 1"),
        ("[1]", 'line 1 is no object; write {"id": …} on each line'),
        ('{"title": "x"}', "line 1 has no 'id'; give each line one"),
        ('{"id": ""}', "line 1 has no 'id'"),
        ('{"id": "a", "title": ["x"]}', "line 1: 'title' must be a text, or be left out"),
        ('{"id": "a", "published": "yesterday"}', "line 1: 'published' .*, or be left out"),
        ('{"id": "a"}\n\n{"id": "a"}', "'a' more than once; give each line an id of its own"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_written(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        evaluate_stories(write(tmp_path / "in", text), tmp_path / "out", level=Level.STORY)
    assert not (tmp_path / "out").exists()


def test_file_of_another_encoding_is_told_and_one_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    file = tmp_path / "in"
    file.write_bytes('{"id": "Brième"}'.encode("utf-16"))
    with pytest.raises(ConfigError, match=r"not UTF-8 text .* save it as UTF-8"):
        evaluate_stories(file, tmp_path / "out", level=Level.STORY)
    file.write_bytes('{"id": "Brième"}\r\n'.encode("utf-8-sig"))
    evaluate_stories(file, tmp_path / "out", level=Level.STORY)
    assert read(tmp_path / "out") == [{"id": "Brième", "cluster": 0}]


def test_place_that_predictions_cannot_go_to_is_told_before_anything_is_read(tmp_path: Path) -> None:
    file = write(tmp_path / "in", "not read")
    with pytest.raises(ConfigError, match=r"is no folder\. Make it first"):
        evaluate_stories(file, tmp_path / "missing" / "out", level=Level.STORY)
    with pytest.raises(ConfigError, match="is what is read; name another file"):
        evaluate_stories(file, tmp_path / "in", level=Level.STORY)
    with pytest.raises(ConfigError, match="is what is read; name another file"):
        evaluate_pairings(file, write(tmp_path / "s", ""), tmp_path / "s", pairs=None)
    assert file.read_text(encoding="utf-8") == "not read"


def test_articles_that_say_nothing_have_nothing_in_common(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"id": "a"}, {"id": "b", "title": ""}, {"id": "c", "title": "—", "text": "…"}]
    for level in Level:
        evaluate_stories(write(tmp_path / "in", rows), tmp_path / "out", level=level)
        assert len({row["cluster"] for row in read(tmp_path / "out")}) == 3


def test_empty_file_gives_an_empty_one(tmp_path: Path) -> None:
    evaluate_stories(write(tmp_path / "in", ""), tmp_path / "out", level=Level.STORY)
    assert read(tmp_path / "out") == []
    with pytest.raises(ConfigError, match="neither list"):
        evaluate_pairings(
            write(tmp_path / "p", POSTS),  # type: ignore[arg-type]
            write(tmp_path / "s", ""),
            tmp_path / "out",
            pairs=write(tmp_path / "pairs", [{"post": "p", "story": "a"}]),
        )
