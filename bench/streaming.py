"""Placing what arrives, against clustering the whole window: `python -m bench.streaming ARTICLES.jsonl GOLD.jsonl`.

First the cost: the CPU milliseconds that one arrival takes among 20,000 active articles (made up here), and the CPU
seconds that reading the window takes once a pass, however many arrive.

Then, for a labelled set, how well it does. The set is played pass by pass as `digest serve` would: what arrives is
placed at once, the last 7 days are clustered anew as often as there, ids are kept. B-cubed F1 against the labels, for

- all at once: one clustering of the whole set, which sees all of it, its later articles too;
- each week by itself: one clustering of every 7 days, which sees as much as the product ever does;
- placed, clustered at times: what the replay ended with. Within .01 of the first is the goal.

"By week" counts only what is together within one of those weeks: there the three can be compared although the second
cannot join what lies in two of them.

Ids lost: of the story ids ever given, how many don't stand for a story of their own in the end, be it that they
redirect to another or that the story was emptied; the goal is at most 5%. Articles elsewhere: those whose story has
another id than when they were first shown; moved: of these, those that the first id does not redirect to either.
"""

import argparse
import json
import random
import time
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import numpy as np

from digest.evaluation import embedded, read_articles
from digest.model.article import Article, TextOrigin
from digest.model.ids import ArticleId, SourceId, StoryId
from digest.model.source import SourceKind
from digest.model.story import ActiveStory, Cluster, Story, StoryPlan
from digest.pipeline.stories import wait_before_clustering
from digest.pipeline.tools import ACTIVE_WINDOW, RECLUSTER_EVERY
from digest.ports import Vectors
from digest.stages.cluster import cluster_articles, place_articles, plan_stories
from digest.stages.cluster.placing import Placing
from digest.stages.embed import Embedder, embedding_text
from tests.evaluation.scoring import b_cubed

ACTIVE = 20_000
ARRIVALS = 300
REPORTS_OF_ONE = 8
DIMENSION = 384
WORDS = 6000


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("articles", type=Path, nargs="?", help="articles.jsonl of a labelled set")
    parser.add_argument("gold", type=Path, nargs="?", help="its gold.jsonl; gold.jsonl beside it when left out")
    parser.add_argument("--active", type=int, default=ACTIVE, help="articles that arrivals are placed among")
    parser.add_argument("--first", type=int, help="replay only so many of the articles, oldest first")
    parser.add_argument("--pass-minutes", type=int, default=30, help="between two passes of the replay")
    parser.add_argument("--thorough", action="store_true", help="also replay clustering everything at every pass: slow")
    options = parser.parse_args(arguments)
    _tell_cost(options.active)
    if options.articles is not None:
        gold = options.gold or options.articles.with_name("gold.jsonl")
        every = timedelta(minutes=options.pass_minutes)
        _tell_quality(options.articles, gold, first=options.first, every=every, is_thorough=options.thorough)


# --- what an arrival costs ----------------------------------------------------------------------------------


def _tell_cost(active: int) -> None:
    articles, vectors, matters = _made_up(active + ARRIVALS)
    stories = [_standing(members) for members in _by_matter(articles[:active], matters[:active])]
    began = time.process_time()
    placing = Placing(articles, vectors, existing=stories)
    ready = time.process_time() - began
    costs = []
    for row in placing.arrivals:
        began = time.process_time()
        placing.place(row)
        costs.append((time.process_time() - began) * 1000)
    began = time.process_time()
    gained = placing.clusters()
    told = time.process_time() - began
    costs.sort()
    print(f"{active} active articles in {len(stories)} stories, {len(costs)} arrivals one by one")
    mean, middle, most = sum(costs) / len(costs), costs[len(costs) // 2], costs[int(len(costs) * 0.99)]
    print(f"  an arrival      {mean:.2f} ms CPU in the mean; median {middle:.2f}, 99th hundredth {most:.2f}")
    print(f"  once a pass     {ready:.1f} s CPU to read the window, {told:.2f} s to tell {len(gained)} stories")


def _made_up(number: int) -> tuple[list[Article], Vectors, list[int]]:
    """Articles of invented words, eight a matter, spread over the window; the newest last."""
    chance, draw = random.Random(11), np.random.default_rng(11)
    words = [
        f"w{chance.randrange(10**6):06d}".translate(str.maketrans("0123456789", "aeioubdgkl")) for _ in range(WORDS)
    ]
    matters = draw.integers(0, number // REPORTS_OF_ONE, size=number)
    vocabulary = [chance.sample(words, 40) for _ in range(int(matters.max()) + 1)]
    middles = draw.normal(size=(len(vocabulary), DIMENSION)).astype(np.float32)
    vectors = middles[matters] + draw.normal(size=(number, DIMENSION)).astype(np.float32) * 0.8
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    end = datetime(2026, 11, 23, 12, tzinfo=UTC)
    articles = []
    for row, matter in enumerate(matters.tolist()):
        said = [chance.choice(vocabulary[matter] if chance.random() < 0.6 else words) for _ in range(110)]
        articles.append(
            Article(
                id=ArticleId(row + 1),
                source_id=SourceId(f"outlet-{row % 300}"),
                kind=SourceKind.MAINSTREAM,
                guid=str(row),
                url=f"https://outlet.example/{row}",
                canonical_url=f"https://outlet.example/{row}",
                headline=" ".join(said[:9]).capitalize(),
                author=None,
                summary="",
                text=" ".join(said[9:]),
                revision=1,
                text_sha256="",
                text_origin=TextOrigin.PAGE,
                links=(),
                language="en",
                image_url=None,
                published_at=end - ACTIVE_WINDOW * (1 - row / number),
                first_seen_at=end,
            )
        )
    return articles, vectors, matters.tolist()


def _by_matter(articles: Sequence[Article], matters: Sequence[int]) -> Iterator[list[Article]]:
    members: dict[int, list[Article]] = {}
    for article, matter in zip(articles, matters, strict=True):
        members.setdefault(matter, []).append(article)
    yield from members.values()


def _standing(members: Sequence[Article]) -> ActiveStory:
    plan = StoryPlan(
        id=StoryId(f"s{members[0].id}"),
        title=members[0].headline,
        lead_article_id=members[0].id,
        events=(tuple(article.id for article in members),),
        topic_id=None,
        topic_reason="",
    )
    return _active(plan, StoryId(f"s{members[0].id}"), created_at=members[0].published_at, now=members[0].published_at)


# --- how well it does ---------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Replay:
    """What storage would hold."""

    stories: dict[StoryId, ActiveStory] = field(default_factory=dict)
    story_of: dict[ArticleId, StoryId] = field(default_factory=dict)
    merged: dict[StoryId, StoryId] = field(default_factory=dict)
    given: set[StoryId] = field(default_factory=set)
    first_story: dict[ArticleId, StoryId] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def active(self, window: Sequence[Article]) -> list[ActiveStory]:
        """The stories with an article of the window, oldest first."""
        found = {self.story_of[article.id] for article in window if article.id in self.story_of}
        return sorted((self.stories[story_id] for story_id in found), key=lambda a: (a.story.created_at, a.story.id))

    def apply(self, plans: Sequence[StoryPlan], now: datetime) -> None:
        named = {article for plan in plans for event in plan.events for article in event}
        for story_id in {self.story_of[article] for article in named if article in self.story_of}:
            active = self.stories[story_id]
            kept = (tuple(article for article in event if article not in named) for event in active.events)
            self.stories[story_id] = _with_events(active, tuple(event for event in kept if event))
        for plan in plans:
            story_id = plan.id or StoryId(f"{next(self.numbers)}")
            created_at = self.stories[story_id].story.created_at if plan.id else now
            rest = self.stories[story_id].events if plan.id else ()
            for absorbed in plan.absorbs:
                rest += self.stories[absorbed].events
                self.merged[absorbed] = story_id
                self.stories[absorbed] = _with_events(self.stories[absorbed], ())
            self.stories[story_id] = _active(plan, story_id, created_at=created_at, now=now, also=rest)
            self.given.add(story_id)
            for article in self.stories[story_id].story.article_ids:
                self.story_of[article] = story_id
                self.first_story.setdefault(article, story_id)

    def events(self) -> list[tuple[tuple[ArticleId, ...], ...]]:
        """By story that still stands."""
        return [active.events for active in self.stories.values() if active.events]

    def lost(self) -> int:
        """Ids that have been given and don't stand for a story of their own any more: merged, or emptied."""
        return len(self.given) - len(self.events())

    def elsewhere(self) -> int:
        """Articles whose story has another id than the one that they were first shown in."""
        return sum(first != self.story_of[article] for article, first in self.first_story.items())

    def moved(self) -> int:
        """Of these, those that the first id does not lead to."""
        return sum(self._leads_to(first) != self.story_of[article] for article, first in self.first_story.items())

    def _leads_to(self, story_id: StoryId) -> StoryId:
        while story_id in self.merged:
            story_id = self.merged[story_id]
        return story_id


@dataclass(frozen=True, slots=True)
class _Truth:
    """A labelled set as far as it is replayed."""

    names: dict[ArticleId, str]
    week: dict[str, int]
    gold: dict[str, int | str]

    def tell(self, words: str, stories: Sequence[Sequence[Sequence[ArticleId]]]) -> None:
        """One line of the table."""
        events, whole = _levels(stories, self.names)
        scores = (
            score
            for labels in (events, whole)
            for score in (b_cubed(labels, self.gold), b_cubed(self._weekly(labels), self._weekly(self.gold)))
        )
        print(f"  {words:<26}", "  ".join(f"{score:.4f}" for score in scores), end="")

    def _weekly(self, labels: Mapping[str, Hashable]) -> dict[str, Hashable]:
        return {name: (self.week[name], label) for name, label in labels.items()}


def _tell_quality(file: Path, gold_file: Path, *, first: int | None, every: timedelta, is_thorough: bool) -> None:
    names, found = read_articles(file)
    articles = sorted(found, key=lambda article: article.published_at)[:first]
    vectors = embedded(Embedder(), [embedding_text(article.headline, article.text) for article in articles])
    rows = [json.loads(line) for line in gold_file.read_text(encoding="utf-8").splitlines()]
    labels = {str(row["id"]): row["cluster"] for row in rows}
    of_week = _by_week(articles)
    week = {names[articles[row].id]: number for number, rows in of_week.items() for row in rows}
    truth = _Truth(names, week, {name: labels[name] for name in week})
    print(f"\n{file}: {len(articles)} articles")
    print(f"  {'B-cubed F1 of':<26} events  by week stories by week")
    truth.tell("all at once", [cluster.events for cluster in cluster_articles(articles, vectors)])
    print()
    by_week = (cluster_articles([articles[row] for row in rows], vectors[rows]) for rows in of_week.values())
    truth.tell("each week by itself", [cluster.events for clusters in by_week for cluster in clusters])
    print()
    rhythms = [("placed, clustered at times", RECLUSTER_EVERY)]
    if is_thorough:
        rhythms.append(("clustered every pass", timedelta(0)))
    for words, rhythm in rhythms:
        began = time.process_time()
        replay = _replayed(articles, vectors, every=every, recluster_every=rhythm)
        took = time.process_time() - began
        truth.tell(words, replay.events())
        given, total = len(replay.given), len(articles)
        print(f"; ids lost {replay.lost()} of {given} ({replay.lost() / given:.1%})", end="")
        print(f"; articles elsewhere {replay.elsewhere() / total:.1%}, moved {replay.moved() / total:.1%}", end="")
        print(f"; {took:.0f} s CPU", flush=True)


def _by_week(articles: Sequence[Article]) -> dict[int, list[int]]:
    """Rows by the window of time they fall into, from the first article on."""
    rows: dict[int, list[int]] = defaultdict(list)
    for row, article in enumerate(articles):
        rows[(article.published_at - articles[0].published_at) // ACTIVE_WINDOW].append(row)
    return rows


def _levels(
    stories: Sequence[Sequence[Sequence[ArticleId]]], names: dict[ArticleId, str]
) -> tuple[dict[str, int], dict[str, int]]:
    numbers = count()
    by_event = {names[a]: number for events in stories for event in events for number in [next(numbers)] for a in event}
    by_story = {names[a]: number for number, events in enumerate(stories) for event in events for a in event}
    return by_event, by_story


def _replayed(
    articles: Sequence[Article], vectors: Vectors, *, every: timedelta, recluster_every: timedelta
) -> _Replay:
    """articles: in order of time. A pass in which nothing arrives changes nothing and is left out."""
    times = [article.published_at for article in articles]
    row_of = {article.id: row for row, article in enumerate(articles)}
    replay = _Replay()
    clustered_at: datetime | None = None
    seen = 0
    while seen < len(articles):
        now = times[seen] + every
        seen = bisect_right(times, now)
        first = bisect_left(times, now - ACTIVE_WINDOW)
        existing = replay.active(articles[first:seen])
        rows = [*_companions(existing, row_of, first, times, now - 2 * ACTIVE_WINDOW), *range(first, seen)]
        window, within = [articles[row] for row in rows], vectors[rows]
        before = clustered_at
        if before is None or now - before >= wait_before_clustering(recluster_every, len(window)):
            clusters, clustered_at = cluster_articles(window, within), now
        else:
            clusters = place_articles(window, within, existing=existing)
        replay.apply(_plans(clusters, window, within, existing, before, now), now)
    return replay


def _companions(
    existing: Sequence[ActiveStory],
    row_of: Mapping[ArticleId, int],
    first: int,
    times: Sequence[datetime],
    since: datetime,
) -> list[int]:
    """Rows that have left the window while others of their event have not, as `digest.pipeline.vectors` keeps them."""
    events = ([row_of[article] for article in event] for active in existing for event in active.events)
    reaching = (rows for rows in events if max(rows) >= first)
    return sorted(row for rows in reaching for row in rows if row < first and times[row] >= since)


def _plans(
    clusters: Sequence[Cluster],
    articles: Sequence[Article],
    vectors: Vectors,
    existing: Sequence[ActiveStory],
    clustered_at: datetime | None,
    now: datetime,
) -> list[StoryPlan]:
    meant = {article for cluster in clusters for article in cluster.article_ids}
    here = [row for row, article in enumerate(articles) if article.id in meant]
    return plan_stories(
        clusters,
        articles=[articles[row] for row in here],
        vectors=vectors[here],
        existing=[active for active in existing if not meant.isdisjoint(active.story.article_ids)],
        topics=(),
        topic_vectors={},
        weights={},
        clustered_at=clustered_at,
        now=now,
    )


def _active(
    plan: StoryPlan,
    story_id: StoryId,
    *,
    created_at: datetime,
    now: datetime,
    also: tuple[tuple[ArticleId, ...], ...] = (),
) -> ActiveStory:
    events = (*plan.events, *also)
    story = Story(
        id=story_id,
        title=plan.title,
        lead_article_id=plan.lead_article_id,
        article_ids=tuple(article for event in events for article in event),
        topic_id=None,
        topic_reason="",
        created_at=created_at,
        updated_at=now,
    )
    return ActiveStory(story=story, events=events)


def _with_events(active: ActiveStory, events: tuple[tuple[ArticleId, ...], ...]) -> ActiveStory:
    plan = StoryPlan(
        id=active.story.id,
        title=active.story.title,
        lead_article_id=active.story.lead_article_id,
        events=events,
        topic_id=None,
        topic_reason="",
    )
    return _active(plan, active.story.id, created_at=active.story.created_at, now=active.story.updated_at)


if __name__ == "__main__":
    main()
