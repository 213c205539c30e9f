"""Pairings, unique by their two spans: what the computer proposed and what people decided."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from digest.errors import NotFoundError
from digest.model.article import Span
from digest.model.ids import ArticleId, PairingId, StaffName
from digest.model.pairing import Evidence, KeptClaim, Pairing, PairingState, ProposedPairing, Relation
from digest.storage.columns import AnyRow, storable
from digest.storage.dialects import chunked
from digest.storage.tables import pairings

_DECIDED = (PairingState.CONFIRMED, PairingState.REJECTED)
_Spans = tuple[Span, Span]


class Pairings:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, pairing_id: PairingId) -> Pairing:
        """Raises NotFoundError."""
        row = self._connection.execute(select(pairings).where(pairings.c.id == pairing_id)).first()
        if row is None:
            raise NotFoundError(f"There is no pairing {pairing_id}.")
        return _pairing(row)

    def find_many(self, pairing_ids: Collection[PairingId]) -> dict[PairingId, Pairing]:
        """Those of these that are there, by id."""
        found: dict[PairingId, Pairing] = {}
        for chunk in chunked(pairing_ids):
            for row in self._connection.execute(select(pairings).where(pairings.c.id.in_(chunk))):
                found[PairingId(row.id)] = _pairing(row)
        return found

    def find(self, claim: Span, answer: Span) -> Pairing | None:
        """The pairing of exactly these two spans."""
        spans = {**_columns("claim", claim), **_columns("answer", answer)}
        query = select(pairings).where(*(pairings.c[name] == value for name, value in spans.items()))
        row = self._connection.execute(query).first()
        return _pairing(row) if row is not None else None

    def between(self, article_ids: Collection[ArticleId]) -> list[Pairing]:
        """The pairings whose claim and answer both stand in these articles, by id."""
        wanted = set(article_ids)
        found: list[Pairing] = []
        for chunk in chunked(wanted):
            rows = self._connection.execute(select(pairings).where(pairings.c.claim_article_id.in_(chunk)))
            found += [_pairing(row) for row in rows if row.answer_article_id in wanted]
        return sorted(found, key=lambda pairing: pairing.id)

    def propose(
        self,
        proposals: Sequence[ProposedPairing],
        *,
        considered: Collection[ArticleId],
        show_above: float | None,
        now: datetime,
    ) -> None:
        """Store what the computer proposes, in place of what it proposed before for the same answers.

        considered: the answer articles that were looked at; what nobody has decided of theirs and is not proposed any
        more is deleted. show_above: the confidence from which a pairing is shown without a person; None: never.
        What people decided stays exactly as they decided it.
        """
        known = self._answered_by({*considered, *(proposal.answer.article_id for proposal in proposals)})
        new: dict[_Spans, dict[str, object]] = {}
        for proposal in proposals:
            spans = (proposal.claim, proposal.answer)
            is_shown = show_above is not None and proposal.confidence >= show_above
            state = PairingState.SHOWN if is_shown else PairingState.SUGGESTED
            before = known.get(spans)
            if before is None:
                new[spans] = {**_row(proposal), "state": state.value, "created_at": now}
            elif before.state not in _DECIDED and not _is_same(before, proposal, state):
                change = update(pairings).where(pairings.c.id == before.id)
                self._connection.execute(change.values(**_row(proposal), state=state.value))
        proposed = {(proposal.claim, proposal.answer) for proposal in proposals}
        dropped = [
            pairing.id
            for spans, pairing in known.items()
            if spans not in proposed and pairing.state not in _DECIDED and pairing.answer.article_id in considered
        ]
        for chunk in chunked(dropped):
            self._connection.execute(delete(pairings).where(pairings.c.id.in_(chunk)))
        if new:
            self._connection.execute(insert(pairings), list(new.values()))

    def decide(
        self,
        pairing_id: PairingId,
        state: PairingState,
        *,
        by: StaffName,
        now: datetime,
        kept: KeptClaim | None = None,
    ) -> None:
        """A person confirms or rejects. Raises NotFoundError, or ValueError for a state that nobody decides."""
        if state not in _DECIDED:
            raise ValueError(f"a person does not decide that a pairing is {state.value}")
        values = {"state": state.value, "decided_by": by, "decided_at": now, "kept": _kept_row(kept)}
        if self._connection.execute(update(pairings).where(pairings.c.id == pairing_id).values(values)).rowcount == 0:
            raise NotFoundError(f"There is no pairing {pairing_id}.")

    def add_confirmed(
        self, proposal: ProposedPairing, *, by: StaffName, now: datetime, kept: KeptClaim | None
    ) -> PairingId:
        """A person pairs two passages; what was known of exactly these takes the person's relation and word."""
        known = self.find(proposal.claim, proposal.answer)
        if known is None:
            row = {**_row(proposal), "state": PairingState.SUGGESTED.value, "created_at": now}
            pairing_id = PairingId(
                self._connection.scalars(insert(pairings).values(row).returning(pairings.c.id)).one()
            )
        else:
            pairing_id = known.id
            change = update(pairings).where(pairings.c.id == pairing_id)
            self._connection.execute(change.values(relation=proposal.relation.value, claim_text=proposal.claim_text))
        self.decide(pairing_id, PairingState.CONFIRMED, by=by, now=now, kept=kept)
        return pairing_id

    def _answered_by(self, answer_ids: Collection[ArticleId]) -> dict[_Spans, Pairing]:
        found: dict[_Spans, Pairing] = {}
        for chunk in chunked(answer_ids):
            for row in self._connection.execute(select(pairings).where(pairings.c.answer_article_id.in_(chunk))):
                pairing = _pairing(row)
                found[pairing.claim, pairing.answer] = pairing
        return found


def _is_same(stored: Pairing, proposal: ProposedPairing, state: PairingState) -> bool:
    return (
        stored.relation,
        stored.confidence,
        stored.evidence,
        stored.claim_text,
        stored.answer_text,
        stored.state,
    ) == (
        proposal.relation,
        proposal.confidence,
        proposal.evidence,
        storable(proposal.claim_text),
        storable(proposal.answer_text),
        state,
    )


def _columns(end: str, span: Span) -> dict[str, int]:
    return {
        f"{end}_article_id": span.article_id,
        f"{end}_revision": span.revision,
        f"{end}_start": span.start,
        f"{end}_end": span.end,
    }


def _row(proposal: ProposedPairing) -> dict[str, object]:
    return {
        **_columns("claim", proposal.claim),
        **_columns("answer", proposal.answer),
        "claim_text": proposal.claim_text,
        "answer_text": proposal.answer_text,
        "relation": proposal.relation.value,
        "confidence": proposal.confidence,
        "evidence": [
            {"kind": reason.kind, "words": reason.words, "weight": reason.weight, "quoted": list(reason.quoted)}
            for reason in proposal.evidence
        ],
    }


def _kept_row(kept: KeptClaim | None) -> dict[str, str] | None:
    if kept is None:
        return None
    return {
        "sentence": kept.sentence,
        "before": kept.before,
        "after": kept.after,
        "text_sha256": kept.text_sha256,
        "url": kept.url,
    }


def _pairing(row: AnyRow) -> Pairing:
    return Pairing(
        id=PairingId(row.id),
        claim=Span(
            article_id=ArticleId(row.claim_article_id),
            revision=row.claim_revision,
            start=row.claim_start,
            end=row.claim_end,
        ),
        claim_text=row.claim_text,
        answer=Span(
            article_id=ArticleId(row.answer_article_id),
            revision=row.answer_revision,
            start=row.answer_start,
            end=row.answer_end,
        ),
        answer_text=row.answer_text,
        relation=Relation(row.relation),
        confidence=row.confidence,
        evidence=tuple(
            Evidence(
                kind=reason["kind"], words=reason["words"], weight=reason["weight"], quoted=tuple(reason["quoted"])
            )
            for reason in row.evidence
        ),
        state=PairingState(row.state),
        decided_by=StaffName(row.decided_by) if row.decided_by is not None else None,
        decided_at=row.decided_at,
        kept=KeptClaim(**row.kept) if row.kept is not None else None,
    )
