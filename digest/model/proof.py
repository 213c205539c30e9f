"""What must be true of words before anybody sees them quoted: they stand, letter for letter, in a stored text. Pure.

Composition and publication both ask here, so that what is dropped by the one and held by the other is the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from digest.model.article import Article, Span
from digest.model.ids import ArticleId
from digest.model.pairing import KeptClaim, Pairing


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """Where the words of a pairing stand in the newest texts; a newer revision may have moved them."""

    claim: Span
    answer: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Unproved:
    reason: str
    """A whole sentence for staff."""


Proof: TypeAlias = Proved | Unproved


def prove(pairing: Pairing, articles: Mapping[ArticleId, Article]) -> Proof:
    """Whether everything that a pairing quotes stands in its sources as they are stored now.

    articles: by id, each with its newest text. A press text that has been deleted after its time is proved by the
    sentence that the confirmed pairing keeps; one that was replaced by a newer revision is not.
    """
    claim = place_of(articles.get(pairing.claim.article_id), pairing.claim, pairing.claim_text, kept=pairing.kept)
    if claim is None:
        return Unproved(reason=f"The reported sentence of pairing {pairing.id} no longer stands in its article.")
    answer = place_of(articles.get(pairing.answer.article_id), pairing.answer, pairing.answer_text)
    if answer is None:
        return Unproved(reason=f"The answer of pairing {pairing.id} no longer stands in its article.")
    for quoted in (quoted for evidence in pairing.evidence for quoted in evidence.quoted):
        if quoted not in pairing.claim_text or quoted not in pairing.answer_text:
            return Unproved(reason=f"Pairing {pairing.id} rests on “{quoted}”, which does not stand in both passages.")
    return Proved(claim=claim, answer=answer)


def place_of(article: Article | None, span: Span, words: str, *, kept: KeptClaim | None = None) -> Span | None:
    """Where `words` stand in the article's newest text; None where they do not, or their outlet took it back.

    span: where they stood when they were quoted. kept: what a confirmed pairing keeps of a text that is deleted.
    """
    if article is None or article.withdrawn_at is not None or not words.strip():
        return None
    if not article.text:
        return span if kept is not None and kept.sentence == words else None
    if span.revision == article.revision and article.text[span.start : span.end] == words:
        return span
    start = article.text.find(words)
    if start < 0:
        return None
    return Span(article_id=article.id, revision=article.revision, start=start, end=start + len(words))
