"""What speaks for a claim and an answer belonging together: numbers for the score, and what a person can see."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from digest.model.article import Article
from digest.model.ids import SourceId
from digest.model.source import Candidate
from digest.model.text import lead_text
from digest.model.words import longest_run, names_of, numbers_of, words_of
from digest.stages.match.passages import Passage

Vector = NDArray[np.float32]

LONGEST_RUN = 6
"""Shared runs of words count up to this many."""
HEADLINE_RUN = 4
"""This many words of a headline in a row are a quotation of it."""
HALF_OF = 6.0
"""Shared names or numbers of this much idf in all score one half."""
ABOUT_CHARACTERS = 1_500
_SURFACE_NUMBER = re.compile(r"[£$€]?\d[\d.,]*\d|\d")
_SURFACE_NAME = re.compile(r"\b[A-Z][\w’'-]+(?:\s+(?:of|the|and|St)?\s*[A-Z][\w’'-]+)*")
_UNIT = re.compile(
    r"(\d[\d.,]*\d|\d)\s*(per cent|percent|%|million|billion|bn|m\b|homes|jobs|days|years|months|hours)", re.IGNORECASE
)
_QUOTED = re.compile(r"[“\"]([^”\"]{8,})[”\"]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """Everything that a pair is judged by; each 0..1 unless it says otherwise."""

    links: float
    """The answer's article links to the claim's."""
    names_outlet: float
    quotes_headline: float
    likeness: float
    """Cosine of claim and answer, -1..1; 0 where a vector is missing."""
    article_likeness: float
    """Cosine of the two articles' leads, -1..1."""
    cover: float
    """Share of the rarer side's words, by idf, that both have."""
    article_cover: float
    """Share of the answer's words, by idf, that stand in the claim's article near its top."""
    names: float
    numbers: float
    run: float
    """Longest run of words that both have."""
    conflict: float
    """Different figures of one unit."""
    log_hours: float
    """log(1 + hours from report to answer) / 5; 0 where a date is missing."""

    def row(self) -> list[float]:
        return [getattr(self, field.name) for field in fields(self)]


class Corpus:
    """How rare each word is among the articles at hand; words, names and numbers of each passage, worked out once."""

    def __init__(
        self, articles: Sequence[Article], candidates: Sequence[Candidate], source_names: Mapping[SourceId, str]
    ) -> None:
        self._source_names = source_names
        self._of_candidates = {word for c in candidates for name in c.names for word in names_of(name)}
        self._about = {article.id: Terms.of(about(article)) for article in articles}
        seen_in = Counter(word for terms in self._about.values() for word in terms.words)
        self._idf = {word: math.log((1 + len(articles)) / (1 + count)) + 0.1 for word, count in seen_in.items()}
        self._rarest = math.log(1 + len(articles)) + 0.1
        self._terms: dict[str, Terms] = {}

    def terms(self, text: str) -> "Terms":
        known = self._terms.get(text)
        if known is None:
            known = self._terms[text] = Terms.of(text)
        return known

    def about(self, article: Article) -> "Terms":
        return self._about[article.id]

    def weight(self, words: Iterable[str]) -> float:
        return sum(self._idf.get(word, self._rarest) for word in words)

    def cover(self, one: "Terms", other: "Terms") -> float:
        least = min(self.weight(one.words), self.weight(other.words))
        return self.weight(one.words & other.words) / least if least else 0.0

    def signals(self, claim: Passage, answer: Passage, vectors: Mapping[str, Vector]) -> Signals:
        said, replied = self.terms(claim.text), self.terms(answer.text)
        report, article = claim.article, answer.article
        shared_names = (said.names & replied.names) - self._of_candidates
        hours = (article.published_at - report.published_at) / timedelta(hours=1)
        whole = article.text if len(article.text) < ABOUT_CHARACTERS else answer.text
        return Signals(
            links=float(links_to(article, report)),
            names_outlet=float(self.outlet_named(whole, report) is not None),
            quotes_headline=float(longest_run(words_of(report.headline), words_of(whole)) >= HEADLINE_RUN),
            likeness=_cosine(vectors, claim.text, answer.text),
            article_likeness=_cosine(vectors, lead_of(report), lead_of(article)),
            cover=self.cover(said, replied),
            article_cover=self.weight(replied.words & self.about(report).words) / max(0.1, self.weight(replied.words)),
            names=_squashed(self.weight(shared_names)),
            numbers=_squashed(self.weight(said.numbers & replied.numbers)),
            run=min(LONGEST_RUN, longest_run(said.sequence, replied.sequence)) / LONGEST_RUN,
            conflict=float(conflicting(claim.text, answer.text) is not None),
            log_hours=math.log1p(max(0.0, hours)) / 5,
        )

    def outlet_named(self, text: str, report: Article) -> str | None:
        """The name by which `text` names the outlet of a report, if it does."""
        name = self._source_names.get(report.source_id, "")
        for form in (name, name.removeprefix("The ").removeprefix("the ")):
            if len(form) > 3 and re.search(rf"\b{re.escape(form)}\b", text):
                return form
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    sequence: tuple[str, ...]
    words: frozenset[str]
    names: frozenset[str]
    numbers: frozenset[str]

    @classmethod
    def of(cls, text: str) -> "Terms":
        sequence = words_of(_LINK.sub(" ", text))
        return cls(
            sequence=sequence,
            words=frozenset(sequence),
            names=frozenset(names_of(text)),
            numbers=frozenset(numbers_of(text)),
        )


_LINK = re.compile(r"https?://\S+|pic\.twitter\.com/\S+")


def lead_of(article: Article) -> str:
    """The text by whose vector an article is compared: the same that clustering uses."""
    return lead_text(article.headline, article.text or article.summary)


def about(article: Article) -> str:
    return f"{article.headline}\n{(article.text or article.summary)[:ABOUT_CHARACTERS]}"


def links_to(answer: Article, report: Article) -> bool:
    return any(plain_url(link) in {plain_url(report.url), plain_url(report.canonical_url)} for link in answer.links)


def plain_url(url: str) -> str:
    """An address without what does not tell pages apart: scheme, www, query, fragment, trailing slash."""
    return re.sub(r"^https?://(?:www\.)?|[?#].*$", "", url.strip()).rstrip("/").lower()


def conflicting(claim: str, answer: str) -> tuple[str, str] | None:
    """Two figures of one unit that differ, the claim's and the answer's, where no figure of that unit is shared."""
    said, replied = _by_unit(claim), _by_unit(answer)
    for unit in said.keys() & replied.keys():
        if not said[unit] & replied[unit]:
            return min(said[unit]), min(replied[unit])
    return None


def shared_numbers(claim: str, answer: str) -> list[str]:
    """Figures of two digits and more that stand letter for letter in both, longest first."""
    found = {n for n in _SURFACE_NUMBER.findall(claim) if len(n) > 1} & set(_SURFACE_NUMBER.findall(answer))
    return sorted(found, key=lambda number: (-len(number), number))


def shared_names(claim: str, answer: str) -> list[str]:
    """Names that stand letter for letter in both, longest first, those inside longer ones left out."""
    found = {name for name in _name_runs(claim) if re.search(rf"\b{re.escape(name)}\b", answer)}
    longest = sorted(found, key=lambda name: (-len(name), name))
    return [name for place, name in enumerate(longest) if not any(name in other for other in longest[:place])]


def shared_phrase(claim: str, answer: str, at_least: int = 3) -> str | None:
    """The longest run of at least three words that stands letter for letter in both."""
    words = [(match.start(), match.end()) for match in re.finditer(r"[\w’'-]+", claim)]
    for length in range(min(len(words), 14), at_least - 1, -1):
        for first in range(len(words) - length + 1):
            phrase = claim[words[first][0] : words[first + length - 1][1]]
            if phrase in answer and len(words_of(phrase)) >= 2:
                return phrase
    return None


def is_coverage(claim: Passage, answer: Passage) -> bool:
    """Whether the press sentence only reports what the answer says: it quotes it, and the answer quotes nobody."""
    quoted = set(_runs(words_of(" ".join(_QUOTED.findall(claim.text)))))
    quoted_back = set(_runs(words_of(" ".join(_QUOTED.findall(answer.text)))))
    own_words = set(_runs(words_of(answer.text))) - quoted_back
    is_later = claim.article.published_at > answer.article.published_at
    return bool(quoted & own_words) or (is_later and bool(quoted & quoted_back))


def _runs(words: Sequence[str], length: int = 4) -> Iterable[tuple[str, ...]]:
    return (tuple(words[first : first + length]) for first in range(len(words) - length + 1))


def _name_runs(text: str) -> Iterable[str]:
    for match in _SURFACE_NAME.finditer(text):
        parts = match.group().split()
        for first in range(len(parts)):
            for last in range(len(parts), first, -1):
                run = " ".join(parts[first:last])
                if names_of(run) and parts[first][0].isupper() and parts[last - 1][0].isupper() and run in text:
                    yield run.removesuffix("'s").removesuffix("’s")


def _by_unit(text: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for number, unit in _UNIT.findall(text):
        name = {"percent": "per cent", "%": "per cent", "bn": "billion", "m": "million"}.get(unit.lower(), unit.lower())
        found.setdefault(name, set()).add(number)
    return found


def _squashed(weight: float) -> float:
    return weight / (weight + HALF_OF)


def _cosine(vectors: Mapping[str, Vector], one: str, other: str) -> float:
    a, b = vectors.get(one), vectors.get(other)
    return 0.0 if a is None or b is None else float(a @ b)
