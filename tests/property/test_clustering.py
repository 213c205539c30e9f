"""Whatever the articles and vectors: every article is in exactly one event of exactly one story, in any order."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.model.article import Article
from digest.model.ids import StoryId
from digest.model.source import SourceKind
from digest.model.story import ActiveStory, Binding, BindingKind, Cluster, Story, StoryPlan
from digest.stages.cluster import FROZEN_AFTER, all_that_follows, cluster_articles, place_articles, plan_stories
from tests.factories import NOON, a_story, an_article
from tests.fakes import FakeEmbedder

words = st.sampled_from("ferry rent guild quill tench roof lamp 9,400 Skerrow Brackmouth not".split())  # noqa: SIM905
texts = st.lists(words, max_size=12).map(" ".join)
articles = st.lists(
    st.builds(
        lambda headline, text, kind, hours: an_article(
            headline=headline, text=text, kind=kind, published_at=NOON - timedelta(hours=hours)
        ),
        texts,
        texts,
        st.sampled_from(SourceKind),
        st.integers(0, 200),
    ),
    min_size=1,
    max_size=12,
)

Stored: TypeAlias = dict[StoryId, ActiveStory]


def planned(
    found: list[Article], stored: Stored, *, now: datetime, bindings: Sequence[Binding] = ()
) -> list[StoryPlan]:
    """What a clustering of all that is found makes of the stories stored."""
    vectors = FakeEmbedder().embed([f"{article.headline} {article.text}" for article in found])
    return plan_stories(
        cluster_articles(found, vectors, bindings=bindings),
        articles=found,
        vectors=vectors,
        existing=list(stored.values()),
        topics=(),
        topic_vectors={},
        weights={},
        bindings=bindings,
        now=now,
    )


def after(plans: Sequence[StoryPlan], found: Sequence[Article], before: Stored, *, now: datetime) -> Stored:
    """The stories stored then; new ones get ids that no story had before."""
    stored: Stored = {}
    for number, plan in enumerate(plans):
        name = plan.id or StoryId(f"{len(found)}-{number}")
        ids = {article_id for event in plan.events for article_id in event}
        members = [article for article in found if article.id in ids]
        created_at = before[name].story.created_at if name in before else now
        stored[name] = ActiveStory(story=a_story(*members, id=name, created_at=created_at), events=plan.events)
    return stored


@settings(max_examples=60)
@given(articles, st.randoms(use_true_random=False), st.data())
def test_articles_are_parted_and_order_does_not_matter(
    found: list[Article], random: object, data: st.DataObject
) -> None:
    generator = np.random.default_rng(len(found))
    vectors = generator.normal(size=(len(found), 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ids = st.sampled_from([article.id for article in found])
    pairs = [(data.draw(ids), data.draw(ids)) for _ in range(2)]
    bindings = [Binding(kind=BindingKind.CANNOT, a=a, b=b) for a, b in pairs if a != b]
    clusters = cluster_articles(found, vectors, bindings=bindings)
    in_stories = sorted(i for cluster in clusters for i in cluster.article_ids)
    assert in_stories == sorted(i for c in clusters for event in c.events for i in event)
    assert in_stories == sorted(article.id for article in found)
    assert all(cluster.lead_article_id in cluster.article_ids for cluster in clusters)
    for binding in bindings:
        assert not any({binding.a, binding.b} <= set(cluster.article_ids) for cluster in clusters)
    order = list(range(len(found)))
    random.shuffle(order)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert cluster_articles([found[i] for i in order], vectors[order], bindings=bindings) == clusters


@settings(max_examples=40)
@given(articles)
def test_stories_keep_their_ids_as_articles_arrive_one_at_a_time(found: list[Article]) -> None:
    found = sorted(found, key=lambda article: article.published_at)
    stored: Stored = {}
    for count, newest in enumerate(found, 1):
        here, now = found[:count], newest.published_at
        before, plans = stored, planned(here, stored, now=now)
        stored = after(plans, here, before, now=now)
        absorbed = {name for plan in plans for name in plan.absorbs}
        assert before.keys() <= stored.keys() | absorbed
        assert not absorbed & stored.keys()
        for name, active in before.items():
            if active.story.created_at <= now - FROZEN_AFTER:
                assert set(active.story.article_ids) <= set(stored[name].story.article_ids)
        assert sorted(i for active in stored.values() for i in active.story.article_ids) == sorted(a.id for a in here)


@settings(max_examples=60)
@given(articles, st.integers(0, 72))
def test_second_clustering_of_the_same_articles_changes_nothing(found: list[Article], hours: int) -> None:
    stored = after(planned(found, {}, now=NOON), found, {}, now=NOON)
    later = NOON + timedelta(hours=hours)
    again = planned(found, stored, now=later)
    assert not [plan for plan in again if plan.absorbs]
    assert after(again, found, stored, now=later) == stored


@settings(max_examples=60)
@given(articles, st.data())
def test_only_staff_split_or_merge_what_is_older_than_two_days(found: list[Article], data: st.DataObject) -> None:
    """Whatever was together stays so, whatever was apart stays so, though a clustering would have it otherwise."""
    number = st.integers(0, 3)
    own: dict[int, list[Article]] = {}
    for article in found:
        own.setdefault(data.draw(number), []).append(article)
    old = NOON - FROZEN_AFTER
    stored = {
        StoryId(str(n)): ActiveStory(
            story=a_story(*members, id=StoryId(str(n)), created_at=old), events=(tuple(a.id for a in members),)
        )
        for n, members in own.items()
    }
    stood = {name: set(active.story.article_ids) for name, active in stored.items()}
    plans = planned(found, stored, now=NOON)
    assert {plan.id: {i for event in plan.events for i in event} for plan in plans} == stood
    ids = [article.id for article in found if article.kind is not SourceKind.CAMPAIGN] or [found[0].id]
    a, b = data.draw(st.sampled_from(ids)), data.draw(st.sampled_from(ids))
    together = any({a, b} <= members for members in stood.values())
    kind = BindingKind.CANNOT if together else BindingKind.MUST
    if a != b:
        plans = planned(found, stored, now=NOON, bindings=[Binding(kind=kind, a=a, b=b)])
        assert any({a, b} <= {i for event in plan.events for i in event} for plan in plans) is not together


@settings(max_examples=60)
@given(articles, st.randoms(use_true_random=False), st.data())
def test_arrivals_are_parted_and_what_stands_is_neither_split_nor_merged(
    found: list[Article], random: object, data: st.DataObject
) -> None:
    vectors = FakeEmbedder().embed([f"{article.headline} {article.text}" for article in found])
    known = data.draw(st.integers(0, len(found)))
    stand = [
        ActiveStory(
            story=a_story(*[article for article in found if article.id in cluster.article_ids]), events=cluster.events
        )
        for cluster in cluster_articles(found[:known], vectors[:known])
    ]
    ids = st.sampled_from([article.id for article in found])
    bindings = all_that_follows(
        [Binding(kind=kind, a=a, b=b) for kind in BindingKind for a, b in [(data.draw(ids), data.draw(ids))] if a != b]
    )
    clusters = place_articles(found, vectors, existing=stand, bindings=bindings)
    if known == len(found):
        assert not clusters
    told = [article for cluster in clusters for article in cluster.article_ids]
    assert len(told) == len(set(told))
    assert {article.id for article in found[known:]} <= set(told)
    for active in stand:
        before = set(active.story.article_ids)
        now = [set(cluster.article_ids) for cluster in clusters if before & set(cluster.article_ids)]
        assert all(before <= after for after in now)
        assert len(now) <= 1
    for binding in bindings:
        # What follows may part two that stand together: the clustering does that which staff's word brings about.
        if binding.kind is BindingKind.CANNOT and not any(is_both(binding, active.story) for active in stand):
            assert not any(is_both(binding, cluster) for cluster in clusters)
    order = list(range(len(found)))
    random.shuffle(order)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    again = place_articles([found[i] for i in order], vectors[order], existing=stand, bindings=bindings)
    assert again == clusters


def is_both(binding: Binding, holder: Story | Cluster) -> bool:
    return {binding.a, binding.b} <= set(holder.article_ids)
