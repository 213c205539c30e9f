"""Which stories a post is about, best first: whole texts against whole texts, without sentences or sources."""

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digest.model.text import fold_tail, lead_text
from digest.model.words import longest_run
from digest.stages.match.candidates import AFTER, BEFORE
from digest.stages.match.relation import relation_between_texts
from digest.stages.match.signals import Terms, Vector

MOST_CANDIDATES = 50
"""By words, and as many by vectors."""
MOST_RUN = 8
# The weights know that one candidate in 50 is right; of the pairs that somebody asks about a quarter to a third are.
# Brier score on asked pairs of arguments .109 and of headlines with articles .057, against .128 and .149 without; F1 of
# being related .72 and .83, against .48 and .43. At 2 the first set is better and the second worse, at 3 the reverse.
ASKED_ABOUT = 2.5
"""Log odds by which a pair that somebody asks about is surer than one that a search brought up."""
BM25_K = 1.2
BM25_B = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A post, or a story by its title and text."""

    id: str
    title: str
    text: str
    published_at: datetime | None

    @property
    def comparable(self) -> str:
        """The text whose vector stands for it."""
        return lead_text(self.title, fold_tail(self.text) if not self.title else self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    post: str
    story: str
    confidence: float
    """0..1: how sure it is that the post is about the story."""
    is_related: bool
    """Whether the post would be taken to be about the story by one who asks about the two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    intercept: float
    likeness: float
    likeness_gap: float
    """Behind the post's best, 0 or below."""
    words: float
    """BM25 over what the post would score against itself."""
    words_relative: float
    """BM25 over the post's best."""
    cover: float
    """Share of the story's title words, by idf, that the post has."""
    names: float
    numbers: float
    run: float

    def row(self) -> list[float]:
        return [
            self.likeness,
            self.likeness_gap,
            self.words,
            self.words_relative,
            self.cover,
            self.names,
            self.numbers,
            self.run,
        ]


# Fitted by bench/fit_ranking.py on tweets with the claims they answer, debate sentences with claims checked before, and
# arguments with counter-arguments, each set weighing the same. Brier score on the held-out tweets .0085 and arguments
# .0124, against .0093 and .0140 with equal weights set by hand.
ABOUT = Weights(
    intercept=-6.7,
    likeness=2.1,
    likeness_gap=8.9,
    words=1.4,
    words_relative=4.5,
    cover=0.7,
    names=0.1,
    numbers=0.0,
    run=0.4,
)


class Ranking:
    """Stories at hand, ready to be asked which of them a post is about.

    vectors: unit vector by text, for the `comparable` of every story and post; a missing one is silent.
    """

    def __init__(self, stories: Sequence[Document], vectors: Mapping[str, Vector]) -> None:
        self._stories = stories
        self._place = {story.id: place for place, story in enumerate(stories)}
        self._vectors = vectors
        self._terms = [Terms.of(f"{story.title}\n{story.text}") for story in stories]
        self._titles = [Terms.of(story.title or story.text[:120]) for story in stories]
        self._column: dict[str, int] = {}
        self._bm25 = self._weighted_words()
        rows = [vectors.get(story.comparable) for story in stories]
        size = next((len(row) for row in rows if row is not None), 1)
        self._matrix = np.stack([np.zeros(size, dtype=np.float32) if row is None else row for row in rows])

    def best(self, post: Document, most: int) -> list[Ranked]:
        """The stories that a post is most likely about, best first. A story outside its window is left out."""
        words, likeness = self._scores(post)
        open_ = np.array([_is_open(story, post) for story in self._stories])
        words, likeness = np.where(open_, words, -1.0), np.where(open_, likeness, -1.0)
        near = {
            int(place)
            for scores in (words, likeness)
            for place in np.argsort(-scores, kind="stable")[:MOST_CANDIDATES]
            if open_[place]
        }
        return self._ranked(post, near, words, likeness)[:most]

    def judge(self, post: Document, stories: Collection[str]) -> list[Ranked]:
        """How sure it is that a post is about each of these stories, best first; nothing is left out."""
        words, likeness = self._scores(post)
        places = {self._place[story] for story in stories}
        return self._ranked(post, places, words, likeness, prior=ASKED_ABOUT)

    def features(self, post: Document, places: Sequence[int]) -> NDArray[np.float64]:
        """What the confidence is made of: one row for each story, in the order of `Weights`."""
        return self._features(post, places, *self._scores(post))

    def _ranked(
        self,
        post: Document,
        places: Collection[int],
        words: NDArray[np.float64],
        likeness: NDArray[np.float64],
        *,
        prior: float = 0.0,
    ) -> list[Ranked]:
        ordered = sorted(places)
        odds = ABOUT.intercept + self._features(post, ordered, words, likeness) @ np.array(ABOUT.row())
        found = [
            Ranked(
                post=post.id,
                story=self._stories[place].id,
                confidence=1 / (1 + math.exp(-float(odd + prior))),
                is_related=bool(odd + ASKED_ABOUT >= 0),
            )
            for place, odd in zip(ordered, odds, strict=True)
        ]
        return sorted(found, key=lambda ranked: (-ranked.confidence, ranked.story))

    def _features(
        self, post: Document, places: Sequence[int], words: NDArray[np.float64], likeness: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        terms = Terms.of(post.text)
        itself = sum(self._idf(word) for word in terms.words) or 1.0
        best_words, best_likeness = max(float(words.max()), 1e-9), float(likeness.max())
        rows = []
        for place in places:
            theirs, title = self._terms[place], self._titles[place]
            title_weight = sum(map(self._idf, title.words)) or 1.0
            rows.append(
                [
                    likeness[place],
                    likeness[place] - best_likeness,
                    max(0.0, words[place]) / itself,
                    max(0.0, words[place]) / best_words,
                    sum(map(self._idf, terms.words & title.words)) / title_weight,
                    _squashed(sum(map(self._idf, terms.names & theirs.names))),
                    _squashed(sum(map(self._idf, terms.numbers & theirs.numbers))),
                    min(MOST_RUN, longest_run(terms.sequence[:80], theirs.sequence[:200])) / MOST_RUN,
                ]
            )
        return np.array(rows, dtype=np.float64).reshape(len(rows), 8)

    def _scores(self, post: Document) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        columns = [self._column[word] for word in Terms.of(post.text).words if word in self._column]
        words = np.asarray(self._bm25[:, columns].sum(axis=1), dtype=np.float64).ravel()
        vector = self._vectors.get(post.comparable)
        likeness = (
            np.zeros(len(self._stories)) if vector is None else np.asarray(self._matrix @ vector, dtype=np.float64)
        )
        return words, likeness

    def _idf(self, word: str) -> float:
        return self._idf_by_word.get(word, self._rarest)

    def _weighted_words(self) -> sparse.csc_array:
        """BM25 weight of every word in every story."""
        total = len(self._stories)
        seen_in = Counter(word for terms in self._terms for word in terms.words)
        self._idf_by_word = {word: math.log(1 + (total - df + 0.5) / (df + 0.5)) for word, df in seen_in.items()}
        self._rarest = math.log(1 + (total + 0.5) / 0.5)
        average = max(1.0, float(np.mean([len(terms.sequence) for terms in self._terms]) if self._terms else 1.0))
        data, rows, columns = [], [], []
        for row, terms in enumerate(self._terms):
            length = BM25_K * (1 - BM25_B + BM25_B * len(terms.sequence) / average)
            for word, count in Counter(terms.sequence).items():
                data.append(self._idf_by_word[word] * count * (BM25_K + 1) / (count + length))
                rows.append(row)
                columns.append(self._column.setdefault(word, len(self._column)))
        return sparse.csc_array((data, (rows, columns)), shape=(total, len(self._column)))


def stance(story: Document, post: Document, *, is_related: bool) -> str:
    """A relation's name, or `unrelated`."""
    return relation_between_texts(lead_text(story.title, story.text), post.text).value if is_related else "unrelated"


def _is_open(story: Document, post: Document) -> bool:
    """Whether the story is in the window of the post; where a date is missing, it is."""
    if story.published_at is None or post.published_at is None:
        return True
    return post.published_at - BEFORE <= story.published_at <= post.published_at + AFTER


def _squashed(weight: float) -> float:
    return weight / (weight + 6.0)
