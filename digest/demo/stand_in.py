"""The stand-in for a person: in the demo nobody sits at the desk, so the samples confirm what they know to be true.

It goes through the very functions that the desk uses.
"""

from collections.abc import Collection
from datetime import datetime

from digest import editorial
from digest.demo.press import SamplePress
from digest.demo.samples import TruePairing
from digest.model.article import Article, Span
from digest.model.edition import Choice, Edition, EditionDocument
from digest.model.ids import StaffName
from digest.storage import Storage

NAME = StaffName("the demo's stand-in")


def confirm_true_pairings(
    storage: Storage, press: SamplePress, *, except_stories: Collection[str], now: datetime
) -> int:
    """Confirm every true pairing whose two articles have been read, but for the stories left to the computer.

    Returns how many were confirmed now; those confirmed before are not counted.
    """
    confirmed = 0
    with storage.begin() as tx:
        article_by_url = {article.canonical_url: article for article in tx.articles.active(press.earliest)}
        for pairing in press.samples.pairings:
            if pairing.story in except_stories:
                continue
            spans = _spans(press, pairing, article_by_url)
            if spans is None:
                continue
            known = tx.pairings.find(*spans)
            if known is not None and known.is_confirmed:
                continue
            editorial.pair(tx, *spans, pairing.relation, by=NAME, now=now)
            confirmed += 1
    return confirmed


def pin_one_unchecked(storage: Storage, edition: Edition, document: EditionDocument, *, now: datetime) -> bool:
    """Give a story that only the computer answered a place on the page, so that its label is seen; whether one got it.

    None is pinned where the page has one already.
    """
    unchecked = [card for card in (*document.cards, *document.more) if card.pairings and not card.is_answered]
    if not unchecked or unchecked[0] in document.cards:
        return False
    with storage.begin() as tx:
        editorial.choose(tx, edition.id, Choice(story_id=unchecked[0].story_id, is_pinned=True), by=NAME, now=now)
    return True


def _spans(press: SamplePress, pairing: TruePairing, articles: dict[str, Article]) -> tuple[Span, Span] | None:
    claim = _span(articles.get(press.address_of(pairing.claim_article)), pairing.claim)
    answer = _span(articles.get(press.address_of(pairing.answer_article)), pairing.answer)
    return (claim, answer) if claim is not None and answer is not None else None


def _span(article: Article | None, passage: str) -> Span | None:
    if article is None:
        return None
    start = article.text.find(passage)
    if start < 0:
        return None
    return Span(article_id=article.id, revision=article.revision, start=start, end=start + len(passage))
