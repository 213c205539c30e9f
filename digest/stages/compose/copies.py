"""One report that several outlets carry nearly word for word, and which agency wrote it where that is known."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from digest.model.article import Article
from digest.model.ids import SourceId

# Two reports of which the shorter shares most of its five-word runs with the other are one report. Edited wire copy
# and an outlet's first three paragraphs of it keep 0.6 and more, separate reports of one speech stay under 0.2 on the
# sample press.
SAME_COPY = 0.5
WORDS_COMPARED = 400
RUN = 5
LEAST_RUNS = 12
"""A text of fewer is a line ("Subscribe to read on.") that strangers share."""

_Run = tuple[str, ...]

# The wire services of the English, German and French press, by the names that credits use.
_AGENCIES = {
    "Reuters": ("reuters", "thomson reuters"),
    "AP": ("ap", "associated press", "the associated press"),
    "AFP": ("afp", "agence france-presse", "agence france presse"),
    "PA Media": ("pa", "pa media", "press association", "the press association", "pa news agency"),
    "dpa": ("dpa", "deutsche presse-agentur"),
    "UPI": ("upi", "united press international"),
    "Bloomberg": ("bloomberg", "bloomberg news"),
    "EFE": ("efe", "agencia efe"),
    "ANSA": ("ansa",),
    "APA": ("austria presse agentur",),
    "AAP": ("australian associated press",),
    "Canadian Press": ("the canadian press", "canadian press"),
    "Xinhua": ("xinhua",),
}
_AGENCY_BY_CREDIT = {name: agency for agency, names in _AGENCIES.items() for name in names}
# "LONDON, Nov 3 (Reuters) - The ferry" at the beginning; "(AP)", "© 2026 AFP", "—PA Media" at the end.
_DATELINE = re.compile(r"^[^\n()]{0,60}\(([^()\n]{2,30})\)\s*[-–—:]")
_CLOSING = re.compile(r"(?:\(|©\s*(?:\d{4}\s+)?|[–—]\s*|\bSource: )([A-Za-z][\w -]{1,30}?)\)?\s*\.?\s*$")
_CREDIT_PARTS = re.compile(r"\s*(?:,|;|/|\||\band\b|\bby\b|\bwith\b|\bin\b)\s*", re.IGNORECASE)


def copies(articles: Iterable[Article]) -> list[list[Article]]:
    """The articles, in order, each with those after it that are copies of it.

    Costs as much as the texts are long: each is compared only with those that share a run of words with it.
    """
    groups: list[list[Article]] = []
    runs_of: list[frozenset[_Run]] = []
    """By group, of its longest member: an outlet that shows three paragraphs may have come first."""
    groups_with: defaultdict[_Run, set[int]] = defaultdict(set)
    group_by_sha256: dict[str, int] = {}
    for article in articles:
        runs = _runs(article.text)
        found = group_by_sha256.get(article.text_sha256) if len(runs) >= LEAST_RUNS else None
        if found is None:
            found = _group_like(runs, runs_of, groups_with)
        if found is None:
            found = len(groups)
            groups.append([])
            runs_of.append(frozenset())
        groups[found].append(article)
        group_by_sha256.setdefault(article.text_sha256, found)
        if len(runs) > len(runs_of[found]):
            runs_of[found] = runs
        for run in runs:
            groups_with[run].add(found)
    return groups


def agency_of(copies: Sequence[Article], outlets: Mapping[SourceId, str]) -> str:
    """The agency that one of these copies of a report credits, or "" when none does.

    outlets: names of sources by id; one that another's copy credits is an agency to it ("Common Despatch").
    """
    credited = Counter(name for copy in copies for name in _credits(copy, outlets))
    return max(credited, key=lambda name: (credited[name], name), default="")


def _group_like(
    runs: frozenset[_Run], runs_of: Sequence[frozenset[_Run]], groups_with: defaultdict[_Run, set[int]]
) -> int | None:
    if len(runs) < LEAST_RUNS:
        return None
    shared = Counter(group for run in runs if run in groups_with for group in groups_with[run])
    alike = {
        group: count
        for group, count in shared.items()
        if len(runs_of[group]) >= LEAST_RUNS
        and len(runs & runs_of[group]) >= SAME_COPY * min(len(runs), len(runs_of[group]))
    }
    return min(alike, key=lambda group: (-alike[group], group), default=None)


def _runs(text: str) -> frozenset[_Run]:
    words = re.findall(r"\w+", text.casefold())[:WORDS_COMPARED]
    return frozenset(tuple(words[i : i + RUN]) for i in range(len(words) - RUN + 1))


def _credits(article: Article, outlets: Mapping[SourceId, str]) -> set[str]:
    opening, closing = _DATELINE.search(article.text[:120]), _CLOSING.search(article.text[-80:])
    stated = _CREDIT_PARTS.split(article.author or "")
    stated += [found[1] for found in (opening, closing) if found]
    named = {_AGENCY_BY_CREDIT[credit] for credit in map(str.casefold, stated) if credit in _AGENCY_BY_CREDIT}
    others = {name.casefold(): name for source_id, name in outlets.items() if source_id != article.source_id}
    return named or {others[credit.casefold()] for credit in stated if credit.casefold() in others}
