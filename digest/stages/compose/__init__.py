"""Compose a draft edition: ranked, finite, every string of it from a source. Decides; stores nothing.

    stories, pairings, staff's choices, window -> EditionDocument

`ranking` says which stories are of the edition and what of them may be seen, `quoting` how much of others' words,
`copies` knows one report that many carry, `cards` makes a card of each, `choosing` takes the few. What staff chose
(pin, hide, order, headline, note) is read here and never written, so composing again loses nothing.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from digest.model.edition import Cadence, Card, EditionDocument, SourceLine
from digest.model.source import Topic
from digest.stages.compose.cards import Cards, without_unchecked
from digest.stages.compose.choosing import FEWEST_CARDS, MOST_CARDS, READING_BUDGET_SECONDS, choose_stories
from digest.stages.compose.draft import DraftInput, StoryMaterial
from digest.stages.compose.quoting import Outlets
from digest.stages.compose.ranking import Ranking

__all__ = ["FEWEST_CARDS", "MOST_CARDS", "READING_BUDGET_SECONDS", "DraftInput", "StoryMaterial", "compose"]


def compose(draft: DraftInput) -> EditionDocument:
    """The draft edition of one day.

    Cards come in this order: what staff pinned or placed, then by weight of press coverage, nearness to the campaign
    and topic balance. What leads has a confirmed pairing; where no story has, it is the news alone, without what only
    the computer put beside it. At most five cards that fit the reading budget; all other stories of the day follow in
    `more`, by topic. What cannot be proved is left out and told in `warnings`.
    """
    site = draft.campaign.site
    article_by_id = {article.id: article for material in draft.materials for article in material.articles}
    article_by_id.update(draft.answers)
    outlets = Outlets(draft.campaign)
    ranking, maker = Ranking(draft, outlets, article_by_id), Cards(draft, outlets, article_by_id)
    ranked = sorted(
        (story for story in map(ranking.rank, draft.materials) if story is not None),
        key=lambda ranked: (-ranked.weight, ranked.material.story.id),
    )
    card_by_story = {story.material.story.id: maker.card(story) for story in ranked}
    cards = [card_by_story.pop(story_id) for story_id in choose_stories(ranked, card_by_story, draft.choices)]
    cards[:1] = map(without_unchecked, cards[:1])
    more = _by_topic(card_by_story.values(), draft.campaign.topics)
    shown_ids = {report.article_id for card in (*cards, *more) for report in card.campaign}
    return EditionDocument(
        cadence=Cadence.DAILY,
        edition_on=draft.edition_on,
        revision=0,
        title=site.title,
        campaign=site.campaign,
        candidate=site.candidates[0].name,
        language=site.language,
        time_zone=site.zone.key,
        base_url=draft.base_url,
        imprint=site.imprint.sentence if site.imprint.is_complete else "",
        imprint_short=site.imprint.short if site.imprint.is_complete else "",
        is_sample=site.is_sample,
        covers_from=draft.covers_from,
        cut_off_at=draft.cut_off_at,
        message=maker.message(shown_ids),
        cards=tuple(cards),
        more=tuple(more),
        sources=_source_lines(draft),
        topics=tuple((topic.id, topic.name) for topic in draft.campaign.topics),
        reading_seconds=sum(card.reading_seconds for card in cards),
        warnings=(*ranking.left_out, *_warnings(cards)),
    )


def _by_topic(cards: Iterable[Card], topics: Sequence[Topic]) -> list[Card]:
    place = {topic.id: index for index, topic in enumerate(topics)}
    return sorted(cards, key=lambda card: place.get(card.topic_id, len(place)) if card.topic_id else len(place))


def _source_lines(draft: DraftInput) -> tuple[SourceLine, ...]:
    articles = {article.id: article for material in draft.materials for article in material.articles}
    of_the_day = Counter(article.source_id for article in articles.values() if draft.is_fresh(article))
    return tuple(
        SourceLine.of(source, articles=of_the_day[source.id], is_reached=draft.is_reached.get(source.id, False))
        for source in draft.campaign.sources
        if not source.paused
    )


def _warnings(cards: Sequence[Card]) -> Iterator[str]:
    if not cards:
        yield "Nothing was reported in this edition's hours: it has no story."
    elif not any(card.is_answered for card in cards):
        yield "No story of this edition has an answer that a person confirmed."
    for card in cards:
        if not card.is_answered and any(not p.is_confirmed for p in card.pairings):
            yield f"Story {card.story_id} shows a pairing that nobody has checked."
