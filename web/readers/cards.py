"""One story as the pages show it: what is quoted, what is listed, what is folded into a line. Nothing is said twice."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from digest.model.edition import Card, Report, ShownPairing
from digest.model.ids import StoryId

LISTED_REPORTS = 3
LISTED_SUPPORTIVE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What was reported, in the outlet's words: passage, headline and source line of one article."""

    text: str
    """"" where the outlet's terms allow none."""
    headline: str
    """"" where they allow none, or where it stands above as the story's name."""
    url: str
    source_name: str
    published_at: datetime
    language: str = ""
    """Of the words, as a tag; "" where it is not known."""
    told: Report | None = None
    """The report that it stands in, with whoever else carried that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardView:
    """A card of the edition page."""

    card: Card
    address: str
    """Of the story, at the answer that the card shows."""
    pairing: ShownPairing | None
    answer: str
    """What the story's name leaves of the answer to be said; "" for nothing."""
    quote: Quote | None
    reports: tuple[Report, ...]
    """Listed under the quote, by headline."""
    elsewhere: tuple[Report, ...]
    """Of outlets whose terms allow a link alone, one each."""
    supportive: tuple[Report, ...]
    is_all: bool
    """Whether every report of the press is shown here."""

    @property
    def has_ours(self) -> bool:
        return bool(self.pairing or self.card.campaign or self.card.note)


def card_view(card: Card) -> CardView:
    pairing = card.pairings[0] if card.pairings else None
    quote = _quote(card, pairing)
    told = {report.url for report in card.reports if report.headline}
    if quote is not None and told and not (quote.text or quote.headline or quote.url in told):
        quote = None  # its outlet allows a link alone, so it stands among those elsewhere, and others lead
    quoted = {quote.url, quote.told.url if quote.told is not None else ""} if quote is not None else set()
    others = tuple(report for report in card.reports if report.url not in quoted)
    with_headline = tuple(report for report in others if report.headline)
    elsewhere = {report.source_id: report for report in reversed(others) if not report.headline}
    shown = with_headline[:LISTED_REPORTS] if quote is None else with_headline[: LISTED_REPORTS - 1]
    return CardView(
        card=card,
        address=story_path(card.story_id, card.slug) + (f"#answer-{pairing.pairing_id}" if pairing else ""),
        pairing=pairing,
        answer=pairing.answer.beyond(card.name) if pairing else "",
        quote=quote,
        reports=shown,
        elsewhere=tuple(elsewhere.values())[::-1],
        supportive=card.supportive[:LISTED_SUPPORTIVE],
        is_all=len(shown) == len(with_headline),
    )


def story_path(story_id: StoryId, slug: str) -> str:
    return f"/stories/{story_id}-{slug}"


def quote_of(pairing: ShownPairing, reports: Iterable[Report], *, name: str) -> Quote:
    """What a pairing answers. reports: of its story; name: what stands above as the story's name."""
    claim = pairing.claim
    return Quote(
        text=claim.display,
        headline=claim.headline if claim.headline != name else "",
        url=claim.url,
        source_name=claim.source_name,
        published_at=claim.published_at,
        language=claim.language,
        told=next((report for report in reports if claim.article_id in report.article_ids), None),
    )


def _quote(card: Card, pairing: ShownPairing | None) -> Quote | None:
    if pairing is not None:
        return quote_of(pairing, card.reports, name=card.name)
    if not card.reports:
        return None
    first = card.reports[0]
    return Quote(
        text=first.excerpt,
        headline=first.headline if first.headline != card.name else "",
        url=first.url,
        source_name=first.source_name,
        published_at=first.published_at,
        language=first.language,
        told=first,
    )
