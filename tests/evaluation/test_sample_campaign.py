"""Floors of quality on the sample campaign, through the stages themselves: what a change must not lose unseen.

Measured 2026-12: events B-cubed F1 .959, stories .928 (.903 as articles arrive five at a time; with other roundings of
the same vectors .907 to .949), 60 of 66 stories under the right topic, 31 of 40 of several reports summed up, all 26
sure pairings true, all 27 answered stories found. The floors stand a little below. The
weights of pairings were fitted on this campaign too; fitted without it they rank its pairs with average precision .87.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from datetime import UTC, datetime
from functools import cache
from itertools import count
from typing import Any

import pytest
from ruamel.yaml import YAML

from digest.demo.samples import Samples, read_samples, samples_folder
from digest.model.article import Article
from digest.model.ids import ArticleId, SourceId, StoryId, story_id_for
from digest.model.pairing import ProposedPairing
from digest.model.source import Campaign, SourceKind
from digest.model.story import ActiveStory, Cluster, Story, StoryPlan
from digest.model.text import shorten
from digest.ports import Vectors
from digest.sources import read_campaign
from digest.stages.cluster import FROZEN_AFTER, cluster_articles, plan_stories, says_so, topic_texts
from digest.stages.embed import Embedder, embedding_text
from digest.stages.match import match_pairings, texts_needed
from tests.evaluation.scoring import b_cubed
from tests.factories import an_article

pytestmark = pytest.mark.xdist_group("model")
NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)
PASS = 5
"""New articles a pass."""


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
def vectors() -> Vectors:
    """Row i belongs to article i + 1."""
    return embedder().embed([embedding_text(article.headline, article.text) for _, article in articles()])


@cache
def clusters() -> tuple[Cluster, ...]:
    return tuple(cluster_articles([article for _, article in articles()], vectors()))


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


@cache
def true_story() -> dict[str, str]:
    """Of each press and supportive article."""
    return {name: event["story"] for event in truth()["events"] for name in event["articles"] if name in press()}


@cache
def press() -> frozenset[str]:
    return frozenset(name for name, article in articles() if article.kind is not SourceKind.CAMPAIGN)


def labelled(groups: Iterable[Iterable[ArticleId]]) -> dict[str, int]:
    name_of = {article.id: name for name, article in articles()}
    return {name_of[i]: number for number, group in enumerate(groups) for i in group}


def test_events_are_those_that_a_careful_reader_sees() -> None:
    true = {name: event["id"] for event in truth()["events"] for name in event["articles"] if name in press()}
    assert b_cubed(labelled(event for cluster in clusters() for event in cluster.events), true) >= 0.94


def test_stories_are_those_that_a_careful_reader_sees() -> None:
    assert b_cubed(labelled(cluster.article_ids for cluster in clusters()), true_story()) >= 0.9


def test_campaign_article_stands_in_the_story_that_it_answers() -> None:
    stories = labelled(cluster.article_ids for cluster in clusters())
    told = {name: {stories[other] for other, story in true_story().items() if story == true} for name, true in ours()}
    assert sum(stories[name] in told[name] for name, _ in ours()) / len(ours()) >= 0.9


@cache
def ours() -> tuple[tuple[str, str], ...]:
    """(campaign article, story) of those that belong to one."""
    return tuple(
        (name, event["story"]) for event in truth()["events"] for name in event["articles"] if name not in press()
    )


def test_stories_are_filed_where_a_careful_reader_would_file_them_and_the_reason_is_in_their_words() -> None:
    topics = campaign().topics
    plans = plan_stories(
        clusters(),
        articles=[article for _, article in articles()],
        vectors=vectors(),
        existing=(),
        topics=topics,
        topic_vectors={topic.id: embedder().embed(topic_texts(topic)) for topic in topics},
        weights={},
        now=NOW,
    )
    told = {name: true_story()[name] for name in press()}
    true_topic = {story["id"]: story["topic"] for story in truth()["stories"]}
    name_of = {article.id: name for name, article in articles()}
    right = []
    for plan in plans:
        stories = Counter(told[name_of[i]] for event in plan.events for i in event if name_of[i] in told)
        if stories:
            right.append(plan.topic_id == true_topic[stories.most_common(1)[0][0]])
        assert plan.topic_reason.endswith(".")
        if plan.topic_reason.startswith("Speaks of"):
            assert not {"years", "last"} & set(re.findall(r"\w+", plan.topic_reason)), "every story speaks of these"
    assert sum(right) / len(right) >= 0.86


def test_stories_stay_what_they_are_as_articles_arrive() -> None:
    oldest_first = sorted(
        (article for _, article in articles()), key=lambda article: (article.published_at, article.id)
    )
    stored: dict[StoryId, ActiveStory] = {}
    redirects: dict[StoryId, StoryId] = {}
    clustered_at: datetime | None = None
    for number in (*range(PASS, len(oldest_first), PASS), len(oldest_first)):
        here = oldest_first[:number]
        now = here[-1].published_at
        rows = vectors()[[article.id - 1 for article in here]]
        plans = plan_stories(
            cluster_articles(here, rows),
            articles=here,
            vectors=rows,
            existing=list(stored.values()),
            topics=(),
            topic_vectors={},
            weights={},
            clustered_at=clustered_at,
            now=now,
        )
        clustered_at = now
        before, stored = stored, {}
        for plan in plans:
            known = before.get(plan.id) if plan.id else None
            name = plan.id or fresh_id(plan, taken=before.keys() | stored.keys() | redirects.keys())
            assert name not in stored
            stored[name] = ActiveStory(story=story(name, plan, known, now), events=plan.events)
            redirects |= dict.fromkeys(plan.absorbs, name)
        for name, active in before.items():
            assert name in stored or name in redirects, "a story that readers know is somewhere"
            if active.story.created_at <= now - FROZEN_AFTER:
                assert set(active.story.article_ids) <= set(stored[name].story.article_ids)
        assert sorted(i for active in stored.values() for i in active.story.article_ids) == sorted(a.id for a in here)
    assert b_cubed(labelled(active.story.article_ids for active in stored.values()), true_story()) >= 0.88


def test_most_stories_of_several_reports_are_summed_up_in_a_members_own_words() -> None:
    found = [article for _, article in articles()]
    plans = plan_stories(
        clusters(),
        articles=found,
        vectors=vectors(),
        existing=[],
        topics=(),
        topic_vectors={},
        weights={source.id: source.weight for source in campaign().sources},
        quotable={source.id: source.terms.quotable for source in campaign().sources},
        now=NOW,
    )
    article_by_id = {article.id: article for article in found}
    for plan in plans:
        assert plan.summary_article_id is None or says_so(article_by_id[plan.summary_article_id], plan.summary)
    several = [plan for plan in plans if sum(map(len, plan.events)) > 1]
    assert sum(bool(plan.summary) for plan in several) / len(several) >= 0.75


def fresh_id(plan: StoryPlan, *, taken: Set[StoryId]) -> StoryId:
    """As storage would name it: an id is never used again."""
    founder = articles()[plan.events[0][0] - 1][1]
    candidates = (story_id_for(founder.canonical_url, salt=salt) for salt in count())
    return next(candidate for candidate in candidates if candidate not in taken)


def story(name: StoryId, plan: StoryPlan, known: ActiveStory | None, now: datetime) -> Story:
    """As storage would keep it."""
    return Story(
        id=name,
        title=plan.title,
        lead_article_id=plan.lead_article_id,
        article_ids=tuple(article for event in plan.events for article in event),
        topic_id=plan.topic_id,
        topic_reason=plan.topic_reason,
        created_at=known.story.created_at if known else now,
        updated_at=now,
    )


def test_what_is_proposed_surely_is_mostly_true_and_most_answered_stories_get_a_proposal() -> None:
    name_of = {article.id: name for name, article in articles()}
    story_of = {name: event["story"] for event in truth()["events"] for name in event["articles"]}
    true = {(pairing.story, pairing.answer_article) for pairing in samples().pairings}
    found = [(p.confidence, (story_of[name_of[p.claim.article_id]], name_of[p.answer.article_id])) for p in proposals()]
    sure = [pair for confidence, pair in found if confidence >= 0.8]
    assert len(sure) >= 22
    assert sum(pair in true for pair in sure) / len(sure) >= 0.95
    answered = {story for story, _ in true}
    assert len({story for _, (story, answer) in found if (story, answer) in true}) / len(answered) >= 0.9


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
