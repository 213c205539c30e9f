"""Which articles each story holds after a clustering, and under which id: stories keep their ids. Pure."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from digest.model.article import Article
from digest.model.ids import ArticleId, StoryId
from digest.model.story import ActiveStory, Binding, BindingKind, Cluster
from digest.ports import Vectors

FROZEN_AFTER = timedelta(days=2)
"""A story older than this may gain articles by itself, but not merge, split or go."""
SETTLED_AFTER = timedelta(hours=4)
"""How long a story that is told by few may still turn out to report what another does. The likeness of few is a chance
one, and every clustering is one more chance: so no other likeness merges it once a clustering has told it apart."""
FEW = 5
"""Articles from which a story is told by many."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A story-to-be: an id where it has one, and at least one article of those given."""

    id: StoryId | None
    events: tuple[tuple[ArticleId, ...], ...]
    absorbs: tuple[StoryId, ...]


class Memberships:
    """Which articles each story holds after a clustering, and under which id.

    Frozen stories keep their articles and draw in what their clusters add; what is left of each cluster is a story, new
    or with the id of the young story that most of it comes from. Those whom that would cost their id keep their
    articles, too, once they have settled.
    """

    def __init__(
        self,
        clusters: Sequence[Cluster],
        articles: Sequence[Article],
        vectors: Vectors,
        existing: Sequence[ActiveStory],
        bindings: Sequence[Binding],
        clustered_at: datetime | None,
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
        self._stored_event = _numbered(event for active in self._existing for event in active.events)
        self._fresh_event = _numbered(event for cluster in clusters for event in cluster.events)
        self._frozen = {
            active.story.id
            for active in self._existing
            if active.story.created_at <= now - FROZEN_AFTER and not self._is_overruled(active)
        }
        self._together = self._bound(BindingKind.MUST)
        self._apart = self._bound(BindingKind.CANNOT)
        self._told_apart = {
            active.story.id: active
            for active in self._existing
            if clustered_at is not None
            and active.story.created_at <= clustered_at
            and sum(map(len, active.events)) < FEW
            and not self._is_bound(active)
        }
        self._settled_since = now - SETTLED_AFTER

    def decide(self) -> list[Membership]:
        """Oldest first."""
        standing = set(self._frozen)
        while True:
            held = self._held(standing)
            id_of, absorbs = self._inherit(held, standing)
            spared = {story for absorbed in absorbs.values() for story in absorbed if self._is_settled(story)}
            if not spared:
                break
            standing |= spared
        memberships = []
        for key, members in held.items():
            own = key if isinstance(key, str) else id_of.get(key)
            if any(article in self._rank for article in members):
                memberships.append(
                    Membership(id=own, events=self._events(members), absorbs=tuple(sorted(absorbs.get(key, ()))))
                )
        return sorted(memberships, key=lambda membership: self._age(membership.events[0][0]))

    def _is_settled(self, story: StoryId) -> bool:
        """Whether it stands though its cluster has it inside another."""
        active = self._told_apart.get(story)
        if active is None:
            return False
        return active.story.created_at <= self._settled_since or not self._reports_what_another_does(active)

    def _reports_what_another_does(self, active: ActiveStory) -> bool:
        """Whether one of its articles now shares an event with one of another story."""
        own = {article for event in active.events for article in event}
        fresh = {self._fresh_event.get(article) for article in own} - {None}
        return any(
            event in fresh and self._story_of.get(article, active.story.id) != active.story.id
            for article, event in self._fresh_event.items()
        )

    def _held(self, standing: Collection[StoryId]) -> dict[StoryId | int, set[ArticleId]]:
        """Articles by the story that keeps them or draws them in, what is left by cluster."""
        held: dict[StoryId | int, set[ArticleId]] = {
            active.story.id: {article for event in active.events for article in event}
            for active in self._existing
            if active.story.id in standing
        }
        for number, cluster in enumerate(self._clusters):
            for article, story in self._drawn_in(cluster, held, standing):
                held[story].add(article)
            taken = set().union(*(held[key] for key in held if isinstance(key, str))) if held else set()
            held[number] = set(cluster.article_ids) - taken
        return held

    def _bound(self, kind: BindingKind) -> set[tuple[ArticleId, ArticleId]]:
        """Staff's word of one kind, both ways round."""
        pairs = ((binding.a, binding.b) for binding in self._bindings if binding.kind is kind)
        return {pair for a, b in pairs for pair in ((a, b), (b, a))}

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

    def _is_bound(self, active: ActiveStory) -> bool:
        """Whether staff want it split or merged."""
        own = {article for event in active.events for article in event}
        return any(
            (binding.a in own) is (binding.b in own) and binding.a in own
            if binding.kind is BindingKind.CANNOT
            else (binding.a in own) is not (binding.b in own)
            for binding in self._bindings
        )

    def _drawn_in(
        self, cluster: Cluster, held: Mapping[StoryId | int, set[ArticleId]], standing: Collection[StoryId]
    ) -> Iterator[tuple[ArticleId, StoryId]]:
        """The articles of a cluster that a standing story in it gains, event by event, and which story.

        A frozen one gains whatever the cluster adds; one that is merely spared the rest of the events that are its own.
        """
        owner = {article: self._story_of.get(article) for article in cluster.article_ids}
        cores: dict[StoryId, list[ArticleId]] = defaultdict(list)
        for article, own in owner.items():
            if own is not None and own in standing:
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
                    if (
                        story in self._frozen
                        or (inside[story] and all(owner[other] in (None, story) for other in event))
                    )
                    and not any((article, other) in self._apart for other in held[story])
                ]
                if allowed:
                    yield (
                        article,
                        max(
                            allowed,
                            key=lambda story: (
                                any((article, other) in self._together for other in held[story]),
                                inside[story],
                                self._likeness(article, cores[story]),
                                story,
                            ),
                        ),
                    )

    def _likeness(self, article: ArticleId, others: Sequence[ArticleId]) -> float:
        mean = np.mean([self._vector[other] for other in others], axis=0)
        return round(float(self._vector[article] @ mean), 4)

    def _inherit(
        self, held: dict[StoryId | int, set[ArticleId]], standing: Collection[StoryId]
    ) -> tuple[dict[int, StoryId], dict[StoryId | int, list[StoryId]]]:
        """Young stories' ids for the groups that hold most of them, and who absorbs those left over.

        Their resting articles, which were not clustered, go where their story goes.
        """
        young = [active for active in self._existing if active.story.id not in standing]
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

    def _events(self, members: Collection[ArticleId]) -> tuple[tuple[ArticleId, ...], ...]:
        """A story's articles by event: as clustered. One that was not clustered goes where most of its event went, so
        that events do not crumble as their articles come to rest one after another.
        """
        went: dict[int, Counter[int]] = defaultdict(Counter)
        for article in members:
            if article in self._fresh_event and article in self._stored_event:
                went[self._stored_event[article]][self._fresh_event[article]] += 1
        events: dict[tuple[str, int], list[ArticleId]] = defaultdict(list)
        for article in sorted(members, key=self._age):
            fresh = self._fresh_event.get(article)
            if fresh is None and (fellows := went.get(self._stored_event[article])):
                fresh = min(fellows, key=lambda event: (-fellows[event], event))
            label = ("fresh", fresh) if fresh is not None else ("stored", self._stored_event[article])
            events[label].append(article)
        return tuple(map(tuple, sorted(events.values(), key=lambda event: self._age(event[0]))))

    def _age(self, article: ArticleId) -> tuple[datetime, str, ArticleId]:
        return self._rank.get(article, (_LONG_AGO, "", article))


def _numbered(events: Iterable[Sequence[ArticleId]]) -> dict[ArticleId, int]:
    return {article: number for number, event in enumerate(events) for article in event}
