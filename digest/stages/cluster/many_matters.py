"""Which articles speak of many matters though their headlines do not say so: a live blog, a list of the day's news."""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from itertools import islice
from math import log, sqrt

from digest.model.article import Article
from digest.model.background import Background
from digest.model.words import words_of
from digest.stages.cluster.background import background_of, seed
from digest.stages.cluster.features import evenly, opening_of

# Of 706 long reports of the US election of 2016 4 in a thousand are below; so are 84 in a hundred lists of the first
# sentences of ten of them, 60 of their first 60 words, and 75 of what happened on a day of the sample campaign. At .008
# it would be 21, 94, 79 and 80; at .005, 1, 72, 44 and 60.
MOST_IN_COMMON = 0.006
"""Mean likeness of two paragraphs up to which they are of different matters."""
LEAST_PARAGRAPHS = 8
"""So many at least: with fewer, one report of the sample campaign in ten looks like a list."""
MOST_PARAGRAPHS = 12
LEAST_WORDS = 6
"""Of a paragraph: what has fewer is a byline, or a heading between two."""
MOST_CHARACTERS = 400
"""Of a paragraph."""
MOST_SAMPLED = 2000
"""Articles from which it is told what is common: of more, every second, third … in order of time."""


def speak_of_many(articles: Sequence[Article], *, background: Background | None = None) -> list[bool]:
    """Whether the paragraphs of each have hardly a telling word in common; of fewer than eight nobody can tell.

    All that is written of a contest names its candidates: what is common in these articles, and in what came before
    them, tells nothing.   background: see `features_of`.
    """
    long = [article.text.count("\n") + 1 >= LEAST_PARAGRAPHS for article in articles]
    if not any(long):
        return long
    here = background_of(opening_of(articles[place]) for place in evenly(len(articles), MOST_SAMPLED))
    telling = _Telling(here + (seed() if background is None else background))
    return [is_long and _are_strangers(article.text, telling) for is_long, article in zip(long, articles, strict=True)]


class _Telling(dict[str, float]):
    """How much it tells that two paragraphs share a word: the square of its idf."""

    def __init__(self, common: Background) -> None:
        self._common = common

    def __missing__(self, word: str) -> float:
        # One that is left out of the counts stands in the article itself.
        seen_in = max(1, self._common.seen_in.get(word, 0))
        self[word] = log((1 + self._common.articles) / (1 + seen_in)) ** 2
        return self[word]


def _are_strangers(text: str, telling: Mapping[str, float]) -> bool:
    found = (set(words_of(paragraph[:MOST_CHARACTERS])) for paragraph in text.split("\n"))
    paragraphs = list(islice((words for words in found if len(words) >= LEAST_WORDS), MOST_PARAGRAPHS))
    return len(paragraphs) >= LEAST_PARAGRAPHS and _in_common(paragraphs, telling) <= MOST_IN_COMMON


def _in_common(paragraphs: Sequence[Set[str]], telling: Mapping[str, float]) -> float:
    """The mean cosine of any two of them, from the length of the sum of all."""
    middle: dict[str, float] = defaultdict(float)
    for words in paragraphs:
        length = sqrt(sum(telling[word] ** 2 for word in words)) or 1.0
        for word in words:
            middle[word] += telling[word] / length
    many = len(paragraphs)
    return (sum(share * share for share in middle.values()) - many) / (many * (many - 1))
