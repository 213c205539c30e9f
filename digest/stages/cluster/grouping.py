"""Articles into clusters: events within stories, from one tree."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from digest.model.article import Article
from digest.model.background import Background
from digest.model.ids import ArticleId
from digest.model.story import Binding, BindingKind, Cluster
from digest.ports import Vectors
from digest.stages.cluster.bindings import together
from digest.stages.cluster.features import Features, features_of, grouped, rows_of
from digest.stages.cluster.likeness import SAME_EVENT, SAME_STORY, log_odds, neighbours
from digest.stages.cluster.linkage import Tree
from digest.stages.cluster.roles import SAME_COPY_WITHIN, CopyKey, Role, copy_key, rank, roles_of
from digest.stages.cluster.thresholds import ATTACH_AT_LEAST, STORY_STEPS, event_at_least, story_at_least


def cluster_articles(
    articles: Sequence[Article],
    vectors: Vectors,
    *,
    bindings: Sequence[Binding] = (),
    background: Background | None = None,
) -> list[Cluster]:
    """Stories with their events, oldest story first; every article is in exactly one.

    vectors: float32, shape (n, d), rows of unit length; row i belongs to articles[i]. The order of articles does not
    matter. Press and supportive articles found clusters; a campaign article joins the story it is about, else it stands
    with campaign articles alone. A round-up, and what says nothing, stands by itself
    and changes nothing for the others.
    bindings: staff's word on which articles share a story.   background: see `features_of`.
    Raises ValueError when articles and rows differ in number.
    """
    if len(articles) != len(vectors):
        raise ValueError(f"{len(articles)} articles but {len(vectors)} vectors")
    if not articles:
        return []
    order = sorted(range(len(articles)), key=lambda index: rank(articles[index]))
    ranked, rows = [articles[index] for index in order], vectors[order]
    roles = roles_of(ranked, background=background)
    # What all that is compared has in common, and how crowded it is, a round-up would say wrongly.
    joined = {end for binding in bindings if binding.kind is BindingKind.MUST for end in (binding.a, binding.b)}
    is_apart = [role is Role.ROUND_UP and article.id not in joined for role, article in zip(roles, ranked, strict=True)]
    compared = [place for place, apart in enumerate(is_apart) if not apart]
    alone, _ = _units([article for article, apart in zip(ranked, is_apart, strict=True) if apart], bindings)
    found = [_alone(unit) for unit in alone]
    if compared:
        role_by_id = {ranked[place].id: roles[place] for place in compared}
        grouping = _Grouping([ranked[place] for place in compared], rows[compared], role_by_id, bindings, background)
        found += grouping.clusters()
    place_of = {article.id: place for place, article in enumerate(ranked)}
    return sorted(found, key=lambda cluster: place_of[cluster.article_ids[0]])


def _alone(unit: Sequence[Article]) -> Cluster:
    ids = tuple(article.id for article in unit)
    return Cluster(article_ids=ids, events=(ids,), lead_article_id=ids[0])


class _Grouping:
    """One clustering. Rows are units in order of time, so that nothing depends on the order of arrival."""

    def __init__(
        self,
        articles: Sequence[Article],
        vectors: Vectors,
        roles: Mapping[ArticleId, Role],
        bindings: Sequence[Binding],
        background: Background | None,
    ) -> None:
        self._units, rows = _units(articles, bindings)
        self._features = features_of([unit[0] for unit in self._units], vectors[rows], background=background)
        self._row_of = {article.id: row for row, unit in enumerate(self._units) for article in unit}
        self._roles = [roles[unit[0].id] for unit in self._units]
        self._must = self._bound(bindings, BindingKind.MUST)
        self._block_of = {
            self._row_of[article]: min(self._row_of[other] for other in block if other in self._row_of)
            for block in together(bindings)
            for article in block
            if article in self._row_of
        }
        self._cannot = self._bound(bindings, BindingKind.CANNOT)

    def clusters(self) -> list[Cluster]:
        events = self._events()
        stories = self._with_campaign(self._stories(events), events)
        return [self._cluster(story) for story in stories]

    def _events(self) -> list[list[int]]:
        """Rows that report the same happening."""
        alike = (
            pair
            for pair in neighbours(self._features, SAME_EVENT)
            if self._may_merge(self._roles[pair.a], self._roles[pair.b])
        )
        sizes = [len(unit) for unit in self._units]
        tree = Tree(
            sizes, alike, unrelated=SAME_EVENT.unrelated, at_least=event_at_least(self._features), apart=self._cannot
        )
        return tree.grow()

    def _stories(self, events: Sequence[Sequence[int]]) -> list[list[int]]:
        """Numbers of the events that belong to one matter."""
        stories = [[number] for number in range(len(events))]
        for step in (*STORY_STEPS, None):
            groups = [[row for event in story for row in events[event]] for story in stories]
            at_least = step if step is not None else story_at_least(self._features, [len(rows) for rows in groups])
            grown = self._grown(groups, at_least)
            stories = [sorted(event for place in places for event in stories[place]) for places in grown]
        return stories

    def _grown(self, groups: Sequence[Sequence[int]], at_least: float) -> list[list[int]]:
        """Places of the groups of rows that belong to one matter this surely."""
        group_of = {row: place for place, rows in enumerate(groups) for row in rows}
        roles = [self._roles[rows[0]] for rows in groups]
        tree = Tree(
            [sum(len(self._units[row]) for row in rows) for rows in groups],
            (
                pair
                for pair in neighbours(grouped(self._features, groups), SAME_STORY)
                if self._may_merge(roles[pair.a], roles[pair.b])
            ),
            unrelated=SAME_STORY.unrelated,
            at_least=at_least,
            apart={(group_of[a], group_of[b]) for a, b in self._cannot if group_of[a] != group_of[b]},
        )
        for a, b in sorted(self._must):
            tree.join(group_of[a], group_of[b])
        return tree.grow()

    @staticmethod
    def _may_merge(one: Role, other: Role) -> bool:
        return one is other and not one.stands_alone

    def _with_campaign(
        self, stories: Sequence[Sequence[int]], events: Sequence[Sequence[int]]
    ) -> list[list[list[int]]]:
        """Stories as events as rows, each campaign article moved to the press story that it is about, if any.

        What staff bound together moves together.
        """
        matter = grouped(self._features, events)
        home_of = {
            event: number
            for number, story in enumerate(stories)
            if any(self._roles[events[event][0]] is Role.FOUNDER for event in story)
            for event in story
        }
        founding = [event for event in home_of if self._roles[events[event][0]] is Role.FOUNDER]
        grown = [[list(events[event]) for event in story] for story in stories]
        for number, story in enumerate(stories):
            if story[0] in home_of:
                continue
            place_of = {row: place for place, event in enumerate(story) for row in events[event]}
            moved: dict[tuple[int, int], list[int]] = defaultdict(list)
            for block in self._blocks(place_of):
                home = self._home(block, founding, home_of, grown, matter)
                if home is not None:
                    for row in block:
                        moved[home, place_of[row]].append(row)
            for (home, place), rows in moved.items():
                grown[home].append(rows)
                grown[number][place] = [row for row in grown[number][place] if row not in rows]
        return [[rows for rows in story if rows] for story in grown if any(story)]

    def _blocks(self, rows: Iterable[int]) -> list[list[int]]:
        """Campaign rows by what staff said belongs together; those that belong with others stay where those are."""
        blocks: dict[int, list[int]] = defaultdict(list)
        for row in rows:
            blocks[self._block_of.get(row, row)].append(row)
        return [block for block in blocks.values() if all(self._roles[row] is Role.CAMPAIGN for row in block)]

    def _home(
        self,
        block: Sequence[int],
        founding: Sequence[int],
        home_of: Mapping[int, int],
        stories: Sequence[Sequence[Sequence[int]]],
        matter: Features,
    ) -> int | None:
        """The story whose nearest event the campaign articles of a block are about, unless staff keep the two apart."""
        own = rows_of(self._features, block)
        odds = log_odds(own, slice(0, len(block)), matter, SAME_STORY).max(axis=0)
        for event in sorted(founding, key=lambda event: (-float(odds[event]), event)):
            if odds[event] < ATTACH_AT_LEAST:
                return None
            home = home_of[event]
            there = [other for rows in stories[home] for other in rows]
            if not any((row, other) in self._cannot for row in block for other in there):
                return home
        return None

    def _cluster(self, story: Sequence[Sequence[int]]) -> Cluster:
        events = [sorted((article for row in rows for article in self._units[row]), key=rank) for rows in story]
        events.sort(key=lambda event: rank(event[0]))
        return Cluster(
            article_ids=tuple(a.id for a in sorted((article for event in events for article in event), key=rank)),
            events=tuple(tuple(article.id for article in event) for event in events),
            lead_article_id=self._most_central([row for rows in story for row in rows]),
        )

    def _most_central(self, rows: Sequence[int]) -> ArticleId:
        """The article nearest to all others of its kind in the story; press and supportive before campaign."""
        press = [row for row in rows if self._roles[row] is not Role.CAMPAIGN] or list(rows)
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


def _units(articles: Sequence[Article], bindings: Sequence[Binding]) -> tuple[list[list[Article]], list[int]]:
    """Articles with the same headline and lead within a day as one unit, and the position of each unit's first.

    Agency copy, a feed that gives its items twice, ten thousand identical headlines: compared once. What staff keep
    apart from anything is no copy.
    """
    apart = {
        article for binding in bindings if binding.kind is BindingKind.CANNOT for article in (binding.a, binding.b)
    }
    units: list[list[Article]] = []
    rows: list[int] = []
    latest: dict[CopyKey, int] = {}
    for position, article in enumerate(articles):
        key = copy_key(article)
        known = latest.get(key)
        if (
            known is not None
            and article.id not in apart
            and article.published_at - units[known][0].published_at <= SAME_COPY_WITHIN
        ):
            units[known].append(article)
        else:
            latest[key] = len(units)
            units.append([article])
            rows.append(position)
    return units, rows
