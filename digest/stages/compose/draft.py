"""What an edition is composed from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from digest.model.article import Article
from digest.model.edition import Choice
from digest.model.ids import ArticleId, SourceId, StoryId
from digest.model.pairing import Pairing
from digest.model.source import Campaign
from digest.model.story import Story

# An article first seen in the window may have been published before it (slow feeds), but not long before: the backlog
# of a source that staff have just added is not today's news.
LATE_GRACE = timedelta(hours=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryMaterial:
    """One story with all that composition may draw on."""

    story: Story
    articles: tuple[Article, ...]
    pairings: tuple[Pairing, ...]
    """Of any state; their answers may stand in articles outside the story."""
    events: tuple[tuple[ArticleId, ...], ...] = ()
    """A partition of the story's articles by happening; empty: not known."""

    def told_with(self, article_id: ArticleId) -> frozenset[ArticleId]:
        """The articles that report the same happening as this one, itself included."""
        return next((frozenset(event) for event in self.events if article_id in event), frozenset({article_id}))


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

    def is_fresh(self, article: Article) -> bool:
        """Whether an article is of this edition's hours."""
        return (
            self.covers_from < article.first_seen_at <= self.cut_off_at
            and article.published_at > self.covers_from - LATE_GRACE
        )
