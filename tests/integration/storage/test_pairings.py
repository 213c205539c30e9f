"""Pairings: unique by their spans; what a person decided, the computer never takes back."""

import pytest

from digest.errors import NotFoundError
from digest.model.article import Article
from digest.model.ids import PairingId
from digest.model.pairing import PairingState, ProposedPairing, Relation
from digest.storage import Storage
from tests.factories import NOON, OURS, a_span
from tests.integration.storage.lives import ANN, stored


@pytest.fixture
def both(storage: Storage) -> tuple[Article, Article]:
    return stored(storage), stored(storage, source_id=OURS.id)


def a_proposal(both: tuple[Article, Article], **changes: object) -> ProposedPairing:
    claim, answer = both
    values: dict[str, object] = {
        "claim": a_span(claim),
        "claim_text": claim.text,
        "answer": a_span(answer),
        "answer_text": answer.text,
        "relation": Relation.REBUTS,
        "confidence": 0.7,
        "evidence": (),
    }
    return ProposedPairing(**values | changes)  # type: ignore[arg-type]  # a test names only what it is about


def propose(storage: Storage, both: tuple[Article, Article], *proposals: ProposedPairing) -> None:
    with storage.begin() as tx:
        tx.pairings.propose(proposals, considered={both[1].id}, show_above=0.9, now=NOON)


def states(storage: Storage, both: tuple[Article, Article]) -> list[PairingState]:
    with storage.read() as tx:
        return [pairing.state for pairing in tx.pairings.between([article.id for article in both])]


def test_proposing_twice_is_one_pairing_shown_when_it_is_sure(storage: Storage, both: tuple[Article, Article]) -> None:
    propose(storage, both, a_proposal(both))
    propose(storage, both, a_proposal(both))
    assert states(storage, both) == [PairingState.SUGGESTED]
    propose(storage, both, a_proposal(both, confidence=0.9))
    assert states(storage, both) == [PairingState.SHOWN]


def test_what_is_not_proposed_any_more_goes_unless_somebody_decided(
    storage: Storage, both: tuple[Article, Article]
) -> None:
    propose(storage, both, a_proposal(both))
    propose(storage, both)
    assert states(storage, both) == []
    for decision in (PairingState.REJECTED, PairingState.CONFIRMED):
        propose(storage, both, a_proposal(both))
        with storage.begin() as tx:
            (pairing,) = tx.pairings.between([article.id for article in both])
            tx.pairings.decide(pairing.id, decision, by=ANN, now=NOON)
        propose(storage, both)
        propose(storage, both, a_proposal(both, confidence=0.99))
        assert states(storage, both) == [decision]


def test_a_person_pairs_by_hand_what_was_suggested_and_their_relation_counts(
    storage: Storage, both: tuple[Article, Article]
) -> None:
    propose(storage, both, a_proposal(both))
    by_hand = a_proposal(both, relation=Relation.ADDS_CONTEXT, confidence=1.0)
    with storage.begin() as tx:
        pairing_id = tx.pairings.add_confirmed(by_hand, by=ANN, now=NOON, kept=None)
        pairing = tx.pairings.get(pairing_id)
    assert (pairing.state, pairing.relation) == (PairingState.CONFIRMED, Relation.ADDS_CONTEXT)
    assert len(states(storage, both)) == 1


def test_only_confirming_and_rejecting_are_decisions(storage: Storage, both: tuple[Article, Article]) -> None:
    propose(storage, both, a_proposal(both))
    with storage.begin() as tx:
        (pairing,) = tx.pairings.between([article.id for article in both])
        with pytest.raises(ValueError, match="shown"):
            tx.pairings.decide(pairing.id, PairingState.SHOWN, by=ANN, now=NOON)
        with pytest.raises(NotFoundError):
            tx.pairings.decide(PairingId(pairing.id + 1), PairingState.REJECTED, by=ANN, now=NOON)
