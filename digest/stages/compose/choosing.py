"""Which stories get a card, and in what order: finite, within the reading budget."""

from collections import Counter
from collections.abc import Mapping, Sequence

from digest.model.edition import Card, Choice
from digest.model.ids import StoryId, TopicId
from digest.stages.compose.ranking import Ranked

MOST_CARDS = 5
READING_BUDGET_SECONDS = 120
FEWEST_CARDS = 3
"""Stories that nobody answered fill the edition up to here and no further."""


def choose_stories(
    ranked: Sequence[Ranked], cards: Mapping[StoryId, Card], choices: Mapping[StoryId, Choice]
) -> list[StoryId]:
    """The stories that get a card, in order: five at most, within the reading budget (the first always fits).

    The lead, what staff placed, then by weight. A story too long for the time that is left makes way for a shorter one.
    """
    place = {story.material.story.id: _place(choices.get(story.material.story.id)) for story in ranked}
    placed = [story for story in ranked if place[story.material.story.id] is not None]
    placed.sort(key=lambda story: place[story.material.story.id] or 0)
    lead = _lead(ranked, placed)
    first = [*lead, *(story for story in placed if story not in lead)]
    pool = list(ranked)
    chosen: list[StoryId] = []
    topics: Counter[TopicId | None] = Counter()
    seconds = 0
    while pool and len(chosen) < MOST_CARDS:
        # Topic balance: each card already given to a topic costs the next of it as much as halving its coverage.
        best = first.pop(0) if first else max(pool, key=lambda s: s.weight - topics[s.material.story.topic_id])
        pool.remove(best)
        story, takes = best.material.story, cards[best.material.story.id].reading_seconds
        is_filler = not best.pairings and best not in placed and len(chosen) >= FEWEST_CARDS
        if is_filler or (chosen and seconds + takes > READING_BUDGET_SECONDS):
            continue
        chosen.append(story.id)
        topics[story.topic_id] += 1
        seconds += takes
    return chosen


def _lead(ranked: Sequence[Ranked], placed: Sequence[Ranked]) -> list[Ranked]:
    """The story that comes first: an answered one if there is any, what staff placed before what only weighs."""
    if placed and placed[0].is_answered:
        return [placed[0]]
    best = next((story for story in ranked if story.is_answered), None)
    if best is None and not placed:
        best = next((story for story in ranked if not story.pairings), None)
    return [best] if best is not None else [*placed, *ranked][:1]


def _place(choice: Choice | None) -> int | None:
    """Where staff put a story, or None where they said nothing."""
    if choice is None or not (choice.is_pinned or choice.position is not None):
        return None
    return choice.position if choice.position is not None else 0
