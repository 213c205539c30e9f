"""Events (fine) and stories (coarse): what a reader sees as one item."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.model.ids import ArticleId, EventId, StoryId, TopicId


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Articles that report the same happening. Not public."""

    id: EventId
    story_id: StoryId
    article_ids: tuple[ArticleId, ...]
    """Oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Events of one continuing matter."""

    id: StoryId
    title: str
    """Working title, always a member's own headline; never what an answered story is called in public."""
    lead_article_id: ArticleId
    article_ids: tuple[ArticleId, ...]
    """Oldest first."""
    topic_id: TopicId | None
    """None: filed under "other"."""
    topic_reason: str
    created_at: datetime
    updated_at: datetime
    staff_title: str | None = None
    """What staff call it, kept by every later clustering."""
    summary: str = ""
    """One sentence that a member says of itself, verbatim; empty: none says it well enough."""
    summary_article_id: ArticleId | None = None
    """That member; None: there is no such sentence."""
    staff_summary: str | None = None
    """What staff wrote instead, kept by every later clustering."""

    @property
    def name(self) -> str:
        """What it goes by at the desk and on the side of the press."""
        return self.staff_title or self.title

    @property
    def in_short(self) -> str:
        """What it is about, in one line; empty where nobody says so."""
        return self.staff_summary or self.summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """The algorithm's answer: articles that belong together, at both levels."""

    article_ids: tuple[ArticleId, ...]
    """Oldest first."""
    events: tuple[tuple[ArticleId, ...], ...]
    """A partition of `article_ids`; oldest event first."""
    lead_article_id: ArticleId


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryPlan:
    """One story as it should stand after a clustering: decided by `stages.cluster`, stored by the pipeline."""

    id: StoryId | None
    """None: a new story; its id is derived from its founding (oldest) article."""
    title: str
    lead_article_id: ArticleId
    events: tuple[tuple[ArticleId, ...], ...]
    topic_id: TopicId | None
    topic_reason: str
    summary: str = ""
    """A sentence of `summary_article_id`, verbatim."""
    summary_article_id: ArticleId | None = None
    absorbs: tuple[StoryId, ...] = ()
    """Stories (younger than two days) merged into this one: their ids redirect here for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveStory:
    """A stored story with the events inside it."""

    story: Story
    events: tuple[tuple[ArticleId, ...], ...]
    """A partition of the story's articles; oldest event first, oldest article first in each."""


class BindingKind(StrEnum):
    MUST = "must"
    """Staff merged: the two belong to one story."""
    CANNOT = "cannot"
    """Staff split: the two never share a story."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Staff's word on two articles; binds later clustering."""

    kind: BindingKind
    a: ArticleId
    b: ArticleId


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """Staff filed a story under a topic: it stays there, and what is like it goes there too."""

    story_id: StoryId
    topic_id: TopicId | None
    """None: under "other"."""
    example: str
    """What it was about: its lead's headline when staff filed it."""
