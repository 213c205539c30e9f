"""What staff decide: confirm, reject, choose, approve, hold, retract, pause sending. Who and when is recorded.

The desk, the command line and the demo's stand-in for a person all go through these functions; what staff decide about
stories (merge, split, move, rename, file) stands in `stories`.
"""

from datetime import datetime

from digest.errors import AlreadyPublishedError, ConflictError, EditorialError
from digest.model.article import Article, Span
from digest.model.delivery import Settlement, UnknownPolicy
from digest.model.edition import Choice, Edition, EditionState, PublishedRevision
from digest.model.ids import ChannelName, EditionId, PairingId, StaffName
from digest.model.pairing import KeptClaim, PairingState, ProposedPairing, Relation
from digest.model.source import SourceKind
from digest.model.text import iter_sentences
from digest.storage import Transaction


def confirm(tx: Transaction, pairing_id: PairingId, *, by: StaffName, now: datetime) -> None:
    """A person says: this answers that.

    Keeps the claim's sentence and its neighbours for when the press text is deleted.
    Raises NotFoundError, or EditorialError when the words no longer stand in the stored texts.
    """
    pairing = tx.pairings.get(pairing_id)
    kept = _kept(tx.articles.get(pairing.claim.article_id), pairing.claim, pairing.claim_text)
    tx.pairings.decide(pairing_id, PairingState.CONFIRMED, by=by, now=now, kept=kept)
    tx.audit.add(by=by, act="confirm pairing", subject=f"pairing/{pairing_id}", detail=pairing.relation.value, now=now)


def reject(tx: Transaction, pairing_id: PairingId, *, by: StaffName, now: datetime) -> None:
    """A person says: this does not answer that. Raises NotFoundError."""
    tx.pairings.decide(pairing_id, PairingState.REJECTED, by=by, now=now)
    tx.audit.add(by=by, act="reject pairing", subject=f"pairing/{pairing_id}", detail="", now=now)


def pair(tx: Transaction, claim: Span, answer: Span, relation: Relation, *, by: StaffName, now: datetime) -> PairingId:
    """A person pairs two passages by hand; what was suggested for exactly these takes the person's relation.

    Raises NotFoundError for unknown articles, EditorialError when a span is empty, points outside its text, or the two
    are not a press claim and a campaign answer.
    """
    claiming, answering = tx.articles.get(claim.article_id), tx.articles.get(answer.article_id)
    if claiming.kind is SourceKind.CAMPAIGN:
        raise EditorialError(
            "A claim stands in an article of the press or of a supportive outlet, not of the campaign."
        )
    if answering.kind is not SourceKind.CAMPAIGN:
        raise EditorialError("An answer stands in an article of the campaign.")
    claim_text, answer_text = _passage(claiming, claim), _passage(answering, answer)
    proposal = ProposedPairing(
        claim=claim,
        claim_text=claim_text,
        answer=answer,
        answer_text=answer_text,
        relation=relation,
        confidence=1.0,
        evidence=(),
    )
    pairing_id = tx.pairings.add_confirmed(proposal, by=by, now=now, kept=_kept(claiming, claim, claim_text))
    tx.audit.add(by=by, act="pair by hand", subject=f"pairing/{pairing_id}", detail=relation.value, now=now)
    return pairing_id


def choose(tx: Transaction, edition_id: EditionId, choice: Choice, *, by: StaffName, now: datetime) -> None:
    """Pin, hide, place, rename or annotate a story of one edition; composition reads it. Raises EditorialError."""
    edition = tx.editions.get(edition_id)
    if edition.state is not EditionState.DRAFT:
        raise EditorialError(
            f"The edition of {edition.edition_on} is {edition.state.value}; only a draft can be changed."
        )
    tx.editions.choose(edition_id, choice, by=by, now=now)
    tx.audit.add(
        by=by, act="choose", subject=f"edition/{edition_id}/{choice.story_id}", detail=repr(choice)[:400], now=now
    )


def approve(
    tx: Transaction,
    edition: Edition,
    revision: PublishedRevision,
    *,
    by: StaffName,
    now: datetime,
    publish_at: datetime | None = None,
) -> None:
    """A person stands by exactly this revision: its hash is bound, later changes need a new approval.

    Raises AlreadyPublishedError, or ConflictError when a newer revision has been composed meanwhile.
    """
    if edition.state in {EditionState.PUBLISHED, EditionState.RETRACTED}:
        raise AlreadyPublishedError(f"The edition of {edition.edition_on} is {edition.state.value} already.")
    newest = tx.editions.newest(edition.id)
    if newest is None or newest.sha256 != revision.sha256:
        raise ConflictError(
            "The draft has changed since you looked at it; look again and approve what stands there now."
        )
    tx.editions.approve(
        edition.id, revision=revision.revision, sha256=revision.sha256, by=by, now=now, publish_at=publish_at
    )
    tx.audit.add(
        by=by, act="approve", subject=f"edition/{edition.id}/{revision.revision}", detail=revision.sha256, now=now
    )


def reopen(tx: Transaction, edition: Edition, *, by: StaffName, now: datetime) -> None:
    """Take an approval back, so that the draft is composed anew. Raises EditorialError when there is none to take."""
    if edition.state is not EditionState.APPROVED:
        raise EditorialError(f"The edition of {edition.edition_on} is {edition.state.value}, not approved.")
    tx.editions.reopen(edition.id)
    tx.audit.add(by=by, act="take approval back", subject=f"edition/{edition.id}", detail="", now=now)


def retract(tx: Transaction, edition: Edition, *, by: StaffName, now: datetime, reason: str) -> None:
    """Take a published edition off every page at once; what has not left never will. Raises EditorialError."""
    if edition.state is not EditionState.PUBLISHED:
        raise EditorialError(
            f"The edition of {edition.edition_on} is {edition.state.value}; only a published one is retracted."
        )
    tx.editions.retract(edition.id, by=by, now=now, reason=reason)
    tx.audit.add(by=by, act="retract", subject=f"edition/{edition.id}", detail=reason, now=now)


def pause_sending(tx: Transaction, *, by: StaffName, now: datetime) -> None:
    """Nothing leaves from now on; what is due waits."""
    tx.switches.pause_sending(by=by, now=now)
    tx.audit.add(by=by, act="pause sending", subject="sending", detail="", now=now)


def resume_sending(tx: Transaction, *, by: StaffName, now: datetime) -> None:
    """Let the sender go on."""
    tx.switches.resume_sending(by=by, now=now)
    tx.audit.add(by=by, act="resume sending", subject="sending", detail="", now=now)


def settle_sending(
    tx: Transaction, policy: UnknownPolicy, *, channel: ChannelName | None, by: StaffName, now: datetime
) -> Settlement:
    """A person says what becomes of the messages of which nobody knows whether they left."""
    done = tx.outbox.settle(policy, channel=channel, now=now)
    subject = f"channel/{channel}" if channel else "sending"
    tx.audit.add(by=by, act="settle sending", subject=subject, detail=f"{policy.value}: {done.settled}", now=now)
    return done


def _passage(article: Article, span: Span) -> str:
    passage = article.text[span.start : span.end]
    if span.revision != article.revision or not passage.strip() or span.end > len(article.text):
        raise EditorialError(f"Those words do not stand in article {article.id} as it is stored now.")
    return passage


def _kept(article: Article, claim: Span, claim_text: str) -> KeptClaim:
    if _passage(article, claim) != claim_text:
        raise EditorialError(f"The sentence no longer stands in article {article.id}; it changed after it was paired.")
    around = list(iter_sentences(article.text))
    before = [article.text[start:end] for start, end in around if end <= claim.start]
    after = [article.text[start:end] for start, end in around if start >= claim.end]
    return KeptClaim(
        sentence=claim_text,
        before=before[-1] if before else "",
        after=after[0] if after else "",
        text_sha256=article.text_sha256,
        url=article.canonical_url,
    )
