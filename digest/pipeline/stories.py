"""cluster | match: stories and pairings of the active window, found anew and stored."""

import hashlib
from collections.abc import Sequence

import numpy as np

from digest import __version__
from digest.model.article import Article
from digest.model.source import SourceKind
from digest.pipeline.report import PassReport
from digest.pipeline.tools import ACTIVE_WINDOW, Tools
from digest.pipeline.vectors import vectors_of
from digest.ports import Vectors
from digest.stages.cluster import cluster_articles, plan_stories, topic_texts
from digest.stages.match import match_pairings, texts_needed


def basis_of(tools: Tools) -> str:
    """A hash of all that stories and answers are found from: while it stands, finding them again would change nothing
    that a reader sees.
    """
    now, campaign = tools.clock.now(), tools.campaign
    with tools.storage.read() as tx:
        articles = tx.articles.states_since(now - ACTIVE_WINDOW)
        bindings = tx.stories.bindings()
    basis = (
        __version__,
        tools.embedder.backend,
        articles,
        bindings,
        campaign.site.candidates,
        campaign.site.show_above,
        campaign.topics,
        campaign.sources,
    )
    return hashlib.sha256(repr(basis).encode()).hexdigest()


def count_stories(tools: Tools, report: PassReport) -> None:
    """What the last pass found, for the report of one that had nothing to find."""
    since = tools.clock.now() - ACTIVE_WINDOW
    with tools.storage.read() as tx:
        report.stories, report.active_articles = len(tx.stories.active(since)), len(tx.articles.ids_since(since))


def update_stories(tools: Tools, articles: Sequence[Article], vectors: Vectors, report: PassReport) -> None:
    """Cluster the active window and store its stories; vectors: row i belongs to articles[i]."""
    now = tools.clock.now()
    topics = tools.campaign.topics
    seeds = [text for topic in topics for text in topic_texts(topic)]
    seed_vectors = vectors_of(tools, seeds, "Embedding topics", report)
    with tools.storage.read() as tx:
        bindings = tx.stories.bindings()
        existing = tx.stories.active(now - ACTIVE_WINDOW)
    tools.progress.stage("Finding stories", total=1)
    clusters = cluster_articles(articles, vectors, bindings=bindings)
    plans = plan_stories(
        clusters,
        articles=articles,
        vectors=vectors,
        existing=existing,
        topics=topics,
        topic_vectors={topic.id: np.stack([seed_vectors[text] for text in topic_texts(topic)]) for topic in topics},
        weights={source.id: source.weight for source in tools.campaign.sources},
        bindings=bindings,
        now=now,
    )
    with tools.storage.begin() as tx:
        tx.stories.apply(plans, now=now)
    tools.progress.advance()
    report.stories = len(plans)


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
