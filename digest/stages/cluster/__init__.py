"""Group articles into events and stories, and keep stories stable. Decides; stores nothing.

    articles, vectors -> clusters (events within stories)          cluster_articles, every few hours
    the same and stored stories -> clusters that gained some       place_articles, in between
    clusters, stored stories, staff's word -> story plans          plan_stories
    an article and all the above -> why it stands where it stands  explain_article

Two levels come from one tree: average linkage over how surely two articles report the same happening, cut high for
events and low for stories. `features` says what is compared, `background` what is common, `likeness` how it is weighed,
`thresholds` how sure is sure enough, `linkage` grows the tree, `bindings` what follows from staff's word, `memberships`
keeps ids, `describing`, `summarising` and `topics` say what a story shows.
"""

from digest.stages.cluster.background import background_of, seed
from digest.stages.cluster.bindings import all_that_follows, together
from digest.stages.cluster.explaining import Explanation, Level, Link, explain_article
from digest.stages.cluster.features import LEAD_CHARACTERS, UNDATED
from digest.stages.cluster.grouping import cluster_articles
from digest.stages.cluster.memberships import FROZEN_AFTER
from digest.stages.cluster.placing import place_articles
from digest.stages.cluster.stories import plan_stories
from digest.stages.cluster.summarising import says_so
from digest.stages.cluster.topics import topic_texts

__all__ = [
    "FROZEN_AFTER",
    "LEAD_CHARACTERS",
    "UNDATED",
    "Explanation",
    "Level",
    "Link",
    "all_that_follows",
    "background_of",
    "cluster_articles",
    "explain_article",
    "place_articles",
    "plan_stories",
    "says_so",
    "seed",
    "together",
    "topic_texts",
]
