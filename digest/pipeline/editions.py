"""compose | publish: the draft of the day, and its going out."""

import logging
from collections import defaultdict
from datetime import datetime

from digest.errors import AlreadyPublishedError, HeldError, NotApprovedError
from digest.model.edition import Cadence, Edition, EditionState, PublishedRevision
from digest.model.ids import EditionId, StaffName, StoryId
from digest.model.pairing import Pairing, PairingState
from digest.model.source import SourceKind
from digest.pipeline.report import PassReport
from digest.pipeline.tools import ACTIVE_WINDOW, Tools
from digest.stages.compose import Composition, DraftInput, StoryMaterial, compose
from digest.stages.publish import Gate, edition_day, edition_moment, problems, window
from digest.stages.publish import is_due as is_edition_due
from digest.storage import Transaction

logger = logging.getLogger(__name__)

AUTOMATIC = StaffName("automatic")
"""Who publishes where sources.yaml says `publish: automatic`."""


def compose_edition(tools: Tools, report: PassReport | None = None) -> Edition:
    """Compose the draft of the day that is being made, and store it when it has changed.

    A draft that somebody approved is left as it was approved: what comes later is the next edition's.
    """
    now, site = tools.clock.now(), tools.campaign.site
    report = report or PassReport()
    with tools.storage.begin() as tx:
        edition = _open_edition(tx, tools, now)
    if edition.state is EditionState.DRAFT:
        composition = _compose(tools, edition)
        with tools.storage.begin() as tx:
            tx.editions.save_revision(edition.id, composition.document, now=now)
            tx.editions.set_holds(edition.id, composition.holds)
            tx.subscribers.mirror_list(tools.email_list, now=now)
    with tools.storage.read() as tx:
        edition = tx.editions.get(edition.id)
        revision = tx.editions.newest(edition.id)
        audience = tx.outbox.audience(tools.channels)
        pairings = tx.pairings.between(tx.articles.ids_since(now - ACTIVE_WINDOW))
    report.edition_on, report.edition_state = edition.edition_on, edition.state.value
    report.cards = len(revision.document.cards) if revision is not None else 0
    report.answered = revision.document.answered if revision is not None else 0
    report.confirmed = sum(pairing.is_confirmed for pairing in pairings)
    report.suggested = sum(p.state in {PairingState.SUGGESTED, PairingState.SHOWN} for p in pairings)
    report.would_reach = {"email": audience.email} if audience.email else {}
    report.would_reach |= dict.fromkeys(audience.channels, 1)
    if revision is not None:
        report.holds = problems_of(tools, edition, revision)
    logger.info("edition composed", extra={"edition": str(edition.edition_on), "zone": site.zone.key})
    return edition


def _open_edition(tx: Transaction, tools: Tools, now: datetime) -> Edition:
    """The edition being made now: today's, or tomorrow's once today's is out."""
    zone = tools.campaign.site.zone
    todays = tx.editions.find(Cadence.DAILY, edition_day(now, zone, is_out=False))
    is_out = todays is not None and todays.state in {EditionState.PUBLISHED, EditionState.RETRACTED}
    day = edition_day(now, zone, is_out=is_out)
    covers_from, cut_off_at = window(now=now, previous_cut_off=tx.editions.previous_cut_off(Cadence.DAILY, day))
    return tx.editions.open_draft(Cadence.DAILY, day, covers_from=covers_from, cut_off_at=cut_off_at)


def _compose(tools: Tools, edition: Edition) -> Composition:
    now = tools.clock.now()
    tools.progress.stage("Composing", total=1)
    with tools.storage.read() as tx:
        stories = tx.stories.active(now - ACTIVE_WINDOW)
        articles = {article.id: article for article in tx.articles.active(now - ACTIVE_WINDOW)}
        pairings = tx.pairings.between(list(articles))
        choices = tx.editions.choices(edition.id)
        states = tx.fetches.states()
    story_of = {article_id: entry.story.id for entry in stories for article_id in entry.story.article_ids}
    pairings_of: dict[StoryId, list[Pairing]] = defaultdict(list)
    for pairing in pairings:
        if pairing.claim.article_id in story_of:
            pairings_of[story_of[pairing.claim.article_id]].append(pairing)
    composition = compose(
        DraftInput(
            campaign=tools.campaign,
            edition_on=edition.edition_on,
            covers_from=edition.covers_from,
            cut_off_at=edition.cut_off_at,
            materials=[
                StoryMaterial(
                    story=entry.story,
                    articles=tuple(articles[i] for i in entry.story.article_ids if i in articles),
                    pairings=tuple(pairings_of[entry.story.id]),
                )
                for entry in stories
            ],
            answers={a.id: a for a in articles.values() if a.kind is SourceKind.CAMPAIGN},
            choices=choices,
            is_reached={source_id: state.failures == 0 for source_id, state in states.items()},
            base_url=tools.base_url,
        )
    )
    tools.progress.advance()
    return composition


def problems_of(tools: Tools, edition: Edition, revision: PublishedRevision) -> tuple[str, ...]:
    """Why a revision must not be published as things stand, in words; empty when every gate passes."""
    document = revision.document
    quoted = {
        passage.article_id
        for card in (*document.cards, *document.more)
        for pairing in card.pairings
        for passage in (pairing.claim, pairing.answer)
    }
    with tools.storage.read() as tx:
        texts = {(a.id, a.revision): a.text for a in tx.articles.get_many(sorted(quoted)) if a.text}
    gate = Gate(placeholders=tools.placeholders, holds=tuple(sorted(edition.holds)), texts=texts, is_demo=tools.is_demo)
    return problems(document, gate)


def publish_if_due(tools: Tools, edition: Edition, report: PassReport) -> None:
    site, now = tools.campaign.site, tools.clock.now()
    moment = edition_moment(edition.edition_on, site.edition_hour, site.zone)
    if not is_edition_due(edition, mode=site.publish, moment=moment, now=now):
        return
    with tools.storage.read() as tx:
        revision = tx.editions.newest(edition.id)
    if revision is None:
        return
    held = problems_of(tools, edition, revision)
    if held:
        report.holds = held
        logger.warning("edition held", extra={"edition": str(edition.edition_on), "reasons": len(held)})
        return
    if edition.state is EditionState.DRAFT:
        with tools.storage.begin() as tx:
            tx.editions.approve(
                edition.id, revision=revision.revision, sha256=revision.sha256, by=AUTOMATIC, now=now, publish_at=None
            )
    publish_edition(tools, edition.id)
    report.published, report.edition_state = True, EditionState.PUBLISHED.value


def publish_edition(tools: Tools, edition_id: EditionId) -> PublishedRevision:
    """Publish the approved revision: the frozen edition and its outbox rows in one transaction.

    Raises NotApprovedError, AlreadyPublishedError, or HeldError with the reasons.
    """
    now = tools.clock.now()
    with tools.storage.read() as tx:
        edition = tx.editions.get(edition_id)
        revision = tx.editions.newest(edition_id)
    if edition.state in {EditionState.PUBLISHED, EditionState.RETRACTED}:
        raise AlreadyPublishedError(f"The edition of {edition.edition_on} is {edition.state.value} already.")
    if edition.state is not EditionState.APPROVED or revision is None:
        raise NotApprovedError(f"Nobody has approved the edition of {edition.edition_on}; `digest publish` does.")
    held = problems_of(tools, edition, revision)
    if held:
        raise HeldError("The edition is held:\n" + "\n".join(held), reasons=held)
    with tools.storage.begin() as tx:
        tx.subscribers.mirror_list(tools.email_list, now=now)
        tx.editions.mark_published(edition_id, revision.revision, now=now)
        tx.outbox.fill_for_edition(edition_id, revision.revision, channels=tools.channels, now=now)
    logger.info("edition published", extra={"edition": str(edition.edition_on), "revision": revision.revision})
    return revision
