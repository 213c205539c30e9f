"""cluster | match: stories and pairings of the active window, found anew and stored."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from digest import __version__
from digest.model.article import Article
from digest.model.ids import SourceId, StoryId
from digest.model.job import PassRecord
from digest.model.source import SourceKind
from digest.model.story import ActiveStory, Story
from digest.pipeline.background import known_background
from digest.pipeline.report import PassReport
from digest.pipeline.tools import ACTIVE_WINDOW, Tools
from digest.pipeline.vectors import vectors_of
from digest.ports import Vectors
from digest.stages.cluster import all_that_follows, cluster_articles, place_articles, plan_stories, says_so, topic_texts
from digest.stages.match import match_pairings, texts_needed

LARGE_WINDOW = 10_000
"""Articles from which clustering is worth its full wait."""


def basis_of(tools: Tools) -> str:
    """A hash of all that stories and answers are found from: while it stands, finding them again would change nothing
    that a reader sees.
    """
    now, campaign = tools.clock.now(), tools.campaign
    with tools.storage.read() as tx:
        articles = tx.articles.states_since(now - ACTIVE_WINDOW)
    basis = (ground_of(tools), articles, campaign.site.candidates, campaign.site.show_above, campaign.sources)
    return hashlib.sha256(repr(basis).encode()).hexdigest()


def ground_of(tools: Tools) -> str:
    """A hash of what clustering goes by besides articles: staff's word, topics, whom we read, what of them may be
    quoted, the embedder.
    """
    campaign = tools.campaign
    with tools.storage.read() as tx:
        bindings, filings = tx.stories.bindings(), tx.stories.filings()
    sources = [(source.id, source.kind, source.weight) for source in campaign.sources]
    ground = (__version__, tools.embedder.backend, bindings, filings, campaign.topics, sources, _quotable(tools))
    return hashlib.sha256(repr(ground).encode()).hexdigest()


def recall_clustering(report: PassReport, last: PassRecord | None) -> None:
    """Let the report of a pass that begins know how the last one left the stories."""
    if last is not None and isinstance(said := last.summary.get("clustered_at"), str):
        report.clustered_at = datetime.fromisoformat(said)
        report.clustered_on = str(last.summary.get("clustered_on"))
        report.placed = int(str(last.summary.get("placed")))


def is_clustering_due(
    report: PassReport, *, now: datetime, every: timedelta, active: int, ground: str, is_new_edition: bool
) -> bool:
    """Whether the whole window must be clustered now, rather than what arrived be placed among what stands.

    It must when it never was, when that was on another ground, when the clock went back, when a new edition is about to
    be drafted, and `wait_before_clustering` once something has been placed.   active: articles of the window.
    """
    if report.clustered_at is None or report.clustered_on != ground or now < report.clustered_at:
        return True
    waited = now - report.clustered_at
    return report.placed > 0 and (is_new_edition or waited >= wait_before_clustering(every, active))


def wait_before_clustering(every: timedelta, active: int) -> timedelta:
    """How long a window of so many articles is left as it was clustered: at most `every`, and the shorter the less
    clustering costs, so that it takes the same share of the time. What it costs grows with the square of the articles.
    """
    return every * min(1.0, (active / LARGE_WINDOW) ** 2)


def count_stories(tools: Tools, report: PassReport) -> None:
    """What the last pass found, for the report of one that had nothing to find."""
    since = tools.clock.now() - ACTIVE_WINDOW
    with tools.storage.read() as tx:
        report.stories = len(tx.stories.active(since))


def update_stories(
    tools: Tools, articles: Sequence[Article], vectors: Vectors, report: PassReport, *, is_new_edition: bool = False
) -> None:
    """Place what arrived among the stories of the active window, or cluster all of it where that is due; store them.

    vectors: row i belongs to articles[i].   is_new_edition: whether the edition is about to be drafted for the first
    time.
    """
    now = tools.clock.now()
    topics = tools.campaign.topics
    with tools.storage.read() as tx:
        filings = tx.stories.filings()
        bindings = all_that_follows(tx.stories.bindings(), among=[article.id for article in articles])
        existing = tx.stories.active(now - ACTIVE_WINDOW)
    examples = [filing.example for filing in filings]
    seeds = [text for topic in topics for text in topic_texts(topic)]
    known = vectors_of(tools, [*seeds, *examples], "Embedding topics", report)
    # Asked for last: its first use may have made the embedder another one.
    ground = ground_of(tools)
    background = known_background(tools)
    clustered_at = report.clustered_at
    tools.progress.stage("Finding stories", total=1)
    if is_clustering_due(
        report,
        now=now,
        every=tools.recluster_every,
        active=report.active_articles,
        ground=ground,
        is_new_edition=is_new_edition,
    ):
        clusters = cluster_articles(articles, vectors, bindings=bindings, background=background)
        report.clustered_at, report.clustered_on, report.placed = now, ground, 0
    else:
        held = {article_id for active in existing for article_id in active.story.article_ids}
        report.placed += sum(article.id not in held for article in articles)
        clusters = place_articles(
            articles,
            vectors,
            existing=existing,
            bindings=bindings,
            anew=_outdated(existing, articles),
            background=background,
        )
    meant = {article_id for cluster in clusters for article_id in cluster.article_ids}
    rows = [row for row, article in enumerate(articles) if article.id in meant]
    plans = plan_stories(
        clusters,
        articles=[articles[row] for row in rows],
        vectors=vectors[rows],
        existing=[active for active in existing if not meant.isdisjoint(active.story.article_ids)],
        topics=topics,
        topic_vectors={topic.id: np.stack([known[text] for text in topic_texts(topic)]) for topic in topics},
        weights={source.id: source.weight for source in tools.campaign.sources},
        quotable=_quotable(tools),
        filings=filings,
        example_vectors={text: known[text] for text in examples},
        bindings=bindings,
        clustered_at=clustered_at,
        now=now,
    )
    with tools.storage.begin() as tx:
        tx.stories.apply(plans, now=now)
    tools.progress.advance()
    count_stories(tools, report)


def _outdated(existing: Sequence[ActiveStory], articles: Sequence[Article]) -> list[StoryId]:
    """Stories named or summed up in words that have changed since, or by an article that was taken back or rests."""
    article_by_id = {article.id: article for article in articles}

    def is_current(story: Story) -> bool:
        lead = article_by_id.get(story.lead_article_id)
        if lead is None or lead.headline != story.title:
            return False
        if story.summary_article_id is None:
            return True
        source = article_by_id.get(story.summary_article_id)
        return source is not None and says_so(source, story.summary)

    return [active.story.id for active in existing if not is_current(active.story)]


def _quotable(tools: Tools) -> dict[SourceId, int]:
    """How many characters of its own words each source lets us show."""
    most = tools.campaign.site.excerpt_characters
    return {source.id: min(source.terms.quotable, most) for source in tools.campaign.sources}


def update_pairings(tools: Tools, articles: Sequence[Article], report: PassReport) -> None:
    """Find what answers what in the active window, and store it as suggested or shown; decided ones stay."""
    now = tools.clock.now()
    site = tools.campaign.site
    source_names = {source.id: source.name for source in tools.campaign.sources}
    texts = texts_needed(articles, candidates=site.candidates, source_names=source_names)
    vectors = vectors_of(tools, texts, "Reading passages", report)
    with tools.storage.read() as tx:
        stories = tx.stories.active(now - ACTIVE_WINDOW)
    tools.progress.stage("Finding answers", total=1)
    proposals = match_pairings(
        articles,
        story_by_article={article_id: entry.story.id for entry in stories for article_id in entry.story.article_ids},
        candidates=site.candidates,
        source_names=source_names,
        vectors=vectors,
    )
    considered = {article.id for article in articles if article.kind is SourceKind.CAMPAIGN}
    with tools.storage.begin() as tx:
        tx.pairings.propose(proposals, considered=considered, show_above=site.show_above, now=now)
    tools.progress.advance()
