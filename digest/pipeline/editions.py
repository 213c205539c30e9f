"""compose | publish: the draft of the day, and its going out."""

import logging
from collections import defaultdict
from datetime import date, datetime, timedelta

from digest.errors import AlreadyPublishedError, EditorialError, HeldError, NotApprovedError
from digest.model.delivery import Audience
from digest.model.edition import Cadence, Edition, EditionDocument, EditionState, PublishedRevision
from digest.model.ids import EditionId, StaffName, StoryId
from digest.model.pairing import Pairing, PairingState
from digest.model.source import PublishMode, SourceKind
from digest.pipeline.report import PassReport
from digest.pipeline.staff import queue_alerts
from digest.pipeline.tools import ACTIVE_WINDOW, Tools
from digest.sources import placeholder_problems
from digest.stages.compose import DraftInput, StoryMaterial, compose
from digest.stages.publish import (
    Gate,
    is_due,
    is_late,
    is_out,
    is_still_open,
    latest_day,
    problems,
    window,
)
from digest.storage import Transaction

logger = logging.getLogger(__name__)

AUTOMATIC = StaffName("automatic")
"""Who publishes where sources.yaml says `publish: automatic`."""
A_DAY = timedelta(days=1)


def compose_edition(tools: Tools, report: PassReport | None = None) -> Edition:
    """Compose the draft of the day that is being made, and store it when it has changed.

    A draft that somebody approved, if only while this was composing, is left as it was approved: what comes later is
    the next edition's.
    """
    now = tools.clock.now()
    report = report or PassReport()
    with tools.storage.begin() as tx:
        edition = _open_edition(tx, tools, now)
        _mirror_readers(tx, tools, now)
    if edition.state is EditionState.DRAFT:
        document = _compose(tools, edition, now)
        with tools.storage.begin() as tx:
            tx.editions.save_draft(edition.id, document, now=now)
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
    logger.info("edition composed", extra={"edition": str(edition.edition_on)})
    return edition


def is_begun(tools: Tools) -> bool:
    """Whether the edition being made now has been drafted once."""
    with tools.storage.read() as tx:
        edition = tx.editions.find(Cadence.DAILY, _day_being_made(tx, tools, tools.clock.now()))
    return edition is not None and edition.revision > 0


def _open_edition(tx: Transaction, tools: Tools, now: datetime) -> Edition:
    """The edition being made now."""
    day = _day_being_made(tx, tools, now)
    covers_from, cut_off_at = _window(tx, day, now)
    return tx.editions.open_draft(Cadence.DAILY, day, covers_from=covers_from, cut_off_at=cut_off_at)


def _day_being_made(tx: Transaction, tools: Tools, now: datetime) -> date:
    """Today's, and tomorrow's once today's is out; after midnight yesterday's, for as long as it may still go."""
    today = now.astimezone(tools.campaign.site.zone).date()
    yesterdays = tx.editions.find(Cadence.DAILY, today - A_DAY)
    if is_still_open(yesterdays, moment=tools.moment_of(today - A_DAY), now=now):
        return today - A_DAY
    todays = tx.editions.find(Cadence.DAILY, today)
    return today + A_DAY if todays is not None and is_out(todays) else today


def _window(tx: Transaction, day: date, now: datetime) -> tuple[datetime, datetime]:
    return window(now=now, previous_cut_off=tx.editions.previous_cut_off(Cadence.DAILY, day))


def _mirror_readers(tx: Transaction, tools: Tools, now: datetime) -> None:
    if tools.email_list is not None:
        tx.subscribers.mirror_list(tools.email_list, now=now)


def _compose(tools: Tools, edition: Edition, now: datetime) -> EditionDocument:
    tools.progress.stage("Composing", total=1)
    listed = tools.campaign.source_by_id()
    with tools.storage.read() as tx:
        covers_from, cut_off_at = _window(tx, edition.edition_on, now)
        stories = tx.stories.active(now - ACTIVE_WINDOW)
        # Of a source that staff took off the file nothing more is shown: its terms and its name are not known any more.
        articles = {a.id: a for a in tx.articles.active(now - ACTIVE_WINDOW) if a.source_id in listed}
        pairings = tx.pairings.between(list(articles))
        choices = tx.editions.choices(edition.id)
        states = tx.fetches.states()
    story_of = {article_id: entry.story.id for entry in stories for article_id in entry.story.article_ids}
    pairings_of: dict[StoryId, list[Pairing]] = defaultdict(list)
    for pairing in pairings:
        if pairing.claim.article_id in story_of:
            pairings_of[story_of[pairing.claim.article_id]].append(pairing)
    document = compose(
        DraftInput(
            campaign=tools.campaign,
            edition_on=edition.edition_on,
            covers_from=covers_from,
            cut_off_at=cut_off_at,
            materials=[
                StoryMaterial(
                    story=entry.story,
                    articles=tuple(articles[i] for i in entry.story.article_ids if i in articles),
                    pairings=tuple(pairings_of[entry.story.id]),
                    events=entry.events,
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
    return document


# --- what holds it, and whom it would reach -------------------------------------------------------------------


def problems_of(tools: Tools, edition: Edition, revision: PublishedRevision) -> tuple[str, ...]:
    """Why a revision must not be published as things stand, in words; empty when every gate passes."""
    document = revision.document
    shown = [pairing for card in (*document.cards, *document.more) for pairing in card.pairings]
    quoted = {passage.article_id for pairing in shown for passage in (pairing.claim, pairing.answer)}
    with tools.storage.read() as tx:
        gate = Gate(
            placeholders=() if tools.is_demo else tuple(placeholder_problems(tools.campaign.site)),
            holds=tuple(sorted(edition.holds)),
            pairings=tx.pairings.find_many({pairing.pairing_id for pairing in shown}),
            articles={article.id: article for article in tx.articles.get_many(sorted(quoted))},
            is_demo=tools.is_demo,
        )
    return problems(document, gate)


def audience_of(tools: Tools) -> Audience:
    """Whom an edition would reach if it were published now, by the operator's list as it stands; changes nothing."""
    with tools.storage.trial() as tx:
        _mirror_readers(tx, tools, tools.clock.now())
        return tx.outbox.audience(tools.channels)


# --- going out -------------------------------------------------------------------------------------------------


def publish_due(tools: Tools, report: PassReport) -> None:
    """Publish what is due by now, of today or of a day that has just ended, and tell what is late.

    What the gates hold waits and is told in the log at every pass; staff are told once, when it is late.
    """
    site, now = tools.campaign.site, tools.clock.now()
    today = now.astimezone(site.zone).date()
    with tools.storage.read() as tx:
        waiting = tx.editions.not_out_since(Cadence.DAILY, today - 2 * A_DAY)
        restored_at = tx.switches.restored_at()
        is_paused = tx.switches.is_sending_paused()
    for edition in waiting:
        moment = tools.moment_of(edition.edition_on)
        mode = PublishMode.APPROVED if is_paused else site.publish  # nothing goes by itself while a person holds all
        if is_due(edition, mode=mode, moment=moment, now=now, restored_at=restored_at):
            _publish_or_hold(tools, edition, report)
    _tell_lateness(tools, report, now)


def _publish_or_hold(tools: Tools, edition: Edition, report: PassReport) -> None:
    now = tools.clock.now()
    with tools.storage.read() as tx:
        revision = tx.editions.newest(edition.id)
    if revision is None:
        return
    held = problems_of(tools, edition, revision)
    if held:
        report.holds = held
        for reason in held:
            logger.error("edition held", extra={"edition": str(edition.edition_on), "reason": reason})
        return
    if edition.state is EditionState.DRAFT:
        with tools.storage.begin() as tx:
            tx.editions.approve(edition.id, revision=revision.revision, sha256=revision.sha256, by=AUTOMATIC, now=now)
            subject = f"edition/{edition.id}/{revision.revision}"
            tx.audit.add(by=AUTOMATIC, act="approve", subject=subject, detail=revision.sha256, now=now)
    publish_edition(tools, edition.id)
    report.published, report.edition_on = True, edition.edition_on
    report.edition_state = EditionState.PUBLISHED.value


def _tell_lateness(tools: Tools, report: PassReport, now: datetime) -> None:
    site = tools.campaign.site
    day = latest_day(now, site.edition_hour, site.zone)
    with tools.storage.read() as tx:
        edition = tx.editions.find(Cadence.DAILY, day)
    if edition is not None and is_late(edition, moment=tools.moment_of(day), now=now):
        report.late_on = day
        logger.error("edition late", extra={"edition": str(day), "state": edition.state.value})
        with tools.storage.begin() as tx:
            queue_alerts(tx, tools, edition, reasons=report.holds if report.edition_on == day else ())


def publish_edition(tools: Tools, edition_id: EditionId) -> PublishedRevision:
    """Publish the approved revision: the frozen edition and its outbox rows in one transaction.

    Raises NotApprovedError, AlreadyPublishedError, HeldError with the reasons, or EditorialError for a day to come.
    """
    now = tools.clock.now()
    with tools.storage.read() as tx:
        edition = tx.editions.get(edition_id)
        revision = tx.editions.newest(edition_id)
    if is_out(edition):
        raise AlreadyPublishedError(f"The edition of {edition.edition_on} is {edition.state.value} already.")
    if edition.edition_on > now.astimezone(tools.campaign.site.zone).date():
        raise EditorialError(f"The edition of {edition.edition_on} is of a day to come: one edition a day.")
    if edition.state is not EditionState.APPROVED or revision is None:
        raise NotApprovedError(f"Nobody has approved the edition of {edition.edition_on}; `digest publish` does.")
    held = problems_of(tools, edition, revision)
    if held:
        raise HeldError("The edition is held:\n" + "\n".join(held), reasons=held)
    with tools.storage.begin() as tx:
        _mirror_readers(tx, tools, now)
        tx.editions.mark_published(edition_id, revision.revision, now=now)
        tx.outbox.fill_for_edition(edition_id, revision.revision, channels=tools.channels, now=now)
    logger.info("edition published", extra={"edition": str(edition.edition_on), "revision": revision.revision})
    return revision
