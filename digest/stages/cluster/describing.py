"""What a story says of itself: its lead, its working title, its summary, its topic and why. Pure."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np

from digest.model.article import Article
from digest.model.ids import SourceId
from digest.model.source import SourceKind
from digest.model.story import StoryPlan
from digest.model.text import loudness
from digest.ports import Vectors
from digest.stages.cluster.memberships import Membership
from digest.stages.cluster.summarising import choose_summary
from digest.stages.cluster.topics import Topics

FRESH_FOR_DAYS = 2.0


class Describing:
    """Lead, title, summary and topic of stories."""

    def __init__(
        self,
        articles: Sequence[Article],
        vectors: Vectors,
        topics: Topics,
        weights: Mapping[SourceId, float],
        quotable: Mapping[SourceId, int],
        now: datetime,
    ) -> None:
        self._article = {article.id: article for article in articles}
        self._vector = {article.id: vectors[row] for row, article in enumerate(articles)}
        self._topics = topics
        self._weights = weights
        self._quotable = quotable
        self._now = now

    def plan(self, membership: Membership) -> StoryPlan:
        known = [self._article[a] for event in membership.events for a in event if a in self._article]
        press = [article for article in known if article.kind is not SourceKind.CAMPAIGN] or known
        middle = np.mean([self._vector[article.id] for article in press], axis=0)
        lead = min(
            press,
            key=lambda a: (
                -round(self._merit(a, float(self._vector[a.id] @ middle)), 4),
                a.published_at,
                a.canonical_url,
                a.id,
            ),
        )
        ids = [story_id for story_id in (membership.id, *membership.absorbs) if story_id is not None]
        topic, reason = self._topics.of(press, middle, ids)
        event = next(event for event in membership.events if lead.id in event)
        summary = choose_summary(known, lead=lead, event=event, quotable=self._quotable)
        return StoryPlan(
            id=membership.id,
            title=lead.headline,
            lead_article_id=lead.id,
            events=membership.events,
            topic_id=topic,
            topic_reason=reason,
            summary=summary.text if summary else "",
            summary_article_id=summary.article_id if summary else None,
            absorbs=membership.absorbs,
        )

    def _merit(self, article: Article, centrality: float) -> float:
        """Central, of weight, fresh, and not shouting: its headline names a story that nobody has answered yet.

        A mainstream report comes before a supportive one of the same merit.
        """
        age = max(0.0, (self._now - article.published_at) / timedelta(days=1))
        return (
            centrality
            + 0.15 * math.log(max(0.1, self._weights.get(article.source_id, 1.0)))
            + 0.10 * math.exp(-age / FRESH_FOR_DAYS)
            - 0.10 * (article.kind is SourceKind.FRIENDLY)
            - 0.15 * loudness(article.headline)
            - 1.0 * (not article.headline.strip())
        )
