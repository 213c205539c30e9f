"""Fit the weights of `digest/stages/match/ranking.py` on labelled folders, and say how well they are calibrated.

    python -m bench.fit_ranking FOLDER … [--check FOLDER …]

A folder holds posts.jsonl, stories.jsonl and gold.jsonl (post, story and, where there is one, relation). Each folder
counts as much as any other, however large, so that no set has the last word. The printed `Weights` are then written
into the module by hand.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss

from digest.evaluation import embedded, read_documents
from digest.stages.embed import Embedder
from digest.stages.match.ranking import ABOUT, Ranking, Weights

NOT_ABOUT = {"unrelated", "shares_topic", "same_topic", "none"}
MOST_POSTS = 800
NAMES = [name for name in Weights.__dataclass_fields__ if name != "intercept"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--check", nargs="*", type=Path, default=[])
    arguments = parser.parse_args()
    rows, labels, weights = [], [], []
    for folder in arguments.folders:
        features, gold = candidates(folder)
        rows.append(features)
        labels.append(gold)
        weights.append(np.full(len(gold), 1000 / len(gold)))
    model = LogisticRegression(C=10, max_iter=5000)
    model.fit(np.concatenate(rows), np.concatenate(labels), sample_weight=np.concatenate(weights))
    print(f"    intercept={model.intercept_[0]:.2f},")
    for name, weight in zip(NAMES, model.coef_[0], strict=True):
        print(f"    {name}={weight:.2f},")
    for folder in (*arguments.folders, *arguments.check):
        features, gold = candidates(folder)
        now = 1 / (1 + np.exp(-(ABOUT.intercept + features @ np.array(ABOUT.row()))))
        fitted = model.predict_proba(features)[:, 1]
        scores = [f"{name} {brier_score_loss(gold, odds):.4f}" for name, odds in (("now", now), ("fitted", fitted))]
        print(f"{folder}: {len(gold)} candidates, {gold.mean():.3f} right, Brier {', '.join(scores)}")


def candidates(folder: Path) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """What `digest evaluate pairings` would list: (features, whether it is right), a row for each."""
    posts, stories = read_documents(folder / "posts.jsonl"), read_documents(folder / "stories.jsonl")
    right: dict[str, set[str]] = defaultdict(set)
    for line in (folder / "gold.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row.get("story") is not None and row.get("relation") not in NOT_ABOUT:
            right[str(row["post"])].add(str(row["story"]))
    asked = [posts[name] for name in list(right)[:MOST_POSTS]]
    texts = sorted({document.comparable for document in (*asked, *stories.values())})
    ranking = Ranking(list(stories.values()), dict(zip(texts, embedded(Embedder(), texts), strict=True)))
    place = {name: number for number, name in enumerate(stories)}
    rows, labels = [], []
    for post in asked:
        near = [found.story for found in ranking.best(post, 50)]
        rows.append(ranking.features(post, [place[name] for name in near]))
        labels += [int(name in right[post.id]) for name in near]
    return np.concatenate(rows), np.array(labels)


if __name__ == "__main__":
    main()
