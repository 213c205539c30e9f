"""Placing what arrives, against clustering the whole window: `python -m bench.streaming ARTICLES.jsonl GOLD.jsonl`.

Prints the CPU milliseconds that one arrival costs among 20,000 active articles (made up here); then, for a labelled
set, plays it pass by pass as `digest serve` would, and prints how well events and stories agree with the labels beside
one clustering of everything, and how many story ids ever changed.
"""

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
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
    parser.add_argument("--pass-minutes", type=int, default=30, help="between two passes of the replay")
    parser.add_argument("--thorough", action="store_true", help="also replay clustering everything at every pass: slow")
    options = parser.parse_args(arguments)
    _tell_cost(options.active)
    if options.articles is not None:
        gold = options.gold or options.articles.with_name("gold.jsonl")
        every = timedelta(minutes=options.pass_minutes)
        _tell_quality(options.articles, gold, every=every, is_thorough=options.thorough)


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
    merged: dict[StoryId, StoryId] = field(default_factory=dict)
    given: set[StoryId] = field(default_factory=set)
    first_story: dict[ArticleId, StoryId] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def apply(self, plans: Sequence[StoryPlan], now: datetime) -> None:
        named = {article for plan in plans for event in plan.events for article in event}
        for story_id, active in list(self.stories.items()):
            kept = tuple(tuple(a for a in event if a not in named) for event in active.events)
            events = tuple(event for event in kept if event)
            if events != active.events:
                self.stories[story_id] = _with_events(active, events)
        for plan in plans:
            story_id = plan.id or StoryId(f"{next(self.numbers)}")
            created_at = self.stories[story_id].story.created_at if plan.id else now
            rest = self.stories[story_id].events if plan.id else ()
            for absorbed in plan.absorbs:
                rest += self.stories.pop(absorbed).events
                self.merged[absorbed] = story_id
            self.stories[story_id] = _active(plan, story_id, created_at=created_at, now=now, also=rest)
            self.given.add(story_id)
        for story_id, active in list(self.stories.items()):
            if not active.events:
                del self.stories[story_id]
        for story_id, active in self.stories.items():
            for article in active.story.article_ids:
                self.first_story.setdefault(article, story_id)

    def lost(self) -> int:
        """Ids that have been given and don't stand for a story of their own any more."""
        return len(self.given - self.stories.keys())

    def moved(self) -> int:
        """Articles whose story has another id than at first, redirects aside."""
        now_in = {article: s for s, active in self.stories.items() for article in active.story.article_ids}
        return sum(self._leads_to(first) != now_in[article] for article, first in self.first_story.items())

    def _leads_to(self, story_id: StoryId) -> StoryId:
        while story_id in self.merged:
            story_id = self.merged[story_id]
        return story_id


def _tell_quality(file: Path, gold_file: Path, *, every: timedelta, is_thorough: bool) -> None:
    names, articles = read_articles(file)
    vectors = embedded(Embedder(), [embedding_text(article.headline, article.text) for article in articles])
    rows = [json.loads(line) for line in gold_file.read_text(encoding="utf-8").splitlines()]
    gold = {str(row["id"]): row["cluster"] for row in rows}
    together = cluster_articles(articles, vectors)
    print(
        f"\n{file}: {len(articles)} articles; B-cubed F1 of events, of stories; ids lost of those given; articles moved"
    )
    events, stories = _levels([cluster.events for cluster in together], names)
    print(f"  all at once              {b_cubed(events, gold):.4f} {b_cubed(stories, gold):.4f}")
    rhythms = [("placed, clustered at times", RECLUSTER_EVERY)]
    if is_thorough:
        rhythms.insert(0, ("clustered every pass", timedelta(0)))
    for words, rhythm in rhythms:
        began = time.process_time()
        replay = _replayed(articles, vectors, every=every, recluster_every=rhythm)
        events, stories = _levels([active.events for active in replay.stories.values()], names)
        print(f"  {words:<24} {b_cubed(events, gold):.4f} {b_cubed(stories, gold):.4f}", end="  ")
        print(f"{replay.lost()} of {len(replay.given)} ({replay.lost() / len(replay.given):.1%}),", end=" ")
        print(
            f"{replay.moved()} ({replay.moved() / len(articles):.1%}); {time.process_time() - began:.0f} s CPU",
            flush=True,
        )


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
    order = sorted(range(len(articles)), key=lambda row: articles[row].published_at)
    replay = _Replay()
    clustered_at: datetime | None = None
    seen = 0
    while seen < len(order):
        now = articles[order[seen]].published_at + every
        while seen < len(order) and articles[order[seen]].published_at <= now:
            seen += 1
        here = [row for row in order[:seen] if articles[row].published_at >= now - ACTIVE_WINDOW]
        window, within = [articles[row] for row in here], vectors[here]
        ids = {article.id for article in window}
        existing = [s for s in replay.stories.values() if not ids.isdisjoint(s.story.article_ids)]
        if clustered_at is None or now - clustered_at >= recluster_every:
            clusters, clustered_at = cluster_articles(window, within), now
        else:
            clusters = place_articles(window, within, existing=existing)
        replay.apply(_plans(clusters, window, within, existing, now), now)
    return replay


def _plans(
    clusters: Sequence[Cluster],
    articles: Sequence[Article],
    vectors: Vectors,
    existing: Sequence[ActiveStory],
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
