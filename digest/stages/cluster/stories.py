"""Clusters into stories that keep their ids, with a lead, a working title and a topic. Decides; stores nothing."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from digest.model.article import Article
from digest.model.ids import ArticleId, SourceId, StoryId, TopicId
from digest.model.source import SourceKind, Topic
from digest.model.story import ActiveStory, Binding, BindingKind, Cluster, StoryPlan
from digest.model.text import is_round_up, loudness
from digest.model.words import words_of
from digest.ports import Vectors
from digest.stages.cluster.features import lead_of

FROZEN_AFTER = timedelta(days=2)
"""A story older than this may gain articles by itself, but not merge, split or go."""
FRESH_FOR_DAYS = 2.0
# A topic is taken when a story reaches this: likeness to its nearest seed (cosine) plus SEED_WORD for each seed word,
# by the share of the story's articles that have it. 57 of the sample campaign's 66 stories come right; the
# sum is .3 to .5 for sport and weather, .5 and more for what belongs.
TOPIC_AT_LEAST = 0.40
SEED_WORD = 0.15
MOST_SEED_WORDS = 3


def topic_texts(topic: Topic) -> list[str]:
    """What to embed for a topic, in the order that `plan_stories` wants the rows: its name, then its seeds."""
    return [topic.name, *topic.seeds]


def plan_stories(
    clusters: Sequence[Cluster],
    *,
    articles: Sequence[Article],
    vectors: Vectors,
    existing: Sequence[ActiveStory],
    topics: Sequence[Topic],
    topic_vectors: Mapping[TopicId, Vectors],
    weights: Mapping[SourceId, float],
    bindings: Sequence[Binding] = (),
    now: datetime,
) -> list[StoryPlan]:
    """How the stored stories should stand after a clustering, oldest first.

    articles and vectors: as given to `cluster_articles`; row i belongs to articles[i].   existing: stories that have an
    article among them.   topic_vectors: by topic, one row for each of `topic_texts`.   weights: by source, else 1.

    A cluster takes the id of the story that most of its articles come from; a young story that ends up inside another
    is absorbed by it. A story older than two days keeps all its articles and may only gain some, unless staff's
    bindings say otherwise. Articles of a story that are not among those given stay with it. The same inputs in any
    order give the same plans.
    """
    describe = _Describing(articles, vectors, topics, topic_vectors, weights, now)
    return [
        describe.plan(membership)
        for membership in _Memberships(clusters, articles, vectors, existing, bindings, now).decide()
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Membership:
    """A story-to-be: an id where it has one, and at least one article of those given."""

    id: StoryId | None
    events: tuple[tuple[ArticleId, ...], ...]
    absorbs: tuple[StoryId, ...]


class _Memberships:
    """Which articles each story holds after a clustering, and under which id.

    Frozen stories keep their articles and draw in what their clusters add; what is left of each cluster is a story, new
    or with the id of the young story that most of it comes from.
    """

    def __init__(
        self,
        clusters: Sequence[Cluster],
        articles: Sequence[Article],
        vectors: Vectors,
        existing: Sequence[ActiveStory],
        bindings: Sequence[Binding],
        now: datetime,
    ) -> None:
        self._clusters = clusters
        self._rank = {article.id: (article.published_at, article.canonical_url, article.id) for article in articles}
        self._vector = {article.id: vectors[row] for row, article in enumerate(articles)}
        self._existing = sorted(existing, key=lambda active: (active.story.created_at, active.story.id))
        self._bindings = bindings
        self._story_of = {
            article: active.story.id for active in self._existing for event in active.events for article in event
        }
        self._frozen = {
            active.story.id
            for active in self._existing
            if active.story.created_at <= now - FROZEN_AFTER and not self._is_overruled(active)
        }
        self._apart = {
            pair
            for binding in bindings
            if binding.kind is BindingKind.CANNOT
            for pair in ((binding.a, binding.b), (binding.b, binding.a))
        }

    def decide(self) -> list[_Membership]:
        """Oldest first."""
        held: dict[StoryId | int, set[ArticleId]] = {
            active.story.id: {article for event in active.events for article in event}
            for active in self._existing
            if active.story.id in self._frozen
        }
        for number, cluster in enumerate(self._clusters):
            for article, story in self._drawn_in(cluster, held):
                held[story].add(article)
            taken = set().union(*(held[key] for key in held if isinstance(key, str))) if held else set()
            held[number] = set(cluster.article_ids) - taken
        id_of, absorbs = self._inherit(held)
        labels = self._event_labels()
        memberships = []
        for key, members in held.items():
            own = key if isinstance(key, str) else id_of.get(key)
            if any(article in self._rank for article in members):
                events: dict[tuple[str, int], list[ArticleId]] = defaultdict(list)
                for article in sorted(members, key=self._age):
                    events[labels[article]].append(article)
                memberships.append(
                    _Membership(
                        id=own,
                        events=tuple(map(tuple, sorted(events.values(), key=lambda event: self._age(event[0])))),
                        absorbs=tuple(sorted(absorbs.get(key, ()))),
                    )
                )
        return sorted(memberships, key=lambda membership: self._age(membership.events[0][0]))

    def _is_overruled(self, active: ActiveStory) -> bool:
        """Whether staff want it otherwise: split, or merged into an older story."""
        own = {article for event in active.events for article in event}
        order = [other.story.id for other in self._existing]
        for binding in self._bindings:
            inside = (binding.a in own, binding.b in own)
            if binding.kind is BindingKind.CANNOT and all(inside):
                return True
            if binding.kind is BindingKind.MUST and any(inside) and not all(inside):
                other = self._story_of.get(binding.b if inside[0] else binding.a)
                if other is not None and order.index(other) < order.index(active.story.id):
                    return True
        return False

    def _drawn_in(
        self, cluster: Cluster, held: Mapping[StoryId | int, set[ArticleId]]
    ) -> Iterator[tuple[ArticleId, StoryId]]:
        """The articles of a cluster that a frozen story in it gains, event by event, and which story."""
        owner = {article: self._story_of.get(article) for article in cluster.article_ids}
        cores: dict[StoryId, list[ArticleId]] = defaultdict(list)
        for article, own in owner.items():
            if own is not None and own in self._frozen:
                cores[own].append(article)
        if not cores:
            return
        for event in cluster.events:
            inside = Counter(story for article in event if (story := owner[article]) in cores and story is not None)
            free = [article for article in event if owner[article] not in cores]
            for article in free:
                allowed = [
                    story
                    for story in sorted(cores)
                    if not any((article, other) in self._apart for other in held[story])
                ]
                if allowed:
                    yield (
                        article,
                        max(allowed, key=lambda story: (inside[story], self._likeness(article, cores[story]), story)),
                    )

    def _likeness(self, article: ArticleId, others: Sequence[ArticleId]) -> float:
        mean = np.mean([self._vector[other] for other in others], axis=0)
        return round(float(self._vector[article] @ mean), 4)

    def _inherit(
        self, held: dict[StoryId | int, set[ArticleId]]
    ) -> tuple[dict[int, StoryId], dict[StoryId | int, list[StoryId]]]:
        """Young stories' ids for the groups that hold most of them, and who absorbs those left over.

        Their resting articles, which were not clustered, go where their story goes.
        """
        young = [active for active in self._existing if active.story.id not in self._frozen]
        group_of = {article: key for key, members in held.items() for article in members}
        shares = {
            active.story.id: Counter(
                group_of[article] for event in active.events for article in event if article in group_of
            )
            for active in young
        }
        age = {active.story.id: number for number, active in enumerate(self._existing)}
        claims = sorted(
            (
                (-count, age[story], str(key), key, story)
                for story, share in shares.items()
                for key, count in share.items()
            ),
            key=lambda claim: claim[:3],
        )
        id_of: dict[int, StoryId] = {}
        for _, _, _, key, story in claims:
            if isinstance(key, int) and key not in id_of and story not in id_of.values():
                id_of[key] = story
        key_of = {story: key for key, story in id_of.items()}
        absorbs: dict[StoryId | int, list[StoryId]] = defaultdict(list)
        for active in young:
            story, share = active.story.id, shares[active.story.id]
            if not share:
                continue
            home: StoryId | int | None = key_of.get(story)
            if home is None:
                home = min(share, key=lambda key: (-share[key], str(key)))
                absorbs[home].append(story)
            held[home] |= {article for event in active.events for article in event if article not in group_of}
        return id_of, absorbs

    def _event_labels(self) -> dict[ArticleId, tuple[str, int]]:
        """The event of each article: by the clustering, and as stored for those that were not clustered."""
        stored = (event for active in self._existing for event in active.events)
        labels = {article: ("stored", number) for number, event in enumerate(stored) for article in event}
        fresh = (event for cluster in self._clusters for event in cluster.events)
        return labels | {article: ("fresh", number) for number, event in enumerate(fresh) for article in event}

    def _age(self, article: ArticleId) -> tuple[datetime, str, ArticleId]:
        return self._rank.get(article, (_LONG_AGO, "", article))


class _Describing:
    """Lead, title and topic of a story."""

    def __init__(
        self,
        articles: Sequence[Article],
        vectors: Vectors,
        topics: Sequence[Topic],
        topic_vectors: Mapping[TopicId, Vectors],
        weights: Mapping[SourceId, float],
        now: datetime,
    ) -> None:
        self._article = {article.id: article for article in articles}
        self._vector = {article.id: vectors[row] for row, article in enumerate(articles)}
        self._topics = topics
        self._topic_vectors = topic_vectors
        self._seed_words = {topic.id: _seed_words(topic) for topic in topics}
        self._taught_by = Counter(word for words in self._seed_words.values() for word in words)
        self._weights = weights
        self._now = now

    def plan(self, membership: _Membership) -> StoryPlan:
        known = [self._article[a] for event in membership.events for a in event if a in self._article]
        press = [article for article in known if article.kind is not SourceKind.CAMPAIGN] or known
        lead = self._lead(press)
        topic, reason = self._topic(press)
        return StoryPlan(
            id=membership.id,
            title=lead.headline,
            lead_article_id=lead.id,
            events=membership.events,
            topic_id=topic,
            topic_reason=reason,
            absorbs=membership.absorbs,
        )

    def _lead(self, press: Sequence[Article]) -> Article:
        """Central, of weight, fresh, and not shouting: its headline names a story that nobody has answered yet.

        A mainstream report comes before a supportive one of the same merit.
        """
        middle = np.mean([self._vector[article.id] for article in press], axis=0)

        def merit(article: Article) -> float:
            age = max(0.0, (self._now - article.published_at) / timedelta(days=1))
            return (
                float(self._vector[article.id] @ middle)
                + 0.15 * math.log(max(0.1, self._weights.get(article.source_id, 1.0)))
                + 0.10 * math.exp(-age / FRESH_FOR_DAYS)
                - 0.10 * (article.kind is SourceKind.FRIENDLY)
                - 0.15 * loudness(article.headline)
                - 1.0 * (not article.headline.strip())
            )

        return min(press, key=lambda a: (-round(merit(a), 4), a.published_at, a.canonical_url, a.id))

    def _topic(self, press: Sequence[Article]) -> tuple[TopicId | None, str]:
        if not self._topics:
            return None, "There are no topics yet."
        if all(is_round_up(article.headline) for article in press):
            return None, "A round-up of many matters."
        middle = np.mean([self._vector[article.id] for article in press], axis=0)
        middle /= max(1e-9, float(np.linalg.norm(middle)))
        counts = Counter(word for article in press for word in _topic_words(article))
        merits: list[tuple[float, Topic, str, list[str]]] = []
        for topic in self._topics:
            met = {
                word: counts[word] / len(press) / self._taught_by[word]
                for word in self._seed_words[topic.id]
                if counts[word]
            }
            texts = topic_texts(topic)
            likeness = self._topic_vectors[topic.id] @ middle
            nearest = int(np.argmax(likeness.round(4)))
            merit = float(likeness[nearest]) + SEED_WORD * min(MOST_SEED_WORDS, sum(met.values()))
            words = [self._seed_words[topic.id][word] for word in sorted(met, key=lambda word: (-met[word], word))]
            merits.append((round(merit, 4), topic, texts[nearest], words))
        best = max(merits, key=lambda merit: merit[0])
        merit, topic, seed, words = best
        if merit < TOPIC_AT_LEAST:
            return None, f"Nothing fits: nearest is {topic.name} ({merit:.2f}, {TOPIC_AT_LEAST} wanted)."
        if words:
            return topic.id, f"Speaks of {', '.join(words[:MOST_SEED_WORDS])}."
        return topic.id, f"Reads like “{seed}”."


def _seed_words(topic: Topic) -> dict[str, str]:
    """A topic's words: stem → the word as staff wrote it."""
    return {
        stem: word
        for text in reversed(topic_texts(topic))
        for word in re.findall(r"[^\W\d_]+", text)
        for stem in words_of(word)
    }


def _topic_words(article: Article) -> set[str]:
    return set(words_of(f"{article.headline}\n{lead_of(article)}"))


_LONG_AGO = datetime.min.replace(tzinfo=UTC)
