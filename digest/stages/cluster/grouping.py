"""Articles into clusters: events within stories, from one tree."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from digest.model.article import Article
from digest.model.ids import ArticleId
from digest.model.source import SourceKind
from digest.model.story import Binding, BindingKind, Cluster
from digest.ports import Vectors
from digest.stages.cluster.features import features_of, lead_of
from digest.stages.cluster.likeness import Neighbour, log_odds, neighbours
from digest.stages.cluster.linkage import Tree

# Mean log odds at which the tree is cut. Events: best on the held-back half of the US political stream (B-cubed F1 .855
# there; .850 at -1, .845 at -2). Stories: see bench/README.md; on 40 large stories of 2014 lower is better still.
EVENT_AT_LEAST = -1.5
STORY_AT_LEAST = -4.5
ATTACH_AT_LEAST = -2.5
"""A campaign article joins the story whose nearest reports it is about, on the mean of its best three."""
NEAREST_REPORTS = 3
SAME_COPY_WITHIN = timedelta(days=1)
# Briefings, live blogs and round-ups speak of many matters: each is a story by itself and glues none together.
_ROUND_UP = re.compile(
    r"""\b(?:morning|midday|lunchtime|afternoon|evening|nightly|daily|weekend|weekly|monday|tuesday|wednesday|thursday|
        friday|saturday|sunday|first|political|politics|campaign|election)\s+
        (?:briefing|brief|digest|bulletin|headlines|newsletter|round-?up|papers|mail\ ?bag|catch-?up|live|minutes?)\b
    | \blive\ (?:updates?|blog|coverage)\b | ^live\b\s*[:|–—-] | [|–—:-]\s*live$ | \bas\ it\ happened\b
    | \bnews\ in\ brief\b | ^in\ brief\b | \b(?:what|the)\ (?:the\ )?papers(?:\ say)?\b | \bweek\ in\ review\b
    | \b(?:news|press)\ round-?up\b | \b(?:three|four|five|six|seven|ten|\d+)\ things\b
    """,
    re.IGNORECASE | re.VERBOSE,
)


class _Role(Enum):
    FOUNDER = "founder"
    ROUND_UP = "round-up"
    CAMPAIGN = "campaign"


def cluster_articles(
    articles: Sequence[Article], vectors: Vectors, *, bindings: Sequence[Binding] = ()
) -> list[Cluster]:
    """Stories with their events, oldest story first; every article is in exactly one.

    vectors: float32, shape (n, d), rows of unit length; row i belongs to articles[i]. The order of articles does not
    matter. Press and supportive articles found clusters; a campaign article joins the story it is about, else it stands
    with campaign articles alone; so does a briefing, by itself. bindings: staff's word on which articles share a story.
    Raises ValueError when articles and rows differ in number.
    """
    if len(articles) != len(vectors):
        raise ValueError(f"{len(articles)} articles but {len(vectors)} vectors")
    if not articles:
        return []
    order = sorted(range(len(articles)), key=lambda index: _rank(articles[index]))
    return _Grouping([articles[i] for i in order], vectors[order], bindings).clusters()


def is_round_up(article: Article) -> bool:
    """Whether its headline says that it speaks of many matters: a briefing, a live blog, a round-up."""
    return _ROUND_UP.search(article.headline) is not None


class _Grouping:
    """One clustering. Rows are units in order of time, so that nothing depends on the order of arrival."""

    def __init__(self, articles: Sequence[Article], vectors: Vectors, bindings: Sequence[Binding]) -> None:
        self._units, rows = _units(articles)
        self._features = features_of([unit[0] for unit in self._units], vectors[rows])
        self._row_of = {article.id: row for row, unit in enumerate(self._units) for article in unit}
        self._roles = [_role(unit[0]) for unit in self._units]
        self._must = self._bound(bindings, BindingKind.MUST)
        self._cannot = self._bound(bindings, BindingKind.CANNOT)

    def clusters(self) -> list[Cluster]:
        alike = (pair for pair in neighbours(self._features) if self._may_merge(pair))
        tree = Tree([len(unit) for unit in self._units], alike, apart=self._cannot)
        events = tree.grow(EVENT_AT_LEAST)
        for a, b in sorted(self._must):
            tree.join(a, b)
        stories = self._with_campaign(tree.grow(STORY_AT_LEAST))
        event_of = {row: number for number, event in enumerate(events) for row in event}
        return [self._cluster(sorted(rows), event_of) for rows in sorted(stories)]

    def _may_merge(self, pair: Neighbour) -> bool:
        role = self._roles[pair.a]
        return role is self._roles[pair.b] and role is not _Role.ROUND_UP

    def _with_campaign(self, stories: list[list[int]]) -> list[list[int]]:
        """The stories with each campaign article moved to the press story that it is about, where there is one."""
        founded = [rows for rows in stories if any(self._roles[row] is not _Role.CAMPAIGN for row in rows)]
        others = [rows for rows in stories if all(self._roles[row] is _Role.CAMPAIGN for row in rows)]
        home: dict[int, int] = {}
        for row in (row for rows in others for row in rows):
            odds = log_odds(self._features, slice(row, row + 1))[0]
            nearest = [
                (self._mean_of_nearest(odds, rows), -number)
                for number, rows in enumerate(founded)
                if not any((row, member) in self._cannot for member in rows)
            ]
            best, number = max(nearest, default=(-np.inf, 0))
            if best >= ATTACH_AT_LEAST:
                home[row] = -number
        grown = [rows + [row for row, number in home.items() if number == index] for index, rows in enumerate(founded)]
        left = [[row for row in rows if row not in home] for rows in others]
        return [*grown, *(rows for rows in left if rows)]

    def _mean_of_nearest(self, odds: NDArray[np.float32], rows: Sequence[int]) -> float:
        reports = sorted((float(odds[row]) for row in rows if self._roles[row] is _Role.FOUNDER), reverse=True)
        return float(np.mean(reports[:NEAREST_REPORTS])) if reports else -np.inf

    def _cluster(self, rows: Sequence[int], event_of: Mapping[int, int]) -> Cluster:
        events: dict[int, list[Article]] = defaultdict(list)
        for row in rows:
            events[event_of[row]] += self._units[row]
        ordered = sorted((sorted(event, key=_rank) for event in events.values()), key=lambda event: _rank(event[0]))
        return Cluster(
            article_ids=tuple(article.id for article in sorted((a for e in ordered for a in e), key=_rank)),
            events=tuple(tuple(article.id for article in event) for event in ordered),
            lead_article_id=self._most_central(rows),
        )

    def _most_central(self, rows: Sequence[int]) -> ArticleId:
        """The article nearest to all others of its kind in the story; press and supportive before campaign."""
        press = [row for row in rows if self._roles[row] is not _Role.CAMPAIGN] or list(rows)
        vectors = self._features.embedding[press]
        nearness = vectors @ vectors.mean(axis=0)
        return self._units[press[int(np.argmax(nearness.round(4)))]][0].id

    def _bound(self, bindings: Sequence[Binding], kind: BindingKind) -> set[tuple[int, int]]:
        """Staff's bindings of one kind as pairs of rows, both ways round; those on articles not here are left out."""
        rows = (
            (self._row_of[binding.a], self._row_of[binding.b])
            for binding in bindings
            if binding.kind is kind and binding.a in self._row_of and binding.b in self._row_of
        )
        return {pair for a, b in rows if a != b for pair in ((a, b), (b, a))}


def _units(articles: Sequence[Article]) -> tuple[list[list[Article]], list[int]]:
    """Articles with the same headline and lead within a day as one unit, and the position of each unit's first.

    Agency copy, a feed that gives its items twice, ten thousand identical headlines: compared once.
    """
    units: list[list[Article]] = []
    rows: list[int] = []
    latest: dict[tuple[_Role, str, str], int] = {}
    for position, article in enumerate(articles):
        key = (_role(article), article.headline.casefold().strip(), lead_of(article).casefold().strip())
        known = latest.get(key)
        if known is not None and article.published_at - units[known][0].published_at <= SAME_COPY_WITHIN:
            units[known].append(article)
        else:
            latest[key] = len(units)
            units.append([article])
            rows.append(position)
    return units, rows


def _role(article: Article) -> _Role:
    match article.kind:
        case SourceKind.CAMPAIGN:
            return _Role.CAMPAIGN
        case SourceKind.MAINSTREAM | SourceKind.FRIENDLY:
            return _Role.ROUND_UP if is_round_up(article) else _Role.FOUNDER
        case _:
            assert_never(article.kind)


def _rank(article: Article) -> tuple[datetime, str, str, ArticleId]:
    """Oldest first; articles of one moment by their address, which is the same on every machine."""
    return (article.published_at, article.canonical_url, article.guid, article.id)
