"""`digest evaluate` on the labelled sets beside the checkout: floors a little below what was measured.

Skipped where the sets are not there. A sample of each, so that all of it takes under a minute.
"""

import json
from collections import defaultdict
from pathlib import Path

import pytest

from digest.evaluation import Level, evaluate_pairings, evaluate_stories

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
pytestmark = [
    pytest.mark.xdist_group("model"),
    pytest.mark.skipif(not DATA.is_dir(), reason="the labelled sets (../shared/data) are not on this machine"),
]


def rows(file: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def write(file: Path, lines: list[dict[str, str]]) -> Path:
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("name", "level", "most", "floor"),
    [("polstream_dev", Level.EVENT, 1200, 0.80), ("uci2014_A", Level.STORY, 1200, 0.75)],
)
def test_clusters_of_real_news(tmp_path: Path, name: str, level: Level, most: int, floor: float) -> None:
    articles = rows(DATA / "stories" / name / "articles.jsonl")[:most]
    gold = {row["id"]: row["cluster"] for row in rows(DATA / "stories" / name / "gold.jsonl")}
    out = tmp_path / "out.jsonl"
    evaluate_stories(write(tmp_path / "articles.jsonl", articles), out, level=level)
    predicted = {row["id"]: row["cluster"] for row in rows(out)}
    assert list(predicted) == [row["id"] for row in articles]
    assert b_cubed(predicted, gold) >= floor


def b_cubed(predicted: dict[str, str], gold: dict[str, str]) -> float:
    groups: list[dict[str, set[str]]] = []
    for labels in (predicted, {name: gold[name] for name in predicted}):
        members: dict[str, set[str]] = defaultdict(set)
        for name, label in labels.items():
            members[label].add(name)
        groups.append({name: members[label] for name, label in labels.items()})
    overlap = {name: len(groups[0][name] & groups[1][name]) for name in predicted}
    precision, recall = (sum(overlap[n] / len(group[n]) for n in predicted) / len(predicted) for group in groups)
    return 2 * precision * recall / (precision + recall)


def test_posts_find_the_stories_they_answer(tmp_path: Path) -> None:
    folder = DATA / "pairings" / "politifact" / "train"
    posts = rows(folder / "posts.jsonl")[:200]
    gold: dict[str, set[str]] = defaultdict(set)
    for row in rows(folder / "gold.jsonl"):
        gold[row["post"]].add(row["story"])
    out = tmp_path / "out.jsonl"
    evaluate_pairings(write(tmp_path / "posts.jsonl", posts), folder / "stories.jsonl", out, pairs=None)
    best: dict[str, str] = {}
    for row in rows(out):
        best.setdefault(row["post"], row["story"])
    answering = [post["id"] for post in posts if gold[post["id"]]]
    assert sum(best.get(post) in gold[post] for post in answering) / len(answering) >= 0.62
