"""Fit the weights of `digest/stages/cluster/likeness.py`, and say how well they do on what they were not fitted on.

    python -m bench.fit_likeness --events FOLDER --stories FOLDER

A folder holds articles.jsonl (id, title, text, published, source) and gold.jsonl (id, cluster): the events of a stream,
and large stories. Of each, the first half by time is fitted on and the other half is not. Beside them stand the sample
campaign, and draws from the first half in which most articles are alone, at the pace of a small paper and at that of a
busy day: how many of the pairs that look alike are one happening depends on both, and the weights must hold for all.

Prints the weights, which are then written into the module by hand; B-cubed F1 and pair F1 by the shipped ones; those
of events with each signal left out; and the articles that the shipped ones place worst, by their lines in the file.
"""

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from digest.evaluation import embedded, read_articles
from digest.model.article import Article
from digest.ports import Vectors
from digest.stages.cluster import grouping
from digest.stages.cluster.features import Features, features_of, grouped
from digest.stages.cluster.likeness import SAME_EVENT, SAME_STORY, SIGNALS, Weights, neighbours
from digest.stages.cluster.linkage import Tree
from digest.stages.cluster.thresholds import event_at_least
from digest.stages.embed import Embedder, embedding_text
from tests.evaluation.scoring import b_cubed, pair_f1
from tests.evaluation.test_sample_campaign import articles as sample_articles
from tests.evaluation.test_sample_campaign import press, true_story, truth
from tests.evaluation.test_sample_campaign import vectors as sample_vectors

NAMES = [name for name in SIGNALS if getattr(SAME_EVENT, name) or getattr(SAME_STORY, name)]
FOR_EVENTS = [name for name in NAMES if getattr(SAME_EVENT, name)]
FOR_STORIES = ["embedding", "words", "names"]
# Near ones alone: of those far apart all models are sure.
SEARCH = Weights(intercept=0.0, embedding=10.0, words=12.0, days=-5.0, unrelated=-99.0)
NEAREST = 40
DRAWS, DRAWN, DRAWN_EVENTS = 3, 612, 536
BUSY_HOURS = 30.0
GROWN = (1.0, 0.8, 0.6, 0.4)
"""Stories are fitted on groups half grown: of n events as many groups as n to the power of this."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """Articles in order of time, with the cluster that each is in."""

    articles: Sequence[Article]
    labels: Sequence[str]
    vectors: Vectors

    def chosen(self, rows: Sequence[int], articles: Sequence[Article] | None = None) -> Self:
        """Some of them, put in order; `articles` in their place."""
        found = [self.articles[row] for row in rows] if articles is None else articles
        order = sorted(range(len(rows)), key=lambda place: found[place].published_at)
        return type(self)(
            [found[place] for place in order],
            [self.labels[rows[place]] for place in order],
            self.vectors[[rows[place] for place in order]],
        )

    def halves(self) -> tuple[Self, Self]:
        middle = len(self.articles) // 2
        return self.chosen(range(middle)), self.chosen(range(middle, len(self.articles)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=Path, required=True)
    parser.add_argument("--stories", type=Path, required=True)
    options = parser.parse_args()
    stream, large = read_labelled(options.events), read_labelled(options.stories)
    sample = {level: read_sample(level) for level in ("event", "story")}
    draws = [draw for seed in range(DRAWS) for draw in drawn(stream.halves()[0], seed)]
    event_parts = [(pairs_of(stream.halves()[0]), 1.0), *((pairs_of(draw), 0.3) for draw in draws)]
    event_parts.append((pairs_of(sample["event"]), 12.0))
    print_weights("SAME_EVENT", fitted(event_parts, FOR_EVENTS, SAME_EVENT))
    story_parts = [(half_grown(data), None) for data in (large.halves()[0], sample["story"])]
    print_weights("SAME_STORY", fitted(story_parts, FOR_STORIES, SAME_STORY, freedom=0.7))
    for name, data, level in (
        ("events of the stream", stream, "event"),
        ("  the half not fitted on", stream.halves()[1], "event"),
        ("large stories", large, "story"),
        ("  the half not fitted on", large.halves()[1], "story"),
        ("events of the sample campaign", sample["event"], "event"),
        ("stories of the sample campaign", sample["story"], "story"),
    ):
        print(f"{name:32} {figures(data, level)}")
    print_ablation(stream.halves()[1], event_parts)
    print_worst(stream)


# --- data ----------------------------------------------------------------------------------------------------


def read_labelled(folder: Path) -> Labelled:
    ids, articles = read_articles(folder / "articles.jsonl")
    lines = (folder / "gold.jsonl").read_text(encoding="utf-8").splitlines()
    label_of = {str(row["id"]): str(row["cluster"]) for row in map(json.loads, lines)}
    vectors = embedded(Embedder(), [embedding_text(article.headline, article.text) for article in articles])
    everything = Labelled(articles, [label_of[ids[article.id]] for article in articles], vectors)
    return everything.chosen(range(len(articles)))


def read_sample(level: str) -> Labelled:
    """The sample campaign's press and supportive articles."""
    events = {name: event["id"] for event in truth()["events"] for name in event["articles"] if name in press()}
    label_of: Mapping[str, str] = events if level == "event" else true_story()
    named = sample_articles()
    labels = [label_of.get(name, "") for name, _ in named]
    everything = Labelled([article for _, article in named], labels, sample_vectors())
    return everything.chosen([row for row, label in enumerate(labels) if label])


def drawn(data: Labelled, seed: int) -> Iterator[Labelled]:
    """A draw in which most articles are alone: as it was, and moved into one busy day."""
    chance = np.random.default_rng(seed)
    rows_of = defaultdict(list)
    for row, label in enumerate(data.labels):
        rows_of[label].append(row)
    some = [rows_of[label] for label in chance.permutation(sorted(rows_of))[:DRAWN_EVENTS]]
    room = DRAWN - len(some)
    rows: list[int] = []
    for event in sorted(some, key=lambda event: (len(event) < 2, chance.random())):
        more = min(len(event) - 1, room)
        room -= more
        rows += chance.permutation(event)[: 1 + more].tolist()
    yield data.chosen(rows)
    began = {data.labels[row]: data.articles[row].published_at for row in sorted(rows, reverse=True)}
    moved_to = {label: timedelta(hours=float(chance.uniform(0, BUSY_HOURS))) for label in sorted(began)}
    first = min(began.values())
    moved = [
        replace(
            data.articles[row],
            published_at=first
            + moved_to[data.labels[row]]
            + (data.articles[row].published_at - began[data.labels[row]]),
        )
        for row in rows
    ]
    yield data.chosen(rows, moved)


# --- fitting -------------------------------------------------------------------------------------------------

Pairs = tuple[NDArray[np.float32], NDArray[np.bool_]]


def pairs_of(data: Labelled) -> Pairs:
    """The signals of near pairs, in the order of NAMES, and whether each pair shares a cluster."""
    return compared(features_of(data.articles, data.vectors), data.labels)


def half_grown(data: Labelled) -> Pairs:
    """The same of groups, each of some events of one cluster, few and many."""
    features = features_of(data.articles, data.vectors)
    events_of = defaultdict(list)
    for rows in grown(features, SAME_EVENT):
        events_of[Counter(data.labels[row] for row in rows).most_common(1)[0][0]].append(rows)
    chance, found = np.random.default_rng(1), []
    for power in GROWN:
        groups, labels = [], []
        for label, own in events_of.items():
            parts: dict[int, list[int]] = defaultdict(list)
            for rows in own:
                parts[int(chance.integers(max(1, round(len(own) ** power))))] += rows
            groups += [sorted(part) for part in parts.values()]
            labels += [label] * len(parts)
        found.append(compared(grouped(features, groups), labels))
    return np.concatenate([signals for signals, _ in found]), np.concatenate([same for _, same in found])


def compared(features: Features, labels: Sequence[str]) -> Pairs:
    pairs = sorted((pair.a, pair.b) for pair in neighbours(features, SEARCH, most=NEAREST))
    rows_of = defaultdict(list)
    for place, (a, _) in enumerate(pairs):
        rows_of[a].append(place)
    signals = np.empty((len(pairs), len(NAMES)), dtype=np.float32)
    for a, places in rows_of.items():
        others = [pairs[place][1] for place in places]
        for column, name in enumerate(NAMES):
            signals[places, column] = SIGNALS[name](features, slice(a, a + 1), features)[0, others]
    return signals, np.array([labels[a] == labels[b] for a, b in pairs])


def fitted(
    parts: Sequence[tuple[Pairs, float | None]], names: Sequence[str], shipped: Weights, *, freedom: float = 10.0
) -> Weights:
    """Weights by logistic regression. The second of a part: what each of its pairs counts; None: all parts alike.

    freedom: the inverse of how strongly weights are held to be small. Stories have few and large examples, whose own
    ways would be learned.
    """
    columns = [NAMES.index(name) for name in names]
    counts = [np.full(len(same), weight if weight is not None else 1000 / len(same)) for (_, same), weight in parts]
    model = LogisticRegression(C=freedom, max_iter=5000)
    model.fit(
        np.concatenate([signals[:, columns] for (signals, _), _ in parts]),
        np.concatenate([same for (_, same), _ in parts]),
        sample_weight=np.concatenate(counts),
    )
    found = {name: float(weight) for name, weight in zip(names, model.coef_[0], strict=True)}
    kept = {"log_hours": shipped.log_hours, "days": shipped.days} if "days" not in names else {}
    return Weights(
        **{"embedding": 0.0, "words": 0.0, "days": 0.0, **kept, **found},
        intercept=float(model.intercept_[0]),
        unrelated=shipped.unrelated,
    )


# --- what they do --------------------------------------------------------------------------------------------


def figures(data: Labelled, level: str) -> str:
    clusters = grouping.cluster_articles(data.articles, data.vectors)
    groups = (
        [cluster.article_ids for cluster in clusters]
        if level == "story"
        else [event for cluster in clusters for event in cluster.events]
    )
    found = {str(article_id): number for number, group in enumerate(groups) for article_id in group}
    true = {str(article.id): label for article, label in zip(data.articles, data.labels, strict=True)}
    return f"B-cubed F1 {b_cubed(found, true):.4f}, pair F1 {pair_f1(found, true):.4f}"


def events_by(data: Labelled, features: Features, weights: Weights) -> dict[str, int]:
    events = grown(features, weights)
    return {str(data.articles[row].id): number for number, rows in enumerate(events) for row in rows}


def grown(features: Features, weights: Weights) -> list[list[int]]:
    """Rows by event."""
    alike = neighbours(features, weights)
    ones = [1] * len(features)
    return Tree(ones, alike, unrelated=weights.unrelated, at_least=event_at_least(features)).grow()


def print_ablation(data: Labelled, parts: Sequence[tuple[Pairs, float]]) -> None:
    """Events with each signal left out, fitted anew without it."""
    features = features_of(data.articles, data.vectors)
    true = {str(article.id): label for article, label in zip(data.articles, data.labels, strict=True)}
    for out in (None, *FOR_EVENTS):
        weights = fitted(parts, [name for name in FOR_EVENTS if name != out], replace(SAME_EVENT, days=0.0))
        found = events_by(data, features, weights)
        print(
            f"  without {out or 'nothing':12} B-cubed F1 {b_cubed(found, true):.4f}, pair F1 {pair_f1(found, true):.4f}"
        )


def print_worst(data: Labelled) -> None:
    """The articles whose event is most unlike the true one."""
    features = features_of(data.articles, data.vectors)
    found = events_by(data, features, SAME_EVENT)
    true = {str(article.id): label for article, label in zip(data.articles, data.labels, strict=True)}
    together, apart = defaultdict(set), defaultdict(set)
    for name in found:
        together[found[name]].add(name)
        apart[true[name]].add(name)
    worst = sorted(found, key=lambda name: (-len(together[found[name]] ^ apart[true[name]]), name))
    shown: set[int] = set()
    for name in worst:
        if found[name] in shown or len(shown) == 10:
            continue
        shown.add(found[name])
        ours, theirs = together[found[name]], apart[true[name]]
        print(f"  line {name}: with {sorted(ours - theirs, key=int)}, without {sorted(theirs - ours, key=int)}")


def print_weights(name: str, weights: Weights) -> None:
    said = ", ".join(
        f"{field.name}={getattr(weights, field.name):.2f}" for field in fields(weights) if getattr(weights, field.name)
    )
    print(f"{name} = Weights({said})")


if __name__ == "__main__":
    main()
