"""Fit how much is asked for before two reports are one event, in `digest/stages/cluster/thresholds.py`.

    python -m bench.fit_caution --events FOLDER [--claims FOLDER]

--events: articles.jsonl (id, title, text, published) and gold.jsonl (id, cluster) of a stream.   --claims: posts.jsonl
(id, text), stories.jsonl (id, text) and gold.jsonl (post, story, relation) of headlines and bodies from all walks of
life, related or not: what is related in any way, over others too, is one happening.

Draws of 60 to 1500 articles are made of the first half of each and of the sample campaign, over hours to months, with
few to most of their happenings reported more than once. The caution is the one by which twice the B-cubed F1 and the
pair F1 of events are best in the mean. Prints it, and for draws from the halves that it was not fitted on the figures
by the fitted caution, by the shipped one, without any, and by the best threshold for each draw.
"""

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from bench.fit_likeness import Labelled, read_labelled, read_sample
from digest.evaluation import embedded
from digest.stages.cluster.features import features_of
from digest.stages.cluster.likeness import SAME_EVENT, neighbours
from digest.stages.cluster.linkage import Tree
from digest.stages.cluster.thresholds import CAUTION, Caution, ToldTwice, asked_for, told_twice
from digest.stages.embed import Embedder, embedding_text
from tests.evaluation.scoring import b_cubed, pair_f1

HEIGHTS = np.arange(-4.1, 2.3, 0.3)
DRAWS = 140
FEWEST, MOST = 60, 1500
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Draw:
    told: ToldTwice
    b_cubed: NDArray[np.float64]
    """By height."""
    pair_f1: NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=Path, required=True)
    parser.add_argument("--claims", type=Path)
    options = parser.parse_args()
    pools = {"stream": read_labelled(options.events).halves()}
    if options.claims is not None:
        pools["claims"] = read_claims(options.claims)
    known = [[half[0]] for half in pools.values()] + [[half[0] for half in pools.values()]]
    known.append([read_sample("event")])
    unseen = [[half[1]] for half in pools.values()] + [[half[1] for half in pools.values()]]
    fitted_on = [scored(draw) for draw in drawn(known, seed=1)]
    fitted_on += [scored(pools["stream"][0]), scored(read_sample("event"))] * 10
    found = fitted(fitted_on)
    print(f"CAUTION = {found}")
    nothing = replace(CAUTION, most=0.0, least=0.0)
    held_out = [scored(draw) for draw in drawn(unseen, seed=2)]
    for words, draws in (
        (f"{len(held_out)} draws not fitted on", held_out),
        ("the stream's half not fitted on", [scored(pools["stream"][1])]),
        ("a day of 612 reports of 536", [scored(draw) for draw in ordinary_days(unseen[-1])]),
    ):
        print(f"{words}: B-cubed F1, pair F1")
        for name, caution in (("fitted", found), ("shipped", CAUTION), ("none", nothing)):
            print(f"  {name:8} {told(draws, caution)}")
        best = np.mean([[draw.b_cubed.max(), draw.pair_f1.max()] for draw in draws], axis=0)
        print(f"  best     {best[0]:.3f} {best[1]:.3f}", flush=True)


def read_claims(folder: Path) -> tuple[Labelled, Labelled]:
    """Articles of a body and one of the headlines that go with it, undated, in two halves by happening."""
    posts, bodies, pairs = (
        [json.loads(line) for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
        for name in ("posts", "stories", "gold")
    )
    text = {f"h{row['id']}": row["text"] for row in posts} | {f"b{row['id']}": row["text"] for row in bodies}
    related = [(f"b{row['story']}", f"h{row['post']}") for row in pairs if row["relation"] != "unrelated"]
    root = {name: name for pair in related for name in pair}

    def root_of(name: str) -> str:
        while root[name] != name:
            root[name] = name = root[root[name]]
        return name

    for body, headline in related:
        root[root_of(body)] = root_of(headline)
    words = {name: set(re.findall(r"[a-z]{4,}", text[name][:1500].casefold())) for name in root}
    taken: set[str] = set()
    chosen = []
    for body, headline in sorted(
        related, key=lambda pair: (-len(words[pair[0]] & words[pair[1]]) / max(1, len(words[pair[1]])), pair)
    ):
        if body not in taken and headline not in taken:
            taken |= {body, headline}
            chosen.append((body, headline))
    vectors = embedded(Embedder(), [embedding_text(text[headline], text[body]) for body, headline in chosen])
    a_report = read_sample("event").articles[0]
    articles = [
        replace(a_report, headline=text[headline], text=text[body], summary="", published_at=BEGIN)
        for body, headline in chosen
    ]
    labels = [root_of(body) for body, _ in chosen]
    everything = Labelled(articles, labels, vectors)
    order = {label: number for number, label in enumerate(sorted(set(labels)))}
    first, second = (
        everything.chosen([row for row, label in enumerate(labels) if order[label] % 2 == half]) for half in (0, 1)
    )
    return first, second


def drawn(pools: Sequence[Sequence[Labelled]], *, seed: int) -> Iterator[Labelled]:
    """Of every pool in turn, as different as windows are."""
    chance = np.random.default_rng(seed)
    for number in range(DRAWS):
        pool = pools[number % len(pools)]
        most = min(MOST, sum(len(data.articles) for data in pool) // 2)
        size = int(np.exp(chance.uniform(np.log(FEWEST), np.log(max(FEWEST + 1, most)))))
        a_day = np.exp(
            chance.uniform(*((np.log(0.2), np.log(40)) if chance.random() < 0.4 else (np.log(30), np.log(600))))
        )
        yield one_draw(
            pool, chance, size=size, twice=chance.uniform(0.05, 0.95), go_on=chance.uniform(0.3, 0.9), days=size / a_day
        )


def ordinary_days(pool: Sequence[Labelled]) -> Iterator[Labelled]:
    """Days of many outlets, most of whose reports have no second."""
    for seed in range(4):
        yield one_draw(pool, np.random.default_rng(seed), size=612, twice=0.11, go_on=0.75, days=1.25)


def one_draw(
    pool: Sequence[Labelled], chance: np.random.Generator, *, size: int, twice: float, go_on: float, days: float
) -> Labelled:
    """size: articles.   twice: the share of happenings that are reported more than once.   go_on: of those, how
    likely the next is the last.   days: that they are spread over; reports of one happening follow within hours.
    """
    rows_of = defaultdict(list)
    for number, data in enumerate(pool):
        for row, label in enumerate(data.labels):
            rows_of[number, label].append(row)
    articles, labels, vectors = [], [], []
    for number, label in (sorted(rows_of)[place] for place in chance.permutation(len(rows_of))):
        rows = rows_of[number, label]
        more = min(len(rows) - 1, int(chance.geometric(go_on))) if chance.random() < twice else 0
        at = BEGIN + timedelta(days=float(chance.uniform(0, days)))
        for place, row in enumerate(chance.permutation(rows)[: 1 + more].tolist()):
            late = timedelta(hours=float(chance.exponential(6))) if place else timedelta(0)
            url = f"https://outlet.example/{len(articles)}"
            articles.append(replace(pool[number].articles[row], published_at=at + late, canonical_url=url))
            labels.append(f"{number} {label}")
            vectors.append(pool[number].vectors[row])
        if len(articles) >= size:
            break
    everything = Labelled(articles, labels, np.stack(vectors))
    return everything.chosen(range(len(articles)))


def scored(data: Labelled) -> Draw:
    """What its events are worth at every height."""
    features = features_of(data.articles, data.vectors)
    alike = list(neighbours(features, SAME_EVENT))
    true = dict(enumerate(data.labels))
    found = []
    for height in HEIGHTS:
        tree = Tree([1] * len(features), alike, unrelated=SAME_EVENT.unrelated, at_least=float(height))
        events = {row: number for number, rows in enumerate(tree.grow()) for row in rows}
        found.append((b_cubed(events, true), pair_f1(events, true)))
    scores = np.array(found)
    return Draw(told_twice(features), scores[:, 0], scores[:, 1])


def at(draw: Draw, height: float) -> NDArray[np.float64]:
    return np.array([np.interp(height, HEIGHTS, draw.b_cubed), np.interp(height, HEIGHTS, draw.pair_f1)])


def told(draws: Sequence[Draw], caution: Caution) -> str:
    mean = np.mean([at(draw, asked_for(draw.told, caution)) for draw in draws], axis=0)
    heights = np.mean([asked_for(draw.told, caution) for draw in draws])
    return f"{mean[0]:.3f} {mean[1]:.3f}   at {heights:.2f} in the mean"


def fitted(draws: Sequence[Draw]) -> Caution:
    def with_numbers(numbers: NDArray[np.float64]) -> Caution:
        base, sure_share, nearby = (round(float(number), 2) for number in numbers)
        return replace(CAUTION, base=base, sure_share=sure_share, nearby=nearby)

    def loss(numbers: NDArray[np.float64]) -> float:
        return -float(np.mean([at(draw, asked_for(draw.told, with_numbers(numbers))) @ (2, 1) for draw in draws]))

    starts = [np.array(start) for start in ((5.0, -8.0, -1.8), (3.0, -3.0, -0.8), (8.0, -8.0, -2.0))]
    results = [
        minimize(
            loss, start, method="Nelder-Mead", options={"initial_simplex": start + np.vstack([np.zeros(3), np.eye(3)])}
        )
        for start in starts
    ]
    return with_numbers(min(results, key=lambda result: float(result.fun)).x)


if __name__ == "__main__":
    main()
