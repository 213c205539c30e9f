"""What readers see now is watched: which of its articles are asked for in a pass, whatever their feeds say. Pure."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from digest.model.edition import Card, EditionDocument
from digest.model.ids import ArticleId

WATCHED = timedelta(days=2)
"""For so long what the newest edition shows is watched."""
MOST_WATCHED = 20
"""Pages of one source in a pass. At a second between two of them that is a third of a minute of its server."""
_EVERY_TIME = MOST_WATCHED // 2


def in_order(document: EditionDocument) -> list[ArticleId]:
    """Every article that a document shows something of, what is seen first at the head; each once."""
    every = (*document.cards, *document.more)
    message = () if document.message is None else document.message.article_ids
    return list(
        dict.fromkeys(
            (
                *quoted_on(document.cards),
                *(article_id for card in every for article_id in (*quoted_on([card]), *_reported_on(card))),
                *message,
            )
        )
    )


def quoted_on(cards: Iterable[Card]) -> Iterable[ArticleId]:
    """The articles that cards quote, and the three reports that each lists first."""
    for card in cards:
        yield from (passage.article_id for pairing in card.pairings for passage in (pairing.claim, pairing.answer))
        yield from (report.article_id for report in (*card.reports[:3], *card.supportive[:1]))


def of_turn(ids: Sequence[ArticleId], turn: int) -> Sequence[ArticleId]:
    """Those of a source's watched articles that are asked for when it is polled for the `turn`th time.

    All of them where they are 20 or fewer; else the first 10, and 10 of the others in rotation: each is asked within
    as many polls as there are tens of others.
    """
    if len(ids) <= MOST_WATCHED:
        return ids
    first, others = ids[:_EVERY_TIME], ids[_EVERY_TIME:]
    room = MOST_WATCHED - _EVERY_TIME
    start = turn * room % len(others)
    return [*first, *(others[(start + place) % len(others)] for place in range(room))]


def _reported_on(card: Card) -> Iterable[ArticleId]:
    for report in (*card.reports, *card.supportive, *card.campaign):
        yield from report.article_ids
