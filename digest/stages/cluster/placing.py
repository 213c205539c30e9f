"""What arrives between two clusterings, placed at once among the stories that stand. Decides; stores nothing.

Approximates what `grouping` would do with the whole window, at a cost that is linear in it: the nearest articles by
one product over short vectors, the events and stories that they stand in, and of those the one that average linkage
would choose. It never merges or splits what stands: the next clustering does.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from digest.model.article import Article
from digest.model.background import Background
from digest.model.ids import StoryId
from digest.model.story import ActiveStory, Binding, BindingKind, Cluster
from digest.ports import Vectors
from digest.stages.cluster.features import Features, features_of, grouped, rows_of
from digest.stages.cluster.likeness import SAME_EVENT, SAME_STORY, counted, log_odds
from digest.stages.cluster.nearby import Nearby
from digest.stages.cluster.roles import SAME_COPY_WITHIN, CopyKey, Role, copy_key, rank, roles_of
from digest.stages.cluster.thresholds import ATTACH_AT_LEAST, of_standing

MOST_CANDIDATES = 8
"""Events, and stories, that an arrival is held against."""
MOST_MEMBERS = 40
"""The newest of an event's articles, and of a story's events, stand for the others."""


def place_articles(
    articles: Sequence[Article],
    vectors: Vectors,
    *,
    existing: Sequence[ActiveStory],
    bindings: Sequence[Binding] = (),
    anew: Collection[StoryId] = (),
    background: Background | None = None,
) -> list[Cluster]:
    """The stories that gain an article, and new ones, oldest first; those in `anew` as well, as they stand.

    articles: the active window, those that arrived and those that the existing stories hold alike; vectors: float32,
    shape (n, d), rows of unit length, row i belongs to articles[i].   bindings: with all that follows from them.
    background: see `features_of`.

    What no existing story holds arrived. It joins the event or the story that average linkage would put it into, else
    it is a story of its own. The order of articles does not matter: arrivals are taken oldest first.
    """
    if not articles:
        return []
    placing = Placing(articles, vectors, existing=existing, bindings=bindings, background=background)
    for row in placing.arrivals:
        placing.place(row)
    return placing.clusters(anew=anew)


class Placing:
    """One pass's arrivals and what they are placed among. Rows are articles in order of time."""

    def __init__(
        self,
        articles: Sequence[Article],
        vectors: Vectors,
        *,
        existing: Sequence[ActiveStory],
        bindings: Sequence[Binding] = (),
        background: Background | None = None,
    ) -> None:
        order = sorted(range(len(articles)), key=lambda index: rank(articles[index]))
        self._articles = [articles[index] for index in order]
        self._features = features_of(self._articles, vectors[order], background=background)
        self._roles = roles_of(self._articles, background=background)
        self._keys = [copy_key(article) for article in self._articles]
        self._row_of = {article.id: row for row, article in enumerate(self._articles)}
        self._must, self._cannot = self._bound(bindings)

        self._events: list[list[int]] = []
        self._stories: list[list[int]] = []
        self._story_of: list[int] = []
        """By event."""
        self._event_of = np.full(len(self._articles), -1)
        self._is_founded: list[bool] = []
        """By story: whether the press tells it."""
        self._copies: dict[CopyKey, list[int]] = defaultdict(list)
        self._ids: dict[StoryId, int] = {}
        self._touched: set[int] = set()
        for active in existing:
            self._adopt(active)
        self._nearby = Nearby(self._features.embedding, self.arrivals)
        self._matter = _Middles(self._features, self._events)
        standing = [{row for event in story for row in self._events[event]} for story in self._stories]
        self._event_at_least, self._story_at_least = of_standing(self._features, self._articles, standing)
        self._told = _Middles(self._features, [self._of_the_press(story) for story in range(len(self._stories))])

    @property
    def arrivals(self) -> list[int]:
        """Rows of what no story holds yet, oldest first."""
        return [int(row) for row in np.flatnonzero(self._event_of < 0)]

    def place(self, row: int) -> None:
        """Put one arrival where it belongs."""
        role = self._roles[row]
        if (copied := self._copied(row)) is not None:
            self._join(row, event=copied)
        elif (bound := self._bound_to(row)) is not None:
            self._settle(row, bound, self._near(row, role))
        else:
            match role:
                case Role.ROUND_UP | Role.SILENT:
                    self._found(row)
                case Role.FOUNDER:
                    self._place_among(row, self._near(row, role))
                case Role.CAMPAIGN:
                    near = self._near(row, role)
                    home = self._home(row)
                    if home is not None:
                        self._settle(row, home, near)
                    else:
                        own = [event for event in near if not self._is_founded[self._story_of[event]]]
                        self._place_among(row, own)
                case _:
                    assert_never(role)

    def clusters(self, *, anew: Collection[StoryId] = ()) -> list[Cluster]:
        """See `place_articles`."""
        wanted = self._touched | {self._ids[story_id] for story_id in anew if story_id in self._ids}
        found = [self._cluster(self._stories[story]) for story in wanted]
        return sorted(found, key=lambda cluster: self._row_of[cluster.article_ids[0]])

    # --- where it belongs -------------------------------------------------------------------------------------

    def _place_among(self, row: int, near: Sequence[int]) -> None:
        """Into the event among those near that it reports too, else into a story of theirs, else alone."""
        event = self._same_event(row, near)
        if event is not None:
            self._join(row, event=event)
            return
        story = self._same_story(row, near)
        if story is not None:
            self._found(row, story=story)
        else:
            self._found(row)

    def _settle(self, row: int, story: int, near: Sequence[int]) -> None:
        """Into this story, and there into the event that it reports, if any."""
        event = self._same_event(row, [event for event in near if self._story_of[event] == story])
        if event is not None:
            self._join(row, event=event)
        else:
            self._found(row, story=story)

    def _near(self, row: int, role: Role) -> list[int]:
        """The events of articles near it that may share an event with it, nearest first."""
        nearest = self._nearby.nearest(row, among=self._event_of >= 0)
        events = dict.fromkeys(int(self._event_of[other]) for other in nearest if self._roles[other] is role)
        return [event for event in events if not self._is_barred(row, self._story_of[event])][:MOST_CANDIDATES]

    def _same_event(self, row: int, near: Sequence[int]) -> int | None:
        """The event that average linkage would put the article into: the mean over its pairs with the members."""
        members = [self._events[event][-MOST_MEMBERS:] for event in near]
        if not members:
            return None
        rows = [other for others in members for other in others]
        odds = counted(
            log_odds(self._features, slice(row, row + 1), rows_of(self._features, rows), SAME_EVENT)[0], SAME_EVENT
        )
        best = max(
            (round(mean, 4), -event, event)
            for event, mean in zip(near, _means(odds, [len(others) for others in members]), strict=True)
        )
        return best[2] if best[0] >= self._event_at_least else None

    def _same_story(self, row: int, near: Sequence[int]) -> int | None:
        """The story among those near whose middle is nearest to the article, which is then an event of its own."""
        stories = list(dict.fromkeys(self._story_of[event] for event in near))
        if not stories:
            return None
        odds = self._told.log_odds(row, stories, [self._of_the_press(story)[0] for story in stories])
        best = max((round(float(odd), 4), -story, story) for story, odd in zip(stories, odds, strict=True))
        return best[2] if best[0] >= self._story_at_least else None

    def _home(self, row: int) -> int | None:
        """The story with the press event that a campaign article is about."""
        near = self._near(row, Role.FOUNDER)
        if not near:
            return None
        odds = self._matter.log_odds(row, near, [self._events[event][0] for event in near])
        best = max((round(float(odd), 4), -event, event) for event, odd in zip(near, odds, strict=True))
        return self._story_of[best[2]] if best[0] >= ATTACH_AT_LEAST else None

    def _of_the_press(self, story: int) -> list[int]:
        """The rows of a story, without the campaign's where others tell it too."""
        rows = [row for event in self._stories[story] for row in self._events[event]]
        return [row for row in rows if self._roles[row] is not Role.CAMPAIGN] or rows

    def _copied(self, row: int) -> int | None:
        """The event of the article of the same day that it repeats word for word."""
        for other in reversed(self._copies[self._keys[row]]):
            apart = abs(self._articles[row].published_at - self._articles[other].published_at)
            event = int(self._event_of[other])
            if apart <= SAME_COPY_WITHIN and not self._is_barred(row, self._story_of[event]):
                return event
        return None

    # --- staff's word -----------------------------------------------------------------------------------------

    def _bound(self, bindings: Iterable[Binding]) -> tuple[dict[int, set[int]], dict[int, set[int]]]:
        must: dict[int, set[int]] = defaultdict(set)
        cannot: dict[int, set[int]] = defaultdict(set)
        for binding in bindings:
            a, b = self._row_of.get(binding.a), self._row_of.get(binding.b)
            if a is not None and b is not None:
                into = must if binding.kind is BindingKind.MUST else cannot
                into[a].add(b)
                into[b].add(a)
        return must, cannot

    def _bound_to(self, row: int) -> int | None:
        """The story that staff put the article into."""
        for other in sorted(self._must.get(row, ())):
            event = int(self._event_of[other])
            if event >= 0 and not self._is_barred(row, self._story_of[event]):
                return self._story_of[event]
        return None

    def _is_barred(self, row: int, story: int) -> bool:
        """Whether staff keep the article apart from something in the story."""
        others = (int(self._event_of[other]) for other in self._cannot.get(row, ()))
        return any(event >= 0 and self._story_of[event] == story for event in others)

    # --- what stands ------------------------------------------------------------------------------------------

    def _adopt(self, active: ActiveStory) -> None:
        """A stored story, as far as it is of the window."""
        story: int | None = None
        for event in active.events:
            rows = sorted(self._row_of[article] for article in event if article in self._row_of)
            if rows:
                story = self._new_event(rows[0], story)
                for row in rows[1:]:
                    self._add(row, len(self._events) - 1)
        if story is not None:
            self._ids[active.story.id] = story

    def _found(self, row: int, *, story: int | None = None) -> None:
        """An event of its own, in the story, or in one of its own."""
        self._touched.add(self._new_event(row, story))

    def _join(self, row: int, *, event: int) -> None:
        self._add(row, event)
        self._touched.add(self._story_of[event])

    def _new_event(self, row: int, story: int | None) -> int:
        if story is None:
            story = len(self._stories)
            self._stories.append([])
            self._is_founded.append(False)
        self._stories[story].append(len(self._events))
        self._story_of.append(story)
        self._events.append([])
        self._add(row, len(self._events) - 1)
        return story

    def _add(self, row: int, event: int) -> None:
        self._events[event].append(row)
        self._event_of[row] = event
        self._is_founded[self._story_of[event]] |= self._roles[row] is Role.FOUNDER
        self._copies[self._keys[row]].append(row)

    def _cluster(self, story: Sequence[int]) -> Cluster:
        events = sorted(sorted(self._events[event]) for event in story)
        rows = sorted(row for event in events for row in event)
        press = [row for row in rows if self._roles[row] is not Role.CAMPAIGN] or rows
        vectors = self._features.embedding[press]
        central = press[int(np.argmax((vectors @ vectors.mean(axis=0)).round(4)))]
        return Cluster(
            article_ids=tuple(self._articles[row].id for row in rows),
            events=tuple(tuple(self._articles[row].id for row in event) for event in events),
            lead_article_id=self._articles[central].id,
        )


class _Middles:
    """What the groups that stood before this pass are about; of a later one its first article says it."""

    def __init__(self, features: Features, groups: Sequence[Sequence[int]]) -> None:
        self._features = features
        self._settled = len(groups)
        self._middles = grouped(features, groups) if groups else None

    def log_odds(self, row: int, groups: Sequence[int], firsts: Sequence[int]) -> NDArray[np.float32]:
        """Log odds that an article and each of the groups are of one matter. firsts: the first row of each."""
        odds = np.zeros(len(groups), dtype=np.float32)
        settled = [place for place, group in enumerate(groups) if group < self._settled]
        fresh = [place for place, group in enumerate(groups) if group >= self._settled]
        one = slice(row, row + 1)
        if settled and self._middles is not None:
            others = rows_of(self._middles, [groups[place] for place in settled])
            odds[settled] = log_odds(self._features, one, others, SAME_STORY)[0]
        if fresh:
            others = rows_of(self._features, [firsts[place] for place in fresh])
            odds[fresh] = log_odds(self._features, one, others, SAME_STORY)[0]
        return odds


def _means(values: NDArray[np.float64], lengths: Sequence[int]) -> NDArray[np.float64]:
    """The mean of each stretch of so many values."""
    starts = np.cumsum([0, *lengths[:-1]])
    return np.asarray(np.add.reduceat(values, starts) / np.array(lengths))
