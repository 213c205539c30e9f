"""What is left of a published document when outlets have taken reports back. Pure.

A published revision stays as it was approved; whatever is public of it is what this leaves. So a withdrawal shows on
every surface at once, in old editions too, and undoes itself when an outlet brings its article back.
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass, replace
from datetime import datetime

from digest.model.edition import Card, EditionDocument, Report, ShownPairing
from digest.model.ids import ArticleId
from digest.model.text import slug


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """One act of an outlet, for staff."""

    article_id: ArticleId
    at: datetime
    is_back: bool
    """False: it took the article back; True: the article can be read again."""
    reason: str
    """How we know, as a clause: "its page is gone (410)"."""


def article_ids(document: EditionDocument) -> frozenset[ArticleId]:
    """Every article that a document shows something of."""
    cards = (*document.cards, *document.more)
    reports = [report for card in cards for report in (*card.reports, *card.supportive, *card.campaign)]
    passages = [passage for card in cards for pairing in card.pairings for passage in (pairing.claim, pairing.answer)]
    return frozenset(
        (
            *(article_id for report in (*reports, *_some(document.message)) for article_id in report.article_ids),
            *(passage.article_id for passage in passages),
        )
    )


def without(document: EditionDocument, withdrawn: Set[ArticleId]) -> EditionDocument:
    """The document without the headlines, words and links of these articles; itself when it shows none of them.

    Of a report that several carried, another outlet's copy takes its place. A pairing goes with its claim or its
    answer; a story that loses its last confirmed one is named by a report that is left, and one that loses its last
    report goes. Who took something back is told in `taken_back_by`.
    """
    if withdrawn.isdisjoint(article_ids(document)):
        return document
    shown = [(card, _card_without(card, withdrawn)) for card in document.cards]
    more = [(card, _card_without(card, withdrawn)) for card in document.more]
    gone = [name for card, left in (*shown, *more) if left is None for name in _takers(card, withdrawn)]
    cards = [left for _, left in shown if left is not None]
    if cards and not cards[0].is_answered:  # what nobody has checked never leads
        cards[0] = replace(cards[0], pairings=())
    return replace(
        document,
        message=next(iter(_left(_some(document.message), withdrawn)), None),
        cards=tuple(cards),
        more=tuple(left for _, left in more if left is not None),
        taken_back_by=tuple(dict.fromkeys(gone)),
    )


def _card_without(card: Card, withdrawn: Set[ArticleId]) -> Card | None:
    """The card as it still stands; None when nobody else reported it."""
    reports, supportive, campaign = (
        tuple(_left(told, withdrawn)) for told in (card.reports, card.supportive, card.campaign)
    )
    pairings = tuple(pairing for pairing in card.pairings if not _is_taken(pairing, withdrawn))
    if (reports, supportive, campaign, pairings) == (card.reports, card.supportive, card.campaign, card.pairings):
        return card
    if not reports and not supportive:
        return None
    left = replace(
        card,
        pairings=pairings,
        reports=reports,
        supportive=supportive,
        campaign=campaign,
        is_answered=any(pairing.is_confirmed for pairing in pairings),
        first_reported_at=min((report.published_at for report in reports), default=None),
        reasons=(),
        taken_back_by=tuple(dict.fromkeys(_takers(card, withdrawn))),
    )
    return _renamed(card, left)


def _renamed(card: Card, left: Card) -> Card:
    """The card under a name that it still has."""
    if _keeps_its_name(card, left):
        return left
    others = (*left.reports, *left.supportive)
    naming = next((report for report in others if report.headline), None)
    name = naming.headline if naming is not None else f"Reported by {others[0].source_name}"
    return replace(left, name=name, slug=slug(name), name_language=naming.language if naming is not None else "")


def _keeps_its_name(card: Card, left: Card) -> bool:
    if left.is_answered:  # by a sentence of an answer, or by staff
        gone = [pairing for pairing in card.pairings if pairing not in left.pairings and pairing.is_confirmed]
        return not any(pairing.answer.display.startswith(card.name) for pairing in gone) or any(
            pairing.answer.display.startswith(card.name) for pairing in left.pairings
        )
    if card.is_answered:
        return False
    said = {report.headline for report in (*left.reports, *left.supportive)}
    was_said = {headline for report in (*card.reports, *card.supportive) for headline in _headlines(report)}
    return card.name in said or card.name not in was_said


def _headlines(report: Report) -> Iterable[str]:
    return (report.headline, *(copy.headline for copy in report.copies))


def _left(reports: Iterable[Report], withdrawn: Set[ArticleId]) -> Iterable[Report]:
    """The reports that still stand, without the copies that do not."""
    for report in reports:
        copies = tuple(copy for copy in report.copies if copy.article_id not in withdrawn)
        if report.article_id not in withdrawn:
            yield report if copies == report.copies else replace(report, copies=copies)
        elif copies:
            first = copies[0]
            yield replace(
                report,
                article_id=first.article_id,
                source_id=first.source_id,
                source_name=first.source_name,
                url=first.url,
                headline=first.headline,
                published_at=first.published_at,
                excerpt="",
                author=None,
                copies=copies[1:],
            )


def _is_taken(pairing: ShownPairing, withdrawn: Set[ArticleId]) -> bool:
    return pairing.claim.article_id in withdrawn or pairing.answer.article_id in withdrawn


def _takers(card: Card, withdrawn: Set[ArticleId]) -> Iterable[str]:
    """The outlets that took back what this card showed of them, not ourselves."""
    for report in (*card.reports, *card.supportive):
        if report.article_id in withdrawn:
            yield report.source_name
        yield from (copy.source_name for copy in report.copies if copy.article_id in withdrawn)
    for pairing in card.pairings:
        if pairing.claim.article_id in withdrawn:
            yield pairing.claim.source_name


def _some(report: Report | None) -> tuple[Report, ...]:
    return () if report is None else (report,)
