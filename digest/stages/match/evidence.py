"""Why a claim and an answer seem to belong together, in words that staff can check."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from digest.model.article import Article
from digest.model.pairing import Evidence
from digest.stages.match.passages import Passage
from digest.stages.match.signals import Corpus, Signals, conflicting, shared_names, shared_numbers, shared_phrase

MOST_QUOTED = 3
LIKE = 0.35
"""Cosine from which two sentences are said to speak of the same: one in twelve unrelated pairs reaches it."""


def evidence_of(
    claim: Passage, answer: Passage, signals: Signals, shares: Mapping[str, float], corpus: Corpus
) -> tuple[Evidence, ...]:
    """The reasons, weightiest first. What they quote stands letter for letter in both passages."""
    reasons = [
        *_pointers(claim, answer, signals, shares, corpus),
        *_quotations(claim.text, answer.text, shares),
        *_likenesses(signals, shares),
        Evidence(kind="time", words=_later(claim.article, answer.article), weight=0.0),
    ]
    return tuple(sorted(reasons, key=lambda reason: (-reason.weight, reason.kind)))


def _pointers(
    claim: Passage, answer: Passage, signals: Signals, shares: Mapping[str, float], corpus: Corpus
) -> Iterator[Evidence]:
    """The answer says itself what it is about."""
    if signals.links:
        yield _reason("link", "the answer links to this report", shares["links"])
    if signals.quotes_headline:
        yield _reason("headline", "the answer quotes the headline", shares["quotes_headline"])
    if signals.names_outlet:
        outlet = corpus.outlet_named(answer.article.text, claim.article) or "the outlet"
        yield _reason("outlet", f"the answer names {outlet}", shares["names_outlet"])


def _quotations(claim: str, answer: str, shares: Mapping[str, float]) -> Iterator[Evidence]:
    """Figures, names and words that stand in both."""
    numbers = tuple(shared_numbers(claim, answer)[:MOST_QUOTED])
    if numbers:
        yield _reason("number", f"both give {_listed(numbers)}", shares["numbers"], numbers)
    names = tuple(shared_names(claim, answer)[:MOST_QUOTED])
    if names:
        yield _reason("name", f"both name {_listed(names)}", shares["names"], names)
    phrase = shared_phrase(claim, answer)
    if phrase is not None:
        yield _reason("phrase", f"both say “{phrase}”", shares["run"], (phrase,))
    figures = conflicting(claim, answer)
    if figures is not None:
        yield _reason("conflict", f"the report says {figures[0]}, the answer {figures[1]}", 0.0)


def _likenesses(signals: Signals, shares: Mapping[str, float]) -> Iterator[Evidence]:
    if signals.likeness >= LIKE:
        yield _reason("similarity", "the two sentences speak of the same thing", shares["likeness"] + shares["cover"])
    if signals.article_likeness >= LIKE:
        yield _reason(
            "story", "the two articles are about the same matter", shares["article_likeness"] + shares["article_cover"]
        )


def _reason(kind: str, words: str, weight: float, quoted: tuple[str, ...] = ()) -> Evidence:
    return Evidence(kind=kind, words=words, weight=round(weight, 3), quoted=quoted)


def _later(report: Article, answer: Article) -> str:
    gap = answer.published_at - report.published_at
    return f"posted {_span(gap)} later" if gap >= timedelta(0) else f"posted {_span(-gap)} earlier"


def _span(gap: timedelta) -> str:
    minutes = round(gap / timedelta(minutes=1))
    if minutes < 90:
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    hours = round(minutes / 60)
    return f"{hours} hours" if hours < 48 else f"{round(hours / 24)} days"


def _listed(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
