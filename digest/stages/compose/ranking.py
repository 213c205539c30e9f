"""Which stories are of an edition, which of their pairings may be seen, and how much each story weighs."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from digest.model.article import Article, Span
from digest.model.ids import ArticleId
from digest.model.pairing import Pairing, PairingState, Relation
from digest.model.proof import Unproved, prove
from digest.model.source import SourceKind
from digest.model.text import fold_tail, iter_sentences, repeats
from digest.stages.compose.copies import copies
from digest.stages.compose.draft import DraftInput, StoryMaterial
from digest.stages.compose.quoting import Outlets

# Of a confirmed answer. What refutes a claim is worth more of a supporter's two minutes than what adds to it.
RELATION_WEIGHT = {Relation.REBUTS: 2.0, Relation.RESPONDS: 1.25, Relation.ADDS_CONTEXT: 1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A story of the edition."""

    material: StoryMaterial
    pairings: tuple[Pairing, ...]
    """Those that may be seen, best first; their spans point into the newest texts."""
    answered_name: str
    """What the story is called by its confirmed answer; empty while it has none."""
    press: tuple[Article, ...]
    weight: float
    reasons: tuple[str, ...]

    @property
    def is_answered(self) -> bool:
        return any(pairing.is_confirmed for pairing in self.pairings)


class Ranking:
    """Judges stories; remembers what it had to leave out."""

    def __init__(self, draft: DraftInput, outlets: Outlets, article_by_id: Mapping[ArticleId, Article]) -> None:
        self._draft = draft
        self._outlets = outlets
        self._article_by_id = article_by_id
        names = [name for candidate in draft.campaign.site.candidates[:1] for name in candidate.names]
        self._names = re.compile(r"\b(" + "|".join(map(re.escape, names)) + r")\b") if names else re.compile(r"(?!)")
        self.left_out: list[str] = []
        """Whole sentences for staff: confirmed pairings that cannot be seen as things stand, and why."""

    def rank(self, material: StoryMaterial) -> Ranked | None:
        """The story with its weight, or None when it is not of this edition."""
        draft = self._draft
        choice = draft.choices.get(material.story.id)
        if choice is not None and choice.is_hidden:
            return None
        answering = [self._article_by_id[p.answer.article_id] for p in self._visible(material.pairings)]
        if not any(draft.is_fresh(article) for article in (*material.articles, *answering)):
            return None
        press = tuple(a for a in material.articles if a.kind is SourceKind.MAINSTREAM)
        if not press and not any(a.kind is SourceKind.FRIENDLY for a in material.articles):
            return None
        pairings, name = self._seen(material)
        weight, reasons = self._weigh(material, press, pairings)
        return Ranked(
            material=material, pairings=pairings, answered_name=name, press=press, weight=weight, reasons=reasons
        )

    def _visible(self, pairings: Iterable[Pairing]) -> list[Pairing]:
        states = {PairingState.CONFIRMED, PairingState.SHOWN}
        return [p for p in pairings if p.state in states and p.answer.article_id in self._article_by_id]

    def _seen(self, material: StoryMaterial) -> tuple[tuple[Pairing, ...], str]:
        """The pairings of a story that may be seen, best first, and the name that a confirmed answer gives it."""
        proved = []
        for pairing in self._visible(material.pairings):
            proof = prove(pairing, self._article_by_id)
            if not isinstance(proof, Unproved):
                proved.append(replace(pairing, claim=proof.claim, answer=proof.answer))
            elif pairing.is_confirmed:
                self._leave_out(material, proof.reason)
        # Beside what a person confirmed, what only the computer found is noise.
        confirmed = [pairing for pairing in proved if pairing.is_confirmed]
        if not confirmed:
            return _one_per_answer(sorted(proved, key=self._place)), ""
        confirmed.sort(key=self._place)
        choice = self._draft.choices.get(material.story.id)
        name = choice.headline if choice is not None else None
        name = name or next(filter(None, (_name_by(pairing, confirmed) for pairing in confirmed)), "")
        if not name:
            self._leave_out(material, "Its answer only says again what was reported, which must not be its headline.")
            return (), ""
        return _one_per_answer(confirmed), name

    def _place(self, pairing: Pairing) -> tuple[bool, bool, float, float, int]:
        """Today's answer before yesterday's, which a reader of yesterday's edition knows; then one whose claim can be
        shown; then what refutes before what adds.
        """
        return (
            not self._draft.is_fresh(self._article_by_id[pairing.answer.article_id]),
            not self._outlets.can_quote(self._article_by_id[pairing.claim.article_id], pairing.claim_text),
            -RELATION_WEIGHT[pairing.relation],
            -pairing.confidence,
            pairing.id,
        )

    def _leave_out(self, material: StoryMaterial, reason: str) -> None:
        self.left_out.append(f"{reason} Look at story {material.story.id} again.")

    def _weigh(
        self, material: StoryMaterial, press: Sequence[Article], pairings: Sequence[Pairing]
    ) -> tuple[float, tuple[str, ...]]:
        draft, candidate = self._draft, self._draft.campaign.site.candidates[0].name
        answering = [self._article_by_id[pairing.answer.article_id] for pairing in pairings]
        # One agency's text in five outlets is one report told five times, and weighs as one.
        reports = copies(press)
        weight_by_outlet = {told[0].source_id: max(map(self._weight, told)) for told in reports}
        coverage = sum(weight_by_outlet.values())
        naming = sum(any(map(self._names_us, told)) for told in reports)
        freshest = max(article.published_at for article in (*material.articles, *answering))
        age_hours = max(0.0, (draft.cut_off_at - freshest).total_seconds() / 3600)
        # Coverage counts by its logarithm: the tenth outlet adds less than the second. An answer that a person
        # confirmed outweighs any difference of coverage seen in one day; one that only the computer found does not.
        weight = math.log2(1 + coverage) + 0.25 * min(naming, 4) - age_hours / 24
        weight += max((RELATION_WEIGHT[p.relation] for p in pairings[:1] if p.is_confirmed), default=0.0)
        weight += 1.5 if any(map(draft.is_fresh, answering)) else 0.0
        reasons = (
            [_count(len(weight_by_outlet), "outlet") + " reported it"]
            if weight_by_outlet
            else ["Only supportive outlets reported it"]
        )
        if naming:
            reasons.append(f"{_count(naming, 'report')} named {candidate}")
        if any(pairing.is_confirmed for pairing in pairings):
            reasons.append("It has an answer that a person confirmed")
        return weight, tuple(reasons)

    def _weight(self, article: Article) -> float:
        return self._outlets.weight(article.source_id)

    def _names_us(self, article: Article) -> bool:
        return self._names.search(f"{article.headline} {article.summary}") is not None


def _name_by(pairing: Pairing, others: Sequence[Pairing]) -> str:
    """The first whole sentence of an answer that does not say again what was reported; empty when every one does."""
    answer = fold_tail(pairing.answer_text)
    sentences = (answer[start:end] for start, end in iter_sentences(answer))
    return next((s for s in sentences if not any(repeats(s, other.claim_text) for other in others)), "")


def _one_per_answer(pairings: Sequence[Pairing]) -> tuple[Pairing, ...]:
    """The best pairing of each answer passage: one answer to four outlets' wordings is one answer."""
    best: dict[Span, Pairing] = {}
    for pairing in pairings:
        best.setdefault(pairing.answer, pairing)
    return tuple(best.values())


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
