"""A story as a card: its name, what we say, what was reported, who else."""

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from digest.model.article import Article, Span
from digest.model.edition import Card, Choice, Copy, Passage, Report, ShownPairing
from digest.model.ids import ArticleId
from digest.model.pairing import Pairing
from digest.model.source import ExcerptMode, SourceKind
from digest.model.text import fold_tail, opening_of, shorten, slug
from digest.stages.compose.copies import agency_of, copies
from digest.stages.compose.draft import DraftInput, StoryMaterial
from digest.stages.compose.quoting import Outlets, Quotations, first_sentences
from digest.stages.compose.ranking import Ranked

# Adults read 238 words of English a minute (Brysbaert 2019, mean of 190 studies); a phone in a bus is slower.
WORDS_PER_SECOND = 220 / 60
MOST_REPORTS = 60
MOST_PAIRINGS = 8
"""Of one story; the edition page shows the first, the story page all."""
MESSAGE_CHARACTERS = 280
MOST_HEADLINE = 140
FEWEST_WORDS = 3
_LINK = re.compile(r"https?://\S+|\S*pic\.twitter\.com/\S+")
_TAG = re.compile(r"[#@]\s?\w+")


class Cards:
    """Makes cards; remembers what of each press article has been quoted already."""

    def __init__(self, draft: DraftInput, outlets: Outlets, article_by_id: Mapping[ArticleId, Article]) -> None:
        self._draft = draft
        self._outlets = outlets
        self._article_by_id = article_by_id
        self._quotations = Quotations(outlets)
        self._topic_names = {topic.id: topic.name for topic in draft.campaign.topics}

    def card(self, ranked: Ranked) -> Card:
        material, story = ranked.material, ranked.material.story
        choice = self._draft.choices.get(story.id, Choice(story_id=story.id))
        name, language = choice.headline or ranked.answered_name, ""
        if not name:
            name, language = self._reported_name(ranked)
        ours = {a.id: a for a in material.articles if a.kind is SourceKind.CAMPAIGN and _says_something(a)}
        ours.update((p.answer.article_id, self._article_by_id[p.answer.article_id]) for p in ranked.pairings)
        # The report that is answered, or that names the story, and what reports the same happening.
        first = ranked.pairings[0].claim.article_id if ranked.pairings else story.lead_article_id
        card = Card(
            story_id=story.id,
            slug=slug(name),
            name=name,
            topic_id=story.topic_id,
            topic_name=self._topic_names.get(story.topic_id, "") if story.topic_id else "",
            is_answered=ranked.is_answered,
            pairings=tuple(self._shown(pairing) for pairing in ranked.pairings[:MOST_PAIRINGS]),
            reports=self._reports(ranked.press, first, material),
            supportive=self._reports([a for a in material.articles if a.kind is SourceKind.FRIENDLY], first, material),
            campaign=self._reports(ours.values(), first, material),
            note=choice.note or "",
            reasons=ranked.reasons,
            name_language=language,
            first_reported_at=min((a.published_at for a in ranked.press), default=None),
        )
        return replace(card, reading_seconds=reading_seconds(card))

    def message(self, shown_ids: Collection[ArticleId]) -> Report | None:
        """Today's message: the newest campaign article of these hours that answers nothing."""
        articles = {a.id: a for material in self._draft.materials for a in material.articles}
        quiet = [
            article
            for article in articles.values()
            if article.kind is SourceKind.CAMPAIGN
            and article.id not in shown_ids
            and self._draft.is_fresh(article)
            and _says_something(article)
        ]
        if not quiet:
            return None
        newest = max(quiet, key=lambda article: (article.published_at, article.id))
        report, text = self._report(newest), _paired(first_sentences(fold_tail(newest.text), MESSAGE_CHARACTERS))
        if not text.startswith(newest.headline.rstrip("… ")):
            return replace(report, excerpt=text)
        # A post has no headline but its own beginning: that stands for one, and is not said twice.
        opening = opening_of(text)
        return replace(report, headline=opening, excerpt=text[len(opening) :].strip())

    def _reported_name(self, ranked: Ranked) -> tuple[str, str]:
        """An unanswered story is named by staff, else by a member's own headline, of an outlet whose terms allow that
        it is shown; and its language.
        """
        story = ranked.material.story
        if story.staff_title:
            return story.staff_title, ""
        members = sorted(ranked.material.articles, key=lambda article: article.id != story.lead_article_id)
        others = [article for article in members if article.kind is not SourceKind.CAMPAIGN]
        naming = next(filter(self._outlets.headline, others), None)
        if naming is None:
            return f"Reported by {self._outlets.name(others[0].source_id)}", ""
        return naming.headline, naming.language or ""

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
        is_ours = article.kind is SourceKind.CAMPAIGN
        return Passage(
            article_id=span.article_id,
            revision=span.revision,
            start=span.start,
            end=span.end,
            text=text,
            display=fold_tail(text) if is_ours else self._quotations.claim(article, text),
            source_name=self._outlets.name(article.source_id),
            kind=article.kind,
            headline=self._outlets.headline(article),
            url=article.canonical_url,
            published_at=article.published_at,
            language=article.language or "",
        )

    def _reports(self, articles: Iterable[Article], first: ArticleId, material: StoryMaterial) -> tuple[Report, ...]:
        """The report that the card is about, then the same happening, then these hours, newest first; bare links last.
        One report that several carry is told once: by the one that the card is about, else by one whose headline may be
        shown, the agency itself before the earliest.
        """
        same_happening = material.told_with(first)

        def place(article: Article) -> tuple[bool, bool, bool, bool, float, ArticleId]:
            return (
                article.id != first,
                self._outlets.mode(article) is ExcerptMode.LINK_ONLY,
                article.id not in same_happening,
                not self._draft.is_fresh(article),
                -article.published_at.timestamp(),
                article.id,
            )

        ordered = sorted(articles, key=place)
        # What we wrote ourselves twice is two posts.
        ours = [[article] for article in ordered if article.kind is SourceKind.CAMPAIGN]
        others = copies(article for article in ordered if article.kind is not SourceKind.CAMPAIGN)
        return tuple(self._told(group, first) for group in (*others, *ours)[:MOST_REPORTS])

    def _told(self, group: Sequence[Article], first: ArticleId) -> Report:
        """One report, however many carried it."""
        if len(group) == 1:
            return self._report(group[0])
        agency = agency_of(group, self._outlets.names)

        def place(article: Article) -> tuple[bool, bool, bool, datetime, ArticleId]:
            is_own = self._outlets.name(article.source_id) == agency
            return (
                article.id != first,
                not self._outlets.headline(article),
                not is_own,
                article.published_at,
                article.id,
            )

        head, *others = sorted(group, key=place)
        # An outlet that carries it twice (an update under a new address) is named once, by the earlier.
        copy_by_source = {article.source_id: article for article in reversed(others)}
        copy_by_source.pop(head.source_id, None)
        carriers = [article for article in others if copy_by_source.get(article.source_id) is article]
        return self._report(head, copies=tuple(map(self._copy, carriers)), agency=agency)

    def _copy(self, article: Article) -> Copy:
        return Copy(
            article_id=article.id,
            source_id=article.source_id,
            source_name=self._outlets.name(article.source_id),
            url=article.canonical_url,
            headline=self._outlets.headline(article),
            published_at=article.published_at,
        )

    def _report(self, article: Article, *, copies: tuple[Copy, ...] = (), agency: str = "") -> Report:
        return Report(
            article_id=article.id,
            source_id=article.source_id,
            source_name=self._outlets.name(article.source_id),
            kind=article.kind,
            url=article.canonical_url,
            headline=_own_headline(article) if article.kind is SourceKind.CAMPAIGN else self._outlets.headline(article),
            excerpt=self._quotations.excerpt(article),
            author=article.author if article.kind is not SourceKind.CAMPAIGN else None,
            published_at=article.published_at,
            copies=copies,
            agency=agency,
            language=article.language or "",
        )


def reading_seconds(card: Card) -> int:
    """How long a card takes to read on the edition page: name, what the answer says beyond it, first claim, the first
    three headlines.
    """
    words = [card.name, card.note]
    words += [text for p in card.pairings[:1] for text in (p.claim.display, p.answer.beyond(card.name))]
    words += [report.headline for report in (*card.reports[:3], *card.supportive[:1])]
    return math.ceil(sum(len(text.split()) for text in words) / WORDS_PER_SECOND)


def without_unchecked(card: Card) -> Card:
    """The card without what only the computer put beside the news."""
    if card.is_answered or not card.pairings:
        return card
    bare = replace(card, pairings=())
    return replace(bare, reading_seconds=reading_seconds(bare))


def _says_something(article: Article) -> bool:
    """Whether there is more to an article than tags, links and a word or two."""
    said = _TAG.sub(" ", _LINK.sub(" ", f"{article.headline} {article.text}"))
    return len(set(re.findall(r"\w{2,}", said))) >= FEWEST_WORDS


def _own_headline(article: Article) -> str:
    """What stands for a campaign article in a list: its headline, or how a post that has none begins."""
    text = fold_tail(article.text)
    is_post = text.startswith(article.headline.rstrip("… "))
    return shorten(opening_of(text), MOST_HEADLINE) if is_post else article.headline


def _paired(text: str) -> str:
    """`text` without the quotation mark that opens it and is never closed: speeches come as one long quotation."""
    is_closed = "”" in text or text.count('"') > 1
    return text[1:] if text[:1] in {'"', "“"} and not is_closed else text
