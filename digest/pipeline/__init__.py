"""The pipeline: the stages in order, and the one place where stages and storage meet.

    sources.yaml | fetch | extract | embed | cluster | match | compose | publish | deliver

    gather      fetch and extract, source by source
    vectors     embed, what is not in the cache
    stories     cluster and match, over the active window
    explaining  why an article stands in its story
    editions    compose and publish
    delivery    deliver
    hubs        WebSub: what feeds' hubs are asked
    pushes      and what they bring
    standing    how each source stands, and what asking it cost
    passes      all of them, in one pass that holds the lease

Every stage can be run again: the same inputs give the same result. What a stage made is stored before the next begins,
and within fetch source by source, together with that source's fetch state, so a crash costs at most the work in hand.
"""

from digest.pipeline.checking import SourceCheck, check_sources, find_feeds
from digest.pipeline.delivery import deliver_due
from digest.pipeline.discovery import Discovery, FoundFeed
from digest.pipeline.editions import AUTOMATIC, audience_of, compose_edition, problems_of, publish_edition
from digest.pipeline.explaining import Explained, explain
from digest.pipeline.hubs import keep_hubs
from digest.pipeline.passes import keep_the_hour, run_pass
from digest.pipeline.pushes import read_pushes
from digest.pipeline.report import PassReport
from digest.pipeline.staff import alert_of
from digest.pipeline.standing import SourceStanding, Standing, first_day, sources_standing, standing_of
from digest.pipeline.tools import FetchLimits, NoProgress, Progress, Tools
from digest.pipeline.watching import find_troubles

__all__ = [
    "AUTOMATIC",
    "Discovery",
    "Explained",
    "FetchLimits",
    "FoundFeed",
    "NoProgress",
    "PassReport",
    "Progress",
    "SourceCheck",
    "SourceStanding",
    "Standing",
    "Tools",
    "alert_of",
    "audience_of",
    "check_sources",
    "compose_edition",
    "deliver_due",
    "explain",
    "find_feeds",
    "find_troubles",
    "first_day",
    "keep_hubs",
    "keep_the_hour",
    "problems_of",
    "publish_edition",
    "read_pushes",
    "run_pass",
    "sources_standing",
    "standing_of",
]
