"""Clusters into stories that keep their ids, with lead, working title, summary and topic. Decides; stores nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from digest.model.article import Article
from digest.model.ids import SourceId, TopicId
from digest.model.source import Topic
from digest.model.story import ActiveStory, Binding, Cluster, Filing, StoryPlan
from digest.ports import Vector, Vectors
from digest.stages.cluster.describing import Describing
from digest.stages.cluster.memberships import Memberships
from digest.stages.cluster.topics import Topics


def plan_stories(
    clusters: Sequence[Cluster],
    *,
    articles: Sequence[Article],
    vectors: Vectors,
    existing: Sequence[ActiveStory],
    topics: Sequence[Topic],
    topic_vectors: Mapping[TopicId, Vectors],
    weights: Mapping[SourceId, float],
    quotable: Mapping[SourceId, int] | None = None,
    filings: Sequence[Filing] = (),
    example_vectors: Mapping[str, Vector] | None = None,
    bindings: Sequence[Binding] = (),
    clustered_at: datetime | None = None,
    now: datetime,
) -> list[StoryPlan]:
    """How the stored stories that clusters touch should stand after a clustering, oldest first.

    articles and vectors: those of the clusters at least; row i belongs to articles[i].   existing: stories that have an
    article among them.   topic_vectors: by topic, one row for each of `topic_texts`.   weights: by source, else 1.
    filings: what staff filed, oldest first.   example_vectors: by the text of a filing's example.
    bindings: with all that follows from them.
    quotable: how many characters of its own words each source lets us show, else none.
    clustered_at: when all of the window was last clustered before; None: never.

    A cluster takes the id of the story that most of its articles come from; a young story that ends up inside another
    is absorbed by it. One that is told by few and that a clustering has told apart before is so only while it is hours
    old, and by what reports the same happening. A story older than two days keeps all its articles and may only gain
    some, unless staff's bindings say otherwise. Articles of a story that are not among those given stay with it. The
    same inputs in any order give the same plans.
    """
    filed = Topics(topics, topic_vectors, filings, example_vectors)
    describe = Describing(articles, vectors, filed, weights, quotable or {}, now)
    memberships = Memberships(clusters, articles, vectors, existing, bindings, clustered_at, now).decide()
    return [describe.plan(membership) for membership in memberships]
