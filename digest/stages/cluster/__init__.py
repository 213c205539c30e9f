"""Group articles into events and stories, and keep stories stable. Decides; stores nothing.

    articles, vectors -> clusters (events within stories)          cluster_articles
    clusters, stored stories, staff's bindings -> story plans      plan_stories

Two levels come from one tree: average linkage over how surely two articles report the same happening, cut high for
events and low for stories. `features` says what is compared, `likeness` how it is weighed, `linkage` grows the tree,
`stories` keeps ids, leads, titles and topics.
"""

from digest.stages.cluster.features import UNDATED
from digest.stages.cluster.grouping import cluster_articles
from digest.stages.cluster.stories import FROZEN_AFTER, plan_stories, topic_texts

__all__ = ["FROZEN_AFTER", "UNDATED", "cluster_articles", "plan_stories", "topic_texts"]
