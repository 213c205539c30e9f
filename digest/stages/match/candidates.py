"""Which claims and answers are worth comparing closely: by words alone, so that it needs no vectors."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from scipy import sparse

from digest.model.article import Article
from digest.model.ids import ArticleId
from digest.model.source import Candidate, SourceKind
from digest.model.text import is_round_up
from digest.stages.match.passages import Passage, answers_of, claims_of
from digest.stages.match.signals import Corpus, links_to

BEFORE = timedelta(hours=72)
"""A report may be this much older than its answer …"""
AFTER = timedelta(hours=6)
"""… or this much younger: the campaign sometimes knows first."""
MOST_REPORTS = 12
"""For each campaign article, by words."""
MOST_PAIRS = 2
"""For each report and campaign article."""
WORTH = 0.03
"""Of a point of a claim's or answer's worth, beside a cosine: between passages alike, the one to show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassagePair:
    claim: Passage
    answer: Passage


def passage_pairs(articles: Sequence[Article], candidates: Sequence[Candidate], corpus: Corpus) -> list[PassagePair]:
    """Claims and answers that share words, in an order that does not depend on that of the articles."""
    ordered = sorted(articles, key=lambda article: (article.published_at, article.canonical_url, article.id))
    readable = [article for article in ordered if article.text and article.withdrawn_at is None]
    press = [a for a in readable if a.kind is SourceKind.MAINSTREAM and not is_round_up(a.headline)]
    ours = [a for a in readable if a.kind is SourceKind.CAMPAIGN]
    claims = [claim for article in press for claim in claims_of(article, candidates)]
    answers = [answer for article in ours for answer in answers_of(article, candidates)]
    if not claims or not answers:
        return []
    claim_worth = WORTH * np.array([claim.worth for claim in claims])
    answer_worth = WORTH * np.array([answer.worth for answer in answers])
    claim_words, answer_words = _matrices(claims, answers, corpus)
    claims_by_article = _positions(claims)
    answers_by_article = _positions(answers)
    pairs: list[PassagePair] = []
    for article in ours:
        mine = answers_by_article.get(article.id, [])
        if not mine:
            continue
        alike = np.asarray((answer_words[mine] @ claim_words.T).toarray())
        reports = [
            (float(alike[:, claims_by_article[report.id]].max()) + 10.0 * links_to(article, report), report)
            for report in press
            if report.id in claims_by_article and in_window(report, article)
        ]
        reports.sort(key=lambda found: -found[0])
        for merit, report in reports[:MOST_REPORTS]:
            if merit > 0:
                theirs = claims_by_article[report.id]
                block = alike[:, theirs] + claim_worth[theirs] + answer_worth[mine, None]
                for flat in np.argsort(-block, axis=None, kind="stable")[:MOST_PAIRS].tolist():
                    row, column = divmod(flat, len(theirs))
                    pairs.append(PassagePair(claim=claims[theirs[column]], answer=answers[mine[row]]))
    return pairs


def in_window(report: Article, answer: Article) -> bool:
    return answer.published_at - BEFORE <= report.published_at <= answer.published_at + AFTER


def _positions(passages: Sequence[Passage]) -> dict[ArticleId, list[int]]:
    found: dict[ArticleId, list[int]] = defaultdict(list)
    for position, passage in enumerate(passages):
        found[passage.article.id].append(position)
    return found


def _matrices(
    claims: Sequence[Passage], answers: Sequence[Passage], corpus: Corpus
) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Passages as rows of unit length over their words' idf; a claim has its headline's words too, at half weight."""
    column: dict[str, int] = {}

    def rows(weights: Sequence[Mapping[str, float]]) -> tuple[list[float], tuple[list[int], list[int]]]:
        data: list[float] = []
        places: tuple[list[int], list[int]] = ([], [])
        for number, row in enumerate(weights):
            length = sum(value * value for value in row.values()) ** 0.5 or 1.0
            for word, value in row.items():
                places[0].append(number)
                places[1].append(column.setdefault(word, len(column)))
                data.append(value / length)
        return data, places

    def weighted(words: frozenset[str], share: float = 1.0) -> dict[str, float]:
        return {word: share * corpus.weight([word]) for word in sorted(words)}

    claim_rows = rows(
        [
            weighted(corpus.terms(claim.article.headline).words, 0.5) | weighted(corpus.terms(claim.text).words)
            for claim in claims
        ]
    )
    answer_rows = rows([weighted(corpus.terms(answer.text).words) for answer in answers])
    return (
        sparse.csr_array(claim_rows, shape=(len(claims), len(column))),
        sparse.csr_array(answer_rows, shape=(len(answers), len(column))),
    )
