"""Which topic a story is filed under, and why: by staff's word, by what they filed before, by the seeds. Pure."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from digest.model.article import Article
from digest.model.ids import StoryId, TopicId
from digest.model.source import Topic
from digest.model.story import Filing
from digest.model.text import is_round_up
from digest.model.words import words_of
from digest.ports import Vector, Vectors
from digest.stages.cluster.background import seed
from digest.stages.cluster.features import opening_of

# A topic is taken when a story reaches this: likeness to its nearest seed (cosine) plus SEED_WORD for each seed word,
# by the share of the story's articles that have it. 57 of the sample campaign's 65 stories come right; the
# sum is .3 to .5 for sport and weather, .5 and more for what belongs.
TOPIC_AT_LEAST = 0.40
SEED_WORD = 0.15
MOST_SEED_WORDS = 3
EVERYDAY = 0.25
"""Share of the sample campaign's articles from which a word is no topic's."""
LIKE_AN_EXAMPLE = 0.55
"""Cosine from which a story is like one that staff filed; see the evidence in `Topics`."""


def topic_texts(topic: Topic) -> list[str]:
    """What to embed for a topic, in the order that `plan_stories` wants the rows: its name, then its seeds."""
    return [topic.name, *topic.seeds]


class Topics:
    """Staff's topics, with all that says what belongs under them."""

    def __init__(
        self,
        topics: Sequence[Topic],
        vectors: Mapping[TopicId, Vectors],
        filings: Sequence[Filing] = (),
        example_vectors: Mapping[str, Vector] | None = None,
    ) -> None:
        """vectors: one row for each of `topic_texts`.   example_vectors: by the text of a filing's example."""
        known = {topic.id for topic in topics}
        self._topics = topics
        self._vectors = vectors
        # What was filed under a topic that staff have since taken off sources.yaml says nothing any more.
        self._filings = [filing for filing in filings if filing.topic_id is None or filing.topic_id in known]
        self._example_vectors = example_vectors or {}
        self._seed_words = {topic.id: _seed_words(topic) for topic in topics}
        self._taught_by = Counter(word for words in self._seed_words.values() for word in words)

    def of(self, press: Sequence[Article], middle: Vector, story_ids: Sequence[StoryId]) -> tuple[TopicId | None, str]:
        """The topic of a story, None for "other", and why.

        middle: the mean of the vectors of `press`.   story_ids: its own, then those that it absorbs.
        """
        filed = next((f for story_id in story_ids for f in self._filings if f.story_id == story_id), None)
        if filed is not None:
            return (
                filed.topic_id,
                "You filed it here." if filed.topic_id is not None else "You filed it under no topic.",
            )
        if not self._topics:
            return None, "There are no topics yet."
        if all(is_round_up(article.headline) for article in press):
            return None, "A round-up of many matters."
        middle = middle / max(1e-9, float(np.linalg.norm(middle)))
        alike = self._most_alike(middle)
        if alike is not None:
            where = "here" if alike.topic_id is not None else "under no topic"
            return alike.topic_id, f"Like “{alike.example}”, that you filed {where}."
        return self._by_seeds(press, middle)

    def _most_alike(self, middle: Vector) -> Filing | None:
        """The story that staff filed which this one is most like, if it is like any; of equals the last filed."""
        likeness = self._likeness(middle)
        nearest = max(range(len(likeness)), key=lambda place: (likeness[place], place), default=None)
        return self._filings[nearest] if nearest is not None and likeness[nearest] >= LIKE_AN_EXAMPLE else None

    def _likeness(self, middle: Vector) -> list[float]:
        return [round(float(self._example_vectors[filing.example] @ middle), 4) for filing in self._filings]

    def _by_seeds(self, press: Sequence[Article], middle: Vector) -> tuple[TopicId | None, str]:
        counts = Counter(word for article in press for word in _topic_words(article))
        merits: list[tuple[float, Topic, str, list[str]]] = []
        for topic in self._topics:
            met = {
                word: counts[word] / len(press) / self._taught_by[word]
                for word in self._seed_words[topic.id]
                if counts[word]
            }
            texts = topic_texts(topic)
            likeness = self._vectors[topic.id] @ middle
            nearest = int(np.argmax(likeness.round(4)))
            merit = float(likeness[nearest]) + SEED_WORD * min(MOST_SEED_WORDS, sum(met.values()))
            words = [self._seed_words[topic.id][word] for word in sorted(met, key=lambda word: (-met[word], word))]
            merits.append((round(merit, 4), topic, texts[nearest], words))
        merit, topic, seed, words = max(merits, key=lambda found: found[0])
        if merit < TOPIC_AT_LEAST:
            return None, f"Nothing fits: nearest is {topic.name} ({merit:.2f}, {TOPIC_AT_LEAST:.2f} wanted)."
        if words:
            return topic.id, f"Speaks of {', '.join(words[:MOST_SEED_WORDS])}."
        return topic.id, f"Reads like “{seed}”."


def _seed_words(topic: Topic) -> dict[str, str]:
    """A topic's words: stem → the word as staff wrote it, in small letters where they ever did.

    What stands in every fourth article of any archive ("years", "last") says nothing of a topic.
    """
    common = seed()
    written: dict[str, set[str]] = {}
    for text in topic_texts(topic):
        for word in re.findall(r"[^\W\d_]+", text):
            for stem in words_of(word):
                if common.seen_in.get(stem, 0) < EVERYDAY * common.articles:
                    written.setdefault(stem, set()).add(word)
    return {stem: max(words, key=lambda word: (word.islower(), word)) for stem, words in written.items()}


def _topic_words(article: Article) -> set[str]:
    return set(words_of(opening_of(article)))
