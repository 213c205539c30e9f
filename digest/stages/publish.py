"""Publish: decide whether one composed revision may go, and what its going means. Decides; stores nothing.

    document, approval, sending state -> gates passed, or reasons in words

The frozen revision and its outbox rows are written by the pipeline in one transaction once nothing here objects.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from digest.model.edition import Card, Edition, EditionDocument, EditionState
from digest.model.ids import ArticleId
from digest.model.source import PublishMode

FIRST_LOOKS_BACK = timedelta(days=1)
LOOKS_BACK = timedelta(days=2)
LATE_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What publication is checked against, besides the document itself."""

    placeholders: tuple[str, ...]
    """From `sources.placeholder_problems`: why this imprint is no imprint."""
    holds: tuple[str, ...]
    """What composition or staff hold it for."""
    texts: Mapping[tuple[ArticleId, int], str]
    """Stored texts that the passages point at; a deleted press text is absent: it was proved when confirmed."""
    is_demo: bool = False


def problems(document: EditionDocument, gate: Gate) -> tuple[str, ...]:
    """Why this document must not be published, each a whole sentence for staff; empty when every gate passes."""
    return tuple(_problems(document, gate))


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
    for card in document.cards:
        yield from _card_problems(card, gate)
    lead = document.cards[0] if document.cards else None
    if lead is not None and lead.pairings and not lead.is_answered:
        yield f"“{lead.name}” would lead the edition with a pairing that nobody has confirmed."


def _card_problems(card: Card, gate: Gate) -> Iterator[str]:
    for pairing in card.pairings:
        for passage in (pairing.claim, pairing.answer):
            text = gate.texts.get((passage.article_id, passage.revision))
            if text is not None and text[passage.start : passage.end] != passage.text:
                yield f"A passage quoted from {passage.source_name} no longer stands in its article (“{card.name}”)."
    if card.is_answered:
        said = {_plain(pairing.claim.text) for pairing in card.pairings}
        said |= {_plain(report.headline) for report in card.reports if report.headline}
        if _plain(card.name) in said:
            yield f"“{card.name}” is what was reported; an answered story is named by its answer."


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def edition_moment(on: date, hour: time, zone: ZoneInfo) -> datetime:
    """When the edition of a day goes, aware, in the campaign's zone: also on days when clocks change.

    An hour that the spring change skips is an hour later by the clock on the wall; of one that autumn repeats it is the
    first occurrence (PEP 495, fold 0).
    """
    return datetime.combine(on, hour, zone).astimezone(UTC)


def is_due(edition: Edition, *, mode: PublishMode, moment: datetime, now: datetime) -> bool:
    """Whether an edition goes by itself now: approved with its hour come, or automatic with the edition hour come."""
    if edition.state is EditionState.APPROVED:
        return now >= (edition.publish_at or moment)
    return edition.state is EditionState.DRAFT and mode is PublishMode.AUTOMATIC and now >= moment


def is_late(edition: Edition | None, *, moment: datetime, now: datetime) -> bool:
    """Whether the day's edition should be out and is not: staff are alerted and the front page says so."""
    is_out = edition is not None and edition.state in {EditionState.PUBLISHED, EditionState.RETRACTED}
    return not is_out and now >= moment + LATE_AFTER


def window(*, now: datetime, previous_cut_off: datetime | None) -> tuple[datetime, datetime]:
    """(covers_from, cut_off_at) of an edition composed at `now`.

    Covers articles first seen after the previous edition's cut-off and up to its own. The first edition ever, and one
    that follows a silence, does not look back for ever: nobody wants last month's news.
    """
    if previous_cut_off is None:
        return now - FIRST_LOOKS_BACK, now
    return max(previous_cut_off, now - LOOKS_BACK), now


def edition_day(now: datetime, zone: ZoneInfo, *, is_out: bool) -> date:
    """The local day whose edition is being made at `now`: today's, and once today's is out, tomorrow's."""
    today = now.astimezone(zone).date()
    return today + timedelta(days=1) if is_out else today
