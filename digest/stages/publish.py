"""Publish: decide whether one composed revision may go, and when. Decides; stores nothing.

    document, approval, sending state -> gates passed, or reasons in words

The frozen revision and its outbox rows are written by the pipeline in one transaction once nothing here objects.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from digest.model.article import Article, Span
from digest.model.edition import Card, Edition, EditionDocument, EditionState, Passage, ShownPairing
from digest.model.ids import ArticleId, PairingId
from digest.model.pairing import KeptClaim, Pairing, PairingState
from digest.model.proof import place_of
from digest.model.source import PublishMode
from digest.model.text import repeats

FIRST_LOOKS_BACK = timedelta(days=1)
LOOKS_BACK = timedelta(days=2)
LATE_AFTER = timedelta(minutes=5)
CATCH_UP = timedelta(hours=6)
"""An edition whose hour was missed by more than this goes by a person's hand or not at all: the day is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What publication is checked against, besides the document itself: everything as it stands now."""

    placeholders: tuple[str, ...]
    """From `sources.placeholder_problems`: why this imprint is no imprint."""
    holds: tuple[str, ...]
    """What staff hold it for."""
    pairings: Mapping[PairingId, Pairing]
    """Those that the document shows, as far as they are still there."""
    articles: Mapping[ArticleId, Article]
    """Those that its passages stand in, with their newest texts."""
    is_demo: bool = False


def problems(document: EditionDocument, gate: Gate) -> tuple[str, ...]:
    """Why this document must not be published, each a whole sentence for staff; empty when every gate passes."""
    return tuple(dict.fromkeys(_problems(document, gate)))


def _problems(document: EditionDocument, gate: Gate) -> Iterator[str]:
    yield from gate.holds
    if not gate.is_demo:
        yield from gate.placeholders
        if document.is_sample and not gate.placeholders:
            yield "This is the sample campaign: it is published in the demo only."
    if not document.imprint and not gate.placeholders:
        yield "The imprint is empty: fill in promoter, address and on_behalf_of under site.imprint in sources.yaml."
    if not document.cards and document.message is None:
        yield "The edition is empty: it has no story and no message."
    for card in (*document.cards, *document.more):
        yield from _card_problems(card, gate)
    lead = document.cards[0] if document.cards else None
    if lead is not None and lead.pairings and not lead.is_answered:
        yield f"“{lead.name}” would lead the edition with a pairing that nobody has confirmed."


def _card_problems(card: Card, gate: Gate) -> Iterator[str]:
    for shown in card.pairings:
        yield from _pairing_problems(card, shown, gate)
    if card.is_answered and any(repeats(card.name, shown.claim.text) for shown in card.pairings):
        yield f"“{card.name}” says again what was reported; an answered story is named by its answer."


def _pairing_problems(card: Card, shown: ShownPairing, gate: Gate) -> Iterator[str]:
    present = gate.pairings.get(shown.pairing_id)
    if shown.is_confirmed and (present is None or not present.is_confirmed):
        yield f"The answer of “{card.name}” is not confirmed any more."
    elif present is not None and present.state is PairingState.REJECTED:
        yield f"The answer of “{card.name}” has been rejected."
    kept = present.kept if present is not None else None
    if not _stands(shown.claim, gate, kept=kept):
        yield f"What is quoted from {shown.claim.source_name} no longer stands in its article (“{card.name}”)."
    if not _stands(shown.answer, gate):
        yield f"What is quoted from {shown.answer.source_name} no longer stands in its article (“{card.name}”)."


def _stands(passage: Passage, gate: Gate, *, kept: KeptClaim | None = None) -> bool:
    span = Span(article_id=passage.article_id, revision=passage.revision, start=passage.start, end=passage.end)
    return place_of(gate.articles.get(passage.article_id), span, passage.text, kept=kept) is not None


# --- when ------------------------------------------------------------------------------------------------------


def edition_moment(on: date, hour: time, zone: ZoneInfo) -> datetime:
    """When the edition of a day goes, aware, in the campaign's zone: also on days when clocks change.

    An hour that the spring change skips is an hour later by the clock on the wall; of one that autumn repeats it is the
    first occurrence (PEP 495, fold 0).
    """
    return datetime.combine(on, hour, zone).astimezone(UTC)


def is_out(edition: Edition) -> bool:
    """Whether the edition has gone, if only to be taken back."""
    return edition.state in {EditionState.PUBLISHED, EditionState.RETRACTED}


def is_due(
    edition: Edition, *, mode: PublishMode, moment: datetime, now: datetime, restored_at: datetime | None = None
) -> bool:
    """Whether an edition goes by itself now: approved with its hour come, or automatic with the edition hour come.

    moment: the edition hour of its day. restored_at: when the database was brought back from a backup, which cannot
    know whether an edition of an earlier hour has gone; that one waits for a person.
    """
    match edition.state:
        case EditionState.APPROVED:
            starts = edition.publish_at or moment
        case EditionState.DRAFT if mode is PublishMode.AUTOMATIC:
            starts = moment
        case _:
            return False
    if restored_at is not None and starts <= restored_at:
        return False
    return starts <= now <= starts + CATCH_UP


def is_late(edition: Edition | None, *, moment: datetime, now: datetime) -> bool:
    """Whether a day's edition should be out and is not: staff are alerted and the front page says so."""
    if edition is not None and is_out(edition):
        return False
    starts = (edition.publish_at if edition is not None else None) or moment
    return now >= starts + LATE_AFTER


def latest_day(now: datetime, hour: time, zone: ZoneInfo) -> date:
    """The last day whose edition hour has come."""
    day = now.astimezone(zone).date() + timedelta(days=1)
    while edition_moment(day, hour, zone) > now:
        day -= timedelta(days=1)
    return day


def is_still_open(edition: Edition | None, *, moment: datetime, now: datetime) -> bool:
    """Whether yesterday's edition is the one still being made: it is not out, and it may yet go by itself."""
    return edition is not None and not is_out(edition) and now <= moment + CATCH_UP


def window(*, now: datetime, previous_cut_off: datetime | None) -> tuple[datetime, datetime]:
    """(covers_from, cut_off_at) of an edition composed at `now`.

    Covers articles first seen after the previous edition's cut-off and up to its own. The first edition ever, and one
    that follows a silence, does not look back for ever: nobody wants last month's news.
    """
    if previous_cut_off is None:
        return now - FIRST_LOOKS_BACK, now
    return max(previous_cut_off, now - LOOKS_BACK), now
