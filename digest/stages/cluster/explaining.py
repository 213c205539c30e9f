"""Why an article stands where it stands: what pulled it there, by which likeness, and what it did not join. Pure."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digest.model.article import Article
from digest.model.background import Background
from digest.model.ids import ArticleId, StoryId
from digest.model.story import ActiveStory, Binding, BindingKind
from digest.ports import Vectors
from digest.stages.cluster.features import Features, features_of, grouped
from digest.stages.cluster.likeness import SAME_EVENT, SAME_STORY, Weights, contributions, counted, log_odds
from digest.stages.cluster.roles import Role, rank, roles_of
from digest.stages.cluster.thresholds import ATTACH_AT_LEAST, of_standing

MOST_LINKS = 5
LEAST_SHARE = 0.05
"""What adds less to the log odds is not worth a reader's while."""
_IN_WORDS = {
    "embedding": "meaning",
    "words": "same words",
    "names": "same names",
    "numbers": "same figures",
    "log_hours": "hours apart",
    "days": "days apart",
    "crowding": "in a crowd that is much alike",
    "intercept": "before anything is known",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """How surely the article, or its event, and another belong together."""

    article_ids: tuple[ArticleId, ...]
    """The other, or all of the other event, oldest first."""
    log_odds: float
    shares: tuple[tuple[str, float], ...]
    """What speaks for it and against it, in words, strongest first; they add up to the log odds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What pulled the article into its event, or its event into the story."""

    links: tuple[Link, ...]
    """Strongest first, a few at most."""
    mean: float | None
    """Of the log odds over all of the event, or those of the event and the middle of the others; None: there is no
    other."""
    wanted: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NotJoined:
    """The nearest other story, and why the article is not in it."""

    story_id: StoryId
    link: Link
    mean: float
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    story_id: StoryId
    event: tuple[ArticleId, ...]
    same_event: Level
    same_story: Level
    with_ids: tuple[ArticleId, ...]
    """Articles that staff's word puts into one story with it."""
    apart_from: tuple[ArticleId, ...]
    not_joined: NotJoined | None


def explain_article(
    article_id: ArticleId,
    articles: Sequence[Article],
    vectors: Vectors,
    *,
    existing: Sequence[ActiveStory],
    bindings: Sequence[Binding] = (),
    background: Background | None = None,
) -> Explanation | None:
    """Why an article stands where it stands; None when no story holds it.

    articles, vectors, bindings, background: as for `place_articles`, the article among them.
    existing: the stories as they stand.
    """
    own = next((active for active in existing if article_id in active.story.article_ids), None)
    return None if own is None else _Explaining(article_id, articles, vectors, existing, bindings, background).told(own)


class _Explaining:
    def __init__(
        self,
        article_id: ArticleId,
        articles: Sequence[Article],
        vectors: Vectors,
        existing: Sequence[ActiveStory],
        bindings: Sequence[Binding],
        background: Background | None,
    ) -> None:
        order = sorted(range(len(articles)), key=lambda index: rank(articles[index]))
        self._articles = [articles[index] for index in order]
        self._features = features_of(self._articles, vectors[order], background=background)
        self._roles = roles_of(self._articles, background=background)
        self._row_of = {article.id: row for row, article in enumerate(self._articles)}
        self._row = self._row_of[article_id]
        found = [
            (active.story.id, sorted(self._row_of[article] for article in event if article in self._row_of))
            for active in existing
            for event in active.events
        ]
        self._story_of = [story_id for story_id, rows in found if rows]
        self._events = [rows for _, rows in found if rows]
        self._event = next(number for number, rows in enumerate(self._events) if self._row in rows)
        self._matter = grouped(self._features, self._events)
        standing: dict[StoryId, list[int]] = defaultdict(list)
        for story_id, rows in zip(self._story_of, self._events, strict=True):
            standing[story_id] += rows
        self._event_at_least, self._story_at_least = of_standing(
            self._features, self._articles, list(standing.values())
        )
        self._with, self._apart = (self._bound(article_id, bindings, kind) for kind in BindingKind)

    def told(self, own: ActiveStory) -> Explanation:
        mates = [row for row in self._events[self._event] if row != self._row]
        others = [
            event for event, story_id in enumerate(self._story_of) if story_id == own.story.id and event != self._event
        ]
        return Explanation(
            story_id=own.story.id,
            event=self._ids(self._events[self._event]),
            same_event=self._level(mates, is_event=True),
            same_story=self._level(others, is_event=False),
            with_ids=self._with,
            apart_from=self._apart,
            not_joined=self._not_joined(own.story.id),
        )

    def _level(self, others: Sequence[int], *, is_event: bool) -> Level:
        links = [self._mate(row) if is_event else self._sibling(row) for row in others]
        mean = None
        if links:
            rest = [row for event in others for row in self._events[event]] if not is_event else []
            mean = _mean(links, SAME_EVENT) if is_event else float(self._to_middles([rest])[0])
        return Level(
            links=tuple(sorted(links, key=lambda link: (-link.log_odds, link.article_ids))[:MOST_LINKS]),
            mean=mean,
            wanted=self._event_at_least if is_event else self._wanted(),
        )

    def _mate(self, row: int) -> Link:
        return _link(self._features, self._row, row, SAME_EVENT, self._ids([row]))

    def _sibling(self, event: int) -> Link:
        return _link(self._matter, self._event, event, SAME_STORY, self._ids(self._events[event]))

    def _not_joined(self, own: StoryId) -> NotJoined | None:
        odds = log_odds(self._matter, slice(self._event, self._event + 1), self._matter, SAME_STORY)[0]
        of_story: dict[StoryId, list[int]] = {}
        for event, story_id in enumerate(self._story_of):
            if story_id != own:
                of_story.setdefault(story_id, []).append(event)
        if not of_story:
            return None
        middles = self._to_middles(
            [[row for event in events for row in self._events[event]] for events in of_story.values()]
        )
        means = {story_id: float(odds) for story_id, odds in zip(of_story, middles, strict=True)}
        nearest = max(means, key=lambda story_id: (round(means[story_id], 4), story_id))
        closest = max(of_story[nearest], key=lambda event: (float(odds[event]), -event))
        return NotJoined(
            story_id=nearest,
            link=self._sibling(closest),
            mean=means[nearest],
            why=self._why_not(of_story[nearest], closest, means[nearest]),
        )

    def _to_middles(self, groups: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Log odds that the article's event and each group of rows are of one matter."""
        middles = grouped(self._features, [self._events[self._event], *groups])
        return np.asarray(log_odds(middles, slice(0, 1), middles, SAME_STORY)[0, 1:])

    def _why_not(self, events: Sequence[int], closest: int, mean: float) -> str:
        there = {article for event in events for article in self._ids(self._events[event])}
        if there & set(self._apart):
            return "you keep them apart"
        for row, words in ((self._row, "it is"), (self._events[closest][0], "that is")):
            if self._roles[row] is Role.ROUND_UP:
                return f"{words} a round-up, which stands alone: it touches many matters"
            if self._roles[row] is Role.SILENT:
                return f"{words} without a word to compare"
        wanted = self._wanted()
        if mean < wanted:
            return f"too little alike: {mean:+.1f} as a whole, {wanted:+.1f} wanted".replace("-", "\N{MINUS SIGN}")
        return "likely enough: stories older than two days stand as they are, others the next clustering may join"

    def _wanted(self) -> float:
        return ATTACH_AT_LEAST if self._roles[self._row] is Role.CAMPAIGN else self._story_at_least

    def _ids(self, rows: Sequence[int]) -> tuple[ArticleId, ...]:
        return tuple(self._articles[row].id for row in rows)

    @staticmethod
    def _bound(article_id: ArticleId, bindings: Sequence[Binding], kind: BindingKind) -> tuple[ArticleId, ...]:
        pairs = [(binding.a, binding.b) for binding in bindings if binding.kind is kind]
        return tuple(sorted({b if a == article_id else a for a, b in pairs if article_id in {a, b}}))


def _link(features: Features, a: int, b: int, weights: Weights, ids: tuple[ArticleId, ...]) -> Link:
    shares = contributions(features, a, b, weights) | {"intercept": weights.intercept}
    told = [(_IN_WORDS.get(name, name.replace("_", " ")), round(share, 2)) for name, share in shares.items()]
    return Link(
        article_ids=ids,
        log_odds=round(float(sum(shares.values())), 2),
        shares=tuple(sorted((pair for pair in told if abs(pair[1]) >= LEAST_SHARE), key=lambda pair: -abs(pair[1]))),
    )


def _mean(links: Sequence[Link], weights: Weights) -> float:
    """As linkage counts it."""
    odds = counted(np.array([link.log_odds for link in links], dtype=np.float32), weights)
    return float(np.average(odds, weights=[len(link.article_ids) for link in links]))
