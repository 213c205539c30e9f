"""A claim and the campaign's answer to it, at the level of the sentence."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.model.article import Span
from digest.model.ids import PairingId, StaffName


class Relation(StrEnum):
    REBUTS = "rebuts"
    RESPONDS = "responds"
    ADDS_CONTEXT = "adds_context"


class PairingState(StrEnum):
    SUGGESTED = "suggested"
    SHOWN = "shown"
    """Above `show_above`, without a person; labelled as such."""
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One reason why claim and answer belong together, machine-readable and in words."""

    kind: str
    """"link", "number", "name", "phrase", "similarity", "outlet" …"""
    words: str
    """One plain clause for staff: "both name 214,000"."""
    weight: float
    """Share of the confidence that this reason carries, 0..1."""
    quoted: tuple[str, ...] = ()
    """Strings that must stand verbatim in both texts: the proof gate checks each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedPairing:
    """What `stages.match` proposes; not stored yet."""

    claim: Span
    claim_text: str
    answer: Span
    answer_text: str
    relation: Relation
    confidence: float
    """0..1."""
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptClaim:
    """What a confirmed pairing keeps of the press text after the full text is deleted."""

    sentence: str
    before: str
    after: str
    text_sha256: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    id: PairingId
    claim: Span
    claim_text: str
    answer: Span
    answer_text: str
    relation: Relation
    confidence: float
    evidence: tuple[Evidence, ...]
    state: PairingState
    decided_by: StaffName | None = None
    decided_at: datetime | None = None
    kept: KeptClaim | None = None

    @property
    def is_confirmed(self) -> bool:
        return self.state is PairingState.CONFIRMED
