"""Floors of quality on the sample campaign, through the stages themselves: what a change must not lose unseen.

Measured 2026-11: events B-cubed F1 .958, stories .923, pairings average precision .87. The floors stand a little below.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from ruamel.yaml import YAML

from digest.demo.samples import Samples, read_samples, samples_folder
from digest.model.article import Article
from digest.model.ids import ArticleId, SourceId, StoryId
from digest.model.pairing import ProposedPairing
from digest.model.source import Campaign
from digest.model.story import Cluster
from digest.model.text import shorten
from digest.sources import read_campaign
from digest.stages.cluster import cluster_articles
from digest.stages.embed import Embedder, embedding_text
from digest.stages.match import match_pairings, texts_needed
from tests.factories import an_article

pytestmark = pytest.mark.xdist_group("model")
NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)


@cache
def samples() -> Samples:
    return read_samples(samples_folder())


@cache
def truth() -> Mapping[str, Any]:
    found: Mapping[str, Any] = YAML(typ="safe").load(samples_folder() / "truth.yaml")
    return found


@cache
def campaign() -> Campaign:
    return read_campaign(samples_folder() / "sources.yaml")


@cache
def embedder() -> Embedder:
    return Embedder()


@cache
def articles() -> tuple[tuple[str, Article], ...]:
    """(sample id, article), oldest first."""
    sources = campaign().source_by_id()
    return tuple(
        (
            sample.id,
            an_article(
                id=ArticleId(number),
                source_id=SourceId(sample.outlet),
                kind=sources[SourceId(sample.outlet)].kind,
                canonical_url=f"https://press.example/{sample.id}",
                headline=sample.title or shorten(sample.text, 90),
                summary=sample.summary,
                text=sample.text,
                published_at=sample.published_at(NOW),
            ),
        )
        for number, sample in enumerate(samples().articles, 1)
    )


@cache
def clusters() -> tuple[Cluster, ...]:
    found = [article for _, article in articles()]
    vectors = embedder().embed([embedding_text(article.headline, article.text) for article in found])
    return tuple(cluster_articles(found, vectors))


@cache
def proposals() -> tuple[ProposedPairing, ...]:
    found = [article for _, article in articles()]
    names = {source.id: source.name for source in campaign().sources}
    texts = texts_needed(found, candidates=campaign().site.candidates, source_names=names)
    return tuple(
        match_pairings(
            found,
            story_by_article={
                article_id: StoryId(str(number))
                for number, cluster in enumerate(clusters())
                for article_id in cluster.article_ids
            },
            candidates=campaign().site.candidates,
            source_names=names,
            vectors=dict(zip(texts, embedder().embed(texts), strict=True)),
        )
    )


def b_cubed(predicted: Sequence[Sequence[str]], true: Sequence[Sequence[str]]) -> float:
    """F1 of B-cubed precision and recall (Bagga and Baldwin 1998) over what both name."""
    shared = {name for group in true for name in group} & {name for group in predicted for name in group}
    group_of = [
        {name: frozenset(shared.intersection(group)) for group in groups for name in group}
        for groups in (predicted, true)
    ]
    overlap = {name: len(group_of[0][name] & group_of[1][name]) for name in shared}
    precision, recall = (sum(overlap[n] / len(groups[n]) for n in shared) / len(shared) for groups in group_of)
    return 2 * precision * recall / (precision + recall)


def press(names: Sequence[str]) -> list[str]:
    kinds = {name: article.kind.value for name, article in articles()}
    return [name for name in names if kinds[name] != "campaign"]


def test_events_are_those_that_a_careful_reader_sees() -> None:
    name_of = {article.id: name for name, article in articles()}
    predicted = [press([name_of[i] for i in event]) for cluster in clusters() for event in cluster.events]
    assert b_cubed(predicted, [press(event["articles"]) for event in truth()["events"]]) >= 0.93


def test_stories_are_those_that_a_careful_reader_sees() -> None:
    name_of = {article.id: name for name, article in articles()}
    true: dict[str, list[str]] = {}
    for event in truth()["events"]:
        true.setdefault(event["story"], []).extend(press(event["articles"]))
    predicted = [press([name_of[i] for i in cluster.article_ids]) for cluster in clusters()]
    assert b_cubed(predicted, list(true.values())) >= 0.89


def test_what_is_proposed_surely_is_mostly_true_and_most_answered_stories_get_a_proposal() -> None:
    name_of = {article.id: name for name, article in articles()}
    story_of = {name: event["story"] for event in truth()["events"] for name in event["articles"]}
    true = {(pairing.story, pairing.answer_article) for pairing in samples().pairings}
    found = [(p.confidence, (story_of[name_of[p.claim.article_id]], name_of[p.answer.article_id])) for p in proposals()]
    sure = [pair for confidence, pair in found if confidence >= 0.8]
    assert len(sure) >= 15
    assert sum(pair in true for pair in sure) / len(sure) >= 0.85
    answered = {story for story, _ in true}
    assert len({story for _, (story, answer) in found if (story, answer) in true}) / len(answered) >= 0.7


def test_every_proposal_is_proved_by_its_texts() -> None:
    text_of = {article.id: article.text for _, article in articles()}
    assert proposals()
    for proposal in proposals():
        for span, quoted in ((proposal.claim, proposal.claim_text), (proposal.answer, proposal.answer_text)):
            assert text_of[span.article_id][span.start : span.end] == quoted
        for evidence in proposal.evidence:
            for words in evidence.quoted:
                assert words in text_of[proposal.claim.article_id]
                assert words in text_of[proposal.answer.article_id]
