"""Compose a draft edition: ranked, finite, every string of it from a source. Decides; stores nothing.

    stories, pairings, staff's choices, window -> Composition(document, holds)

What staff chose (pin, hide, order, headline, note) is read here and never written, so composing again loses nothing.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from digest.model.article import Article, Span
from digest.model.edition import (
    Cadence,
    Card,
    Choice,
    EditionDocument,
    Passage,
    Report,
    ShownPairing,
    SourceLine,
)
from digest.model.ids import ArticleId, SourceId, StoryId, TopicId
from digest.model.pairing import Pairing, PairingState, Relation
from digest.model.source import Campaign, ExcerptMode, SourceKind, Topic
from digest.model.story import Story
from digest.model.text import first_sentence, fold_tail, shorten, slug

MOST_CARDS = 5
READING_BUDGET_SECONDS = 120
# Adults read 238 words of English a minute (Brysbaert 2019, mean of 190 studies); a phone in a bus is slower.
WORDS_PER_SECOND = 220 / 60
# An article first seen in the window may have been published before it (slow feeds), but not long before: the backlog
# of a source that staff have just added is not today's news.
LATE_GRACE = timedelta(hours=6)
FEWEST_CARDS = 3
"""Stories that nobody answered fill the edition up to here and no further."""
MOST_REPORTS = 60
MOST_PAIRINGS = 3
"""Of one story; the edition page shows the first, the story page all."""
MESSAGE_CHARACTERS = 280
# Of a confirmed answer. What refutes a claim is worth more of a supporter's two minutes than what adds to it.
_RELATION_WEIGHT = {Relation.REBUTS: 2.0, Relation.RESPONDS: 1.25, Relation.ADDS_CONTEXT: 1.0}
# Two reports that share most of their five-word runs are one agency's copy. Edited wire copy keeps 0.6 and more,
# separate reports of one speech stay under 0.2 on the sample press.
SAME_COPY = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryMaterial:
    """One story with all that composition may draw on."""

    story: Story
    articles: tuple[Article, ...]
    pairings: tuple[Pairing, ...]
    """Of any state; their answers may stand in articles outside the story."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftInput:
    campaign: Campaign
    edition_on: date
    covers_from: datetime
    cut_off_at: datetime
    materials: Sequence[StoryMaterial]
    answers: Mapping[ArticleId, Article]
    """Campaign articles that pairings point at."""
    choices: Mapping[StoryId, Choice]
    is_reached: Mapping[SourceId, bool]
    base_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    document: EditionDocument
    holds: tuple[str, ...]
    """Why this must not go as it stands, in whole sentences for staff."""


def compose(draft: DraftInput) -> Composition:
    """The draft edition of one day.

    Cards come in this order: what staff pinned or placed, then by weight of press coverage, nearness to the campaign
    and topic balance. What leads has a confirmed pairing; where no story has, it is the news alone, without what only
    the computer put beside it. At most five cards that fit the reading budget; all other stories of the day follow in
    `more`, by topic.
    """
    builder = _CardBuilder(draft)
    ranked = sorted(
        (story for story in map(builder.rank, draft.materials) if story is not None),
        key=lambda ranked: (-ranked.weight, ranked.material.story.id),
    )
    card_by_story = {story.material.story.id: builder.card(story) for story in ranked}
    chosen = _choose(ranked, card_by_story, draft.choices)
    cards = [card_by_story.pop(story_id) for story_id in chosen]
    cards[:1] = map(_without_unchecked, cards[:1])
    more = _by_topic(card_by_story.values(), draft.campaign.topics)
    shown_ids = {report.article_id for card in (*cards, *more) for report in card.campaign}
    document = EditionDocument(
        cadence=Cadence.DAILY,
        edition_on=draft.edition_on,
        revision=0,
        title=draft.campaign.site.title,
        campaign=draft.campaign.site.campaign,
        candidate=draft.campaign.site.candidates[0].name,
        language=draft.campaign.site.language,
        time_zone=draft.campaign.site.zone.key,
        base_url=draft.base_url,
        imprint=draft.campaign.site.imprint.sentence if draft.campaign.site.imprint.is_complete else "",
        imprint_short=draft.campaign.site.imprint.short if draft.campaign.site.imprint.is_complete else "",
        is_sample=draft.campaign.site.is_sample,
        covers_from=draft.covers_from,
        cut_off_at=draft.cut_off_at,
        message=builder.message(shown_ids),
        cards=tuple(cards),
        more=tuple(more),
        sources=_source_lines(draft, (*cards, *more)),
        topics=tuple((topic.id, topic.name) for topic in draft.campaign.topics),
        reading_seconds=sum(card.reading_seconds for card in cards),
        warnings=tuple(_warnings(cards)),
    )
    return Composition(document=document, holds=tuple(builder.holds))


def proof_problem(pairing: Pairing, texts: Mapping[tuple[ArticleId, int], str]) -> str | None:
    """Why a pairing's words cannot be proved from the stored texts, or None when every one is there verbatim.

    texts: stored text by (article, revision). A press text that has been deleted is proved against the sentence that a
    confirmed pairing keeps.
    """
    claim = _stated(pairing.claim, texts)
    if claim is None and pairing.kept is not None:
        claim = pairing.kept.sentence
    if claim != pairing.claim_text:
        return f"The reported sentence of pairing {pairing.id} no longer stands in its article."
    if _stated(pairing.answer, texts) != pairing.answer_text:
        return f"The answer of pairing {pairing.id} no longer stands in its article."
    claim_whole = texts.get((pairing.claim.article_id, pairing.claim.revision)) or pairing.claim_text
    answer_whole = texts.get((pairing.answer.article_id, pairing.answer.revision), "")
    for evidence in pairing.evidence:
        for quoted in evidence.quoted:
            if quoted not in claim_whole or quoted not in answer_whole:
                return f"Pairing {pairing.id} rests on “{quoted}”, which does not stand in both texts."
    return None


def _stated(span: Span, texts: Mapping[tuple[ArticleId, int], str]) -> str | None:
    text = texts.get((span.article_id, span.revision))
    return text[span.start : span.end] if text else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ranked:
    material: StoryMaterial
    pairings: tuple[Pairing, ...]
    press: tuple[Article, ...]
    weight: float
    reasons: tuple[str, ...]

    @property
    def is_answered(self) -> bool:
        return any(pairing.is_confirmed for pairing in self.pairings)


class _CardBuilder:
    """Turns stories into cards; remembers what each press article has already been quoted for."""

    def __init__(self, draft: DraftInput) -> None:
        self._draft = draft
        self._sources = draft.campaign.source_by_id()
        self._topic_names = {topic.id: topic.name for topic in draft.campaign.topics}
        names = [name for candidate in draft.campaign.site.candidates[:1] for name in candidate.names]
        self._names = re.compile(r"\b(" + "|".join(map(re.escape, names)) + r")\b") if names else re.compile(r"(?!)")
        self._quoted_characters: Counter[ArticleId] = Counter()
        self._article_by_id = {article.id: article for material in draft.materials for article in material.articles}
        self._article_by_id.update(draft.answers)
        self.holds: list[str] = []

    def rank(self, material: StoryMaterial) -> _Ranked | None:
        """The story with its weight, or None when it is not of this edition."""
        draft = self._draft
        choice = draft.choices.get(material.story.id)
        if choice is not None and choice.is_hidden:
            return None
        pairings = self._proved(material)
        answering = [self._article_by_id[p.answer.article_id] for p in pairings]
        if not any(self._is_fresh(article) for article in (*material.articles, *answering)):
            return None
        press = tuple(a for a in material.articles if a.kind is SourceKind.MAINSTREAM)
        if not press and not any(a.kind is SourceKind.FRIENDLY for a in material.articles):
            return None
        outlets = {article.source_id for article in press}
        coverage = sum(self._weight(outlet) for outlet in outlets)
        naming = sum(1 for article in press if self._names.search(f"{article.headline} {article.summary}"))
        freshest = max(article.published_at for article in (*material.articles, *answering))
        age_hours = max(0.0, (draft.cut_off_at - freshest).total_seconds() / 3600)
        is_confirmed = any(pairing.is_confirmed for pairing in pairings)
        is_new = any(self._is_fresh_answer(pairing) for pairing in pairings)
        # Coverage counts by its logarithm: the tenth outlet adds less than the second. An answer that a person
        # confirmed outweighs any difference of coverage seen in one day; one that only the computer found does not.
        weight = math.log2(1 + coverage) + 0.25 * min(naming, 4) - age_hours / 24
        weight += max((_RELATION_WEIGHT[p.relation] for p in pairings[:1] if p.is_confirmed), default=0.0)
        weight += 1.5 if is_new else 0.0
        reasons = (
            [_count(len(outlets), "outlet") + " reported it"] if outlets else ["Only supportive outlets reported it"]
        )
        if naming:
            reasons.append(f"{_count(naming, 'report')} named {draft.campaign.site.candidates[0].name}")
        if is_confirmed:
            reasons.append("It has an answer that a person confirmed")
        return _Ranked(material=material, pairings=pairings, press=press, weight=weight, reasons=tuple(reasons))

    def card(self, ranked: _Ranked) -> Card:
        story, articles = ranked.material.story, ranked.material.articles
        choice = self._draft.choices.get(story.id, Choice(story_id=story.id))
        pairings = tuple(self._shown(pairing) for pairing in ranked.pairings[:MOST_PAIRINGS])
        name = choice.headline or self._name(story, pairings)
        campaign = {a.id: a for a in articles if a.kind is SourceKind.CAMPAIGN}
        campaign.update((p.answer.article_id, self._article_by_id[p.answer.article_id]) for p in ranked.pairings)
        card = Card(
            story_id=story.id,
            slug=slug(name),
            name=name,
            topic_id=story.topic_id,
            topic_name=self._topic_names.get(story.topic_id, "") if story.topic_id else "",
            is_answered=ranked.is_answered,
            pairings=pairings,
            reports=self._reports(ranked.press, lead=story.lead_article_id),
            supportive=self._reports(a for a in articles if a.kind is SourceKind.FRIENDLY),
            campaign=self._reports(campaign.values()),
            note=choice.note or "",
            reasons=ranked.reasons,
            first_reported_at=min((a.published_at for a in ranked.press), default=None),
        )
        return replace(card, reading_seconds=reading_seconds(card))

    def message(self, shown_ids: set[ArticleId]) -> Report | None:
        """Today's message: the newest campaign article of the window that answers nothing."""
        articles = {a.id: a for material in self._draft.materials for a in material.articles}
        quiet = [
            article
            for article in articles.values()
            if article.kind is SourceKind.CAMPAIGN and article.id not in shown_ids and self._is_fresh(article)
        ]
        if not quiet:
            return None
        newest = max(quiet, key=lambda article: (article.published_at, article.id))
        report, text = self._report(newest, ()), _whole_sentences(fold_tail(newest.text), MESSAGE_CHARACTERS)
        if not text.startswith(newest.headline.rstrip("… ")):
            return replace(report, excerpt=text)
        # A post has no headline but its own beginning: its first sentence stands for one, and is not said twice.
        opening = first_sentence(text)
        return replace(report, headline=opening, excerpt=text[len(opening) :].strip())

    def _is_fresh(self, article: Article) -> bool:
        draft = self._draft
        return (
            draft.covers_from < article.first_seen_at <= draft.cut_off_at
            and article.published_at > draft.covers_from - LATE_GRACE
        )

    def _proved(self, material: StoryMaterial) -> tuple[Pairing, ...]:
        """The story's pairings that may be seen, best first; what cannot be proved is left out and told."""
        texts = {(a.id, a.revision): a.text for a in self._article_by_id.values()}
        kept = []
        for pairing in material.pairings:
            if pairing.state not in {PairingState.CONFIRMED, PairingState.SHOWN}:
                continue
            if pairing.answer.article_id not in self._article_by_id:
                continue
            problem = proof_problem(pairing, texts)
            if problem is None:
                kept.append(pairing)
            elif pairing.is_confirmed:
                self.holds.append(f"{problem} Look at story {material.story.id} again and confirm or reject it.")
        # Today's answer before yesterday's: who read yesterday's edition knows that one.
        if any(pairing.is_confirmed for pairing in kept):
            # Beside what a person confirmed, what only the computer found is noise.
            kept = [pairing for pairing in kept if pairing.is_confirmed]
        kept.sort(key=lambda p: (not p.is_confirmed, not self._is_fresh_answer(p), -p.confidence, p.id))
        return _one_per_answer(kept)

    def _is_fresh_answer(self, pairing: Pairing) -> bool:
        return self._is_fresh(self._article_by_id[pairing.answer.article_id])

    def _shown(self, pairing: Pairing) -> ShownPairing:
        return ShownPairing(
            pairing_id=pairing.id,
            relation=pairing.relation,
            is_confirmed=pairing.is_confirmed,
            confidence=round(pairing.confidence, 4),
            claim=self._passage(pairing.claim, pairing.claim_text),
            answer=self._passage(pairing.answer, pairing.answer_text),
            reasons=tuple(e.words for e in sorted(pairing.evidence, key=lambda e: -e.weight)),
        )

    def _passage(self, span: Span, text: str) -> Passage:
        article = self._article_by_id[span.article_id]
        source = self._sources.get(article.source_id)
        display = fold_tail(text)
        if article.kind is not SourceKind.CAMPAIGN:
            display = self._allowed(article, display)
        return Passage(
            article_id=span.article_id,
            revision=span.revision,
            start=span.start,
            end=span.end,
            text=text,
            display=display,
            source_name=source.name if source else article.source_id,
            kind=article.kind,
            headline=article.headline if self._mode(article) is not ExcerptMode.LINK_ONLY else "",
            url=article.url,
            published_at=article.published_at,
        )

    def _name(self, story: Story, pairings: Sequence[ShownPairing]) -> str:
        """An answered story is named by its answer, never by the claim; any other by a member's own headline."""
        answer = next((p.answer for p in pairings if p.is_confirmed), None)
        return first_sentence(answer.display) if answer is not None else story.title

    def _reports(self, articles: Iterable[Article], *, lead: ArticleId | None = None) -> tuple[Report, ...]:
        """The story's lead, then weightiest first, newest first within a weight; one agency's copy is one report told
        by several.
        """

        def place(article: Article) -> tuple[bool, float, float, ArticleId]:
            return (
                article.id != lead,
                -self._weight(article.source_id),
                -article.published_at.timestamp(),
                article.id,
            )

        ordered = sorted(articles, key=place)
        reports: list[tuple[Article, list[str]]] = []
        for article in ordered[:MOST_REPORTS]:
            first = next((entry for entry in reports if _is_same_copy(entry[0], article)), None)
            if first is None or article.kind is SourceKind.CAMPAIGN:
                reports.append((article, []))
            elif article.source_id != first[0].source_id:
                first[1].append(self._source_name(article.source_id))
        return tuple(self._report(article, tuple(also_in)) for article, also_in in reports)

    def _report(self, article: Article, also_in: tuple[str, ...]) -> Report:
        mode = self._mode(article)
        excerpt = self._allowed(article, fold_tail(article.summary or article.text))
        return Report(
            article_id=article.id,
            source_id=article.source_id,
            source_name=self._source_name(article.source_id),
            kind=article.kind,
            url=article.url,
            headline="" if mode is ExcerptMode.LINK_ONLY else article.headline,
            excerpt=excerpt,
            author=article.author if article.kind is not SourceKind.CAMPAIGN else None,
            published_at=article.published_at,
            also_in=also_in,
        )

    def _allowed(self, article: Article, text: str) -> str:
        """As much of a text as the source's terms leave, over everything this edition quotes of the article."""
        if self._mode(article) is not ExcerptMode.EXCERPT:
            return ""
        source = self._sources.get(article.source_id)
        site_limit = self._draft.campaign.site.excerpt_characters
        limit = min(source.terms.excerpt_characters, site_limit) if source else site_limit
        left = limit - self._quoted_characters[article.id]
        # Less than a clause is no excerpt.
        shown = shorten(text, left) if left >= min(60, len(text)) else ""
        self._quoted_characters[article.id] += len(shown)
        return shown

    def _mode(self, article: Article) -> ExcerptMode:
        source = self._sources.get(article.source_id)
        return source.terms.mode if source else ExcerptMode.HEADLINE_ONLY

    def _weight(self, source_id: SourceId) -> float:
        source = self._sources.get(source_id)
        return source.weight if source else 1.0

    def _source_name(self, source_id: SourceId) -> str:
        source = self._sources.get(source_id)
        return source.name if source else source_id


def reading_seconds(card: Card) -> int:
    """How long a card takes to read on the edition page: name, first claim and answer, the first three headlines."""
    words = [card.name, card.note]
    words += [text for p in card.pairings[:1] for text in (p.claim.display, p.answer.display)]
    words += [report.headline for report in (*card.reports[:3], *card.supportive[:1])]
    return math.ceil(sum(len(text.split()) for text in words) / WORDS_PER_SECOND)


def _choose(
    ranked: Sequence[_Ranked], cards: Mapping[StoryId, Card], choices: Mapping[StoryId, Choice]
) -> list[StoryId]:
    """The stories that get a card, in order: five at most, within the reading budget (the first always fits).

    The lead, what staff placed, then by weight. A story too long for the time that is left makes way for a shorter one.
    """
    pool = list(ranked)
    place = {id(story): _place(story, choices) for story in pool}
    placed = sorted((story for story in pool if place[id(story)] is not None), key=lambda s: place[id(s)] or 0)
    lead = _lead(pool, placed)
    chosen: list[StoryId] = []
    topics: Counter[TopicId | None] = Counter()
    seconds = 0
    first = [*lead, *(story for story in placed if story not in lead)]
    while pool and len(chosen) < MOST_CARDS:
        # Topic balance: each card already given to a topic costs the next of it as much as halving its coverage.
        best = first.pop(0) if first else max(pool, key=lambda s: s.weight - topics[s.material.story.topic_id])
        pool.remove(best)
        story, takes = best.material.story, cards[best.material.story.id].reading_seconds
        is_filler = not best.pairings and best not in placed and len(chosen) >= FEWEST_CARDS
        if is_filler or (chosen and seconds + takes > READING_BUDGET_SECONDS):
            continue
        chosen.append(story.id)
        topics[story.topic_id] += 1
        seconds += takes
    return chosen


def _lead(pool: Sequence[_Ranked], placed: Sequence[_Ranked]) -> list[_Ranked]:
    """The story that comes first: an answered one if there is any, what staff placed before what only weighs."""
    candidates = [*placed, *(story for story in pool if story not in placed)]
    if placed and placed[0].is_answered:
        return [placed[0]]
    best = next((s for s in pool if s.is_answered), None)
    if best is None and not placed:
        best = next((s for s in pool if not s.pairings), None)
    return [best] if best is not None else candidates[:1]


def _place(story: _Ranked, choices: Mapping[StoryId, Choice]) -> int | None:
    """Where staff put a story, or None where they said nothing."""
    choice = choices.get(story.material.story.id)
    if choice is None or not (choice.is_pinned or choice.position is not None):
        return None
    return choice.position if choice.position is not None else 0


def _without_unchecked(card: Card) -> Card:
    """The card without what only the computer put beside the news."""
    if card.is_answered or not card.pairings:
        return card
    bare = replace(card, pairings=())
    return replace(bare, reading_seconds=reading_seconds(bare))


def _by_topic(cards: Iterable[Card], topics: Sequence[Topic]) -> list[Card]:
    place = {topic.id: index for index, topic in enumerate(topics)}
    return sorted(cards, key=lambda card: place.get(card.topic_id, len(place)) if card.topic_id else len(place))


def _source_lines(draft: DraftInput, cards: Sequence[Card]) -> tuple[SourceLine, ...]:
    drawn = Counter(report.source_id for card in cards for report in (*card.reports, *card.supportive, *card.campaign))
    return tuple(
        SourceLine(
            id=source.id,
            name=source.name,
            kind=source.kind,
            site=source.site,
            owner=source.owner,
            articles=drawn[source.id],
            is_reached=draft.is_reached.get(source.id, False),
        )
        for source in draft.campaign.sources
        if not source.paused
    )


def _warnings(cards: Sequence[Card]) -> Iterable[str]:
    if not cards:
        yield "Nothing was reported in this edition's hours: it has no story."
    elif not any(card.is_answered for card in cards):
        yield "No story of this edition has an answer that a person confirmed."
    for card in cards:
        if not card.is_answered and any(not p.is_confirmed for p in card.pairings):
            yield f"Story {card.story_id} shows a pairing that nobody has checked."


def _one_per_answer(pairings: Sequence[Pairing]) -> tuple[Pairing, ...]:
    """The best pairing of each answer passage: one answer to four outlets' wordings is one answer."""
    best: dict[Span, Pairing] = {}
    for pairing in pairings:
        best.setdefault(pairing.answer, pairing)
    return tuple(best.values())


def _whole_sentences(text: str, most: int) -> str:
    """As many whole sentences of the first paragraph as fit, at least one (shortened at a word if it must be)."""
    paragraph = text.split("\n\n", 1)[0].strip()
    if len(paragraph) <= most:
        return paragraph
    end = 0
    for stop in re.finditer(r"[.!?…][”\"’')]*(?=\s)", paragraph[: most + 1]):
        end = stop.end()
    return paragraph[:end] if end else shorten(first_sentence(paragraph), most)


def _is_same_copy(one: Article, other: Article) -> bool:
    if one.text_sha256 == other.text_sha256 and one.text:
        return True
    runs_of_one, runs_of_other = _runs(one.text), _runs(other.text)
    if not runs_of_one or not runs_of_other:
        return False
    return len(runs_of_one & runs_of_other) / min(len(runs_of_one), len(runs_of_other)) >= SAME_COPY


def _runs(text: str) -> frozenset[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())[:400]
    return frozenset(tuple(words[i : i + 5]) for i in range(len(words) - 4))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
