"""Agency copy: one report that several outlets carry nearly word for word."""

import re
from collections.abc import Iterable

from digest.model.article import Article

# Two reports that share most of their five-word runs are one agency's copy. Edited wire copy keeps 0.6 and more,
# separate reports of one speech stay under 0.2 on the sample press.
SAME_COPY = 0.5
WORDS_COMPARED = 400

_Run = tuple[str, ...]


def copies(articles: Iterable[Article]) -> list[list[Article]]:
    """The articles, in order, each with those after it that are copies of it."""
    groups: list[tuple[list[Article], frozenset[_Run]]] = []
    for article in articles:
        runs = _runs(article.text)
        group = next((found for found, of_first in groups if _is_same(found[0], article, of_first, runs)), None)
        if group is None:
            groups.append(([article], runs))
        else:
            group.append(article)
    return [group for group, _ in groups]


def _is_same(one: Article, other: Article, runs_of_one: frozenset[_Run], runs_of_other: frozenset[_Run]) -> bool:
    if one.text_sha256 == other.text_sha256 and one.text:
        return True
    if not runs_of_one or not runs_of_other:
        return False
    return len(runs_of_one & runs_of_other) / min(len(runs_of_one), len(runs_of_other)) >= SAME_COPY


def _runs(text: str) -> frozenset[_Run]:
    words = re.findall(r"\w+", text.casefold())[:WORDS_COMPARED]
    return frozenset(tuple(words[i : i + 5]) for i in range(len(words) - 4))
