"""Stories from articles: by what they report, whatever the order, and stable once readers know them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import combinations

import numpy as np
import pytest

from digest.model.article import Article
from digest.model.ids import ArticleId
from digest.model.source import SourceKind, Topic
from digest.model.story import ActiveStory, Binding, BindingKind, Cluster, StoryPlan
from digest.stages.cluster import FROZEN_AFTER, UNDATED, cluster_articles, plan_stories, topic_texts
from digest.stages.cluster.features import Features, features_of
from digest.stages.cluster.memberships import FEW, SETTLED_AFTER
from tests.factories import FERRY, NOON, a_story, an_answer, an_article, ferry, rent
from tests.fakes import FakeEmbedder

HOUR = timedelta(hours=1)


def clustered(articles: Sequence[Article], **changes: object) -> list[Cluster]:
    vectors = FakeEmbedder().embed([f"{article.headline} {article.text}" for article in articles])
    return cluster_articles(articles, vectors, **changes)  # type: ignore[arg-type]  # bindings


def planned(
    articles: Sequence[Article],
    *,
    existing: Sequence[ActiveStory] = (),
    bindings: Sequence[Binding] = (),
    clusters: Sequence[Cluster] | None = None,
    clustered_at: datetime | None = NOON - HOUR / 2,
) -> list[StoryPlan]:
    vectors = FakeEmbedder().embed([f"{article.headline} {article.text}" for article in articles])
    return plan_stories(
        cluster_articles(articles, vectors, bindings=bindings) if clusters is None else clusters,
        articles=articles,
        vectors=vectors,
        existing=existing,
        topics=(),
        topic_vectors={},
        weights={},
        bindings=bindings,
        clustered_at=clustered_at,
        now=NOON,
    )


def members(clusters: Sequence[Cluster]) -> set[frozenset[int]]:
    return {frozenset(cluster.article_ids) for cluster in clusters}


def test_two_matters_are_two_stories_in_any_order() -> None:
    articles = [ferry(1), ferry(2), ferry(3), rent(1), rent(2), rent(3)]
    expected = {frozenset(a.id for a in articles[:3]), frozenset(a.id for a in articles[3:])}
    assert members(clustered(articles)) == expected
    assert members(clustered(articles[::-1])) == expected
    assert clustered(articles) == clustered([articles[i] for i in (3, 0, 4, 1, 5, 2)])


def test_article_that_nobody_dated_joins_all_the_same() -> None:
    articles = [ferry(1), ferry(2), ferry(3, published_at=UNDATED), rent(1, published_at=UNDATED), rent(2)]
    assert members(clustered(articles)) == {
        frozenset(a.id for a in articles[:3]),
        frozenset(a.id for a in articles[3:]),
    }


def test_staffs_word_binds() -> None:
    articles = [ferry(1), ferry(2), rent(1), rent(2)]
    together = Binding(kind=BindingKind.MUST, a=articles[0].id, b=articles[2].id)
    assert len(clustered(articles, bindings=[together])) == 1
    apart = Binding(kind=BindingKind.CANNOT, a=articles[0].id, b=articles[1].id)
    stories = members(clustered(articles, bindings=[apart]))
    assert not any({articles[0].id, articles[1].id} <= story for story in stories)


def test_copies_of_one_text_are_one_event_unless_staff_keep_them_apart() -> None:
    copies = [an_article(headline=FERRY, text="The Patient Margaret broke down, Ebb said.") for _ in range(3)]
    (story,) = clustered(copies)
    assert story.events == (story.article_ids,)
    apart = Binding(kind=BindingKind.CANNOT, a=copies[0].id, b=copies[2].id)
    assert len(clustered(copies, bindings=[apart])) == 2
    copies.append(an_article(headline=FERRY, text="The Patient Margaret broke down, Ebb said."))
    for a, b in combinations([copy.id for copy in copies], 2):
        stories = members(clustered(copies, bindings=[Binding(kind=BindingKind.CANNOT, a=a, b=b)]))
        assert not any({a, b} <= story for story in stories)


def test_copy_of_another_week_is_another_happening() -> None:
    text = "Ferry timetable changes on Monday, the harbour office said."
    now, then = (an_article(headline=FERRY, text=text, published_at=NOON - days * 24 * HOUR) for days in (0, 8))
    (cluster, *_) = clustered([now, then])
    assert (now.id, then.id) not in cluster.events


def test_staffs_word_on_articles_that_are_not_here_changes_nothing() -> None:
    articles = [ferry(1), rent(1)]
    gone = [Binding(kind=kind, a=articles[0].id, b=ArticleId(10**9)) for kind in BindingKind]
    assert clustered(articles, bindings=gone) == clustered(articles)


def test_staff_may_join_what_the_campaign_says_to_a_story() -> None:
    alone = an_answer(headline="Thank you, Pellory", text="Two hundred doors today. Thank you.")
    articles = [ferry(1), ferry(2), alone]
    assert len(clustered(articles)) == 2
    assert len(clustered(articles, bindings=[Binding(kind=BindingKind.MUST, a=alone.id, b=articles[0].id)])) == 1


def test_briefing_stands_alone() -> None:
    briefing = an_article(headline=f"Morning briefing: {FERRY}", text=ferry(1).text)
    articles = [ferry(1), ferry(2), briefing]
    assert frozenset({briefing.id}) in members(clustered(articles))


def test_what_all_articles_share_does_not_make_them_one_matter() -> None:
    rng = np.random.default_rng(7)
    shared, own = rng.normal(size=64), rng.normal(size=(200, 64))
    vectors = (shared * 2 + own).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    features = features_of([an_article() for _ in vectors], vectors)
    pairs = np.triu_indices(len(vectors), 1)

    def likeness(rows: Features) -> float:
        return float((rows.embedding @ rows.embedding.T)[pairs].mean())

    assert float((vectors @ vectors.T)[pairs].mean()) > 0.7
    assert likeness(features) < 0.2
    few = features_of([an_article(), an_article()], vectors[:2])
    assert likeness_of_two(few) > 0.6, "two articles may well share their one matter"


def likeness_of_two(rows: Features) -> float:
    return float(rows.embedding[0] @ rows.embedding[1])


def test_campaign_article_joins_the_story_it_is_about_and_founds_none_of_the_press() -> None:
    about = an_answer(
        headline="On the Patient Margaret off Skerrow", text=f"{FERRY}. The harbour needs two new ferries."
    )
    alone = an_answer(headline="Thank you, Pellory", text="Two hundred doors today. Thank you.")
    articles = [ferry(1), ferry(2), about, alone]
    assert members(clustered(articles)) == {frozenset(a.id for a in articles[:3]), frozenset({alone.id})}


def test_campaign_articles_that_staff_bound_go_to_a_story_together_though_one_alone_is_about_it() -> None:
    answer = ferry(2, kind=SourceKind.CAMPAIGN)
    aside = an_article(kind=SourceKind.CAMPAIGN, headline="Come to the picnic", text="Bring a blanket and a song.")
    articles = [ferry(1), answer, aside]
    assert len(clustered(articles)) == 2
    for a, b in ((answer, aside), (aside, answer)):
        (story,) = clustered(articles, bindings=[Binding(kind=BindingKind.MUST, a=a.id, b=b.id)])
        assert set(story.article_ids) == {article.id for article in articles}


def test_campaign_articles_that_staff_bound_stay_away_from_what_one_of_them_is_kept_from() -> None:
    report, answer = ferry(1), ferry(2, kind=SourceKind.CAMPAIGN)
    aside = an_article(kind=SourceKind.CAMPAIGN, headline="Come to the picnic", text="Bring a blanket and a song.")
    bindings = [
        Binding(kind=BindingKind.MUST, a=answer.id, b=aside.id),
        Binding(kind=BindingKind.CANNOT, a=aside.id, b=report.id),
    ]
    assert [set(story.article_ids) for story in clustered([report, answer, aside], bindings=bindings)] in (
        [{report.id}, {answer.id, aside.id}],
        [{answer.id, aside.id}, {report.id}],
    )


def test_rows_must_belong_to_articles() -> None:
    with pytest.raises(ValueError, match="1 articles but 2 vectors"):
        cluster_articles([ferry(1)], np.zeros((2, 4), dtype=np.float32))
    assert cluster_articles([], np.zeros((0, 4), dtype=np.float32)) == []


def active(*articles: Article, age: timedelta) -> ActiveStory:
    return ActiveStory(story=a_story(*articles, created_at=NOON - age), events=(tuple(a.id for a in articles),))


def test_story_keeps_its_id_as_articles_arrive() -> None:
    first, second = ferry(1), ferry(2)
    known = active(first, age=HOUR)
    (plan,) = planned([first, second], existing=[known])
    assert plan.id == known.story.id
    assert {article for event in plan.events for article in event} == {first.id, second.id}


def test_young_stories_that_prove_one_are_merged_into_the_older() -> None:
    one, other = ferry(1), ferry(2)
    older, younger = active(one, age=2 * HOUR), active(other, age=HOUR)
    (plan,) = planned([one, other], existing=[older, younger])
    assert (plan.id, plan.absorbs) == (older.story.id, (younger.story.id,))


def test_story_told_by_few_keeps_its_id_and_articles_once_it_has_settled() -> None:
    one, other, fresh = ferry(1), [ferry(number) for number in range(2, 5)], ferry(5)
    settled, larger = active(one, age=SETTLED_AFTER), active(*other, age=2 * SETTLED_AFTER)
    plans = planned([one, *other, fresh], existing=[settled, larger])
    held = {plan.id: {article for event in plan.events for article in event} for plan in plans}
    assert held == {settled.story.id: {one.id}, larger.story.id: {fresh.id, *(article.id for article in other)}}
    assert not any(plan.absorbs for plan in plans)


@pytest.mark.parametrize(
    ("is_one_event", "clustered_at", "is_merged"),
    [
        (True, NOON - HOUR / 2, True),
        (False, NOON - HOUR / 2, False),
        (False, NOON - 2 * HOUR, True),
        (False, None, True),
    ],
    ids=["same happening", "same matter", "never told apart", "first clustering"],
)
def test_what_a_clustering_told_apart_is_merged_only_where_it_reports_the_same_happening(
    is_one_event: bool, clustered_at: datetime | None, is_merged: bool
) -> None:
    one, other = ferry(1), ferry(2)
    young = [active(article, age=HOUR) for article in (one, other)]
    ids = (one.id, other.id)
    cluster = Cluster(
        article_ids=ids, events=(ids,) if is_one_event else ((one.id,), (other.id,)), lead_article_id=one.id
    )
    plans = planned([one, other], existing=young, clusters=[cluster], clustered_at=clustered_at)
    assert [bool(plan.absorbs) for plan in plans] == ([True] if is_merged else [False, False])


def test_settled_stories_are_merged_where_staff_say_so_or_where_many_tell_both() -> None:
    one, other = ferry(1), ferry(2)
    settled = [active(one, age=2 * SETTLED_AFTER), active(other, age=SETTLED_AFTER)]
    together = Binding(kind=BindingKind.MUST, a=one.id, b=other.id)
    (plan,) = planned([one, other], existing=settled, bindings=[together])
    assert plan.absorbs == (settled[1].story.id,)
    some, others = [ferry(number) for number in range(FEW)], [ferry(number) for number in range(FEW, 2 * FEW)]
    settled = [active(*some, age=2 * SETTLED_AFTER), active(*others, age=SETTLED_AFTER)]
    (plan,) = planned([*some, *others], existing=settled)
    assert plan.absorbs == (settled[1].story.id,)


def test_stories_older_than_two_days_are_neither_merged_nor_split_but_grow() -> None:
    one, other, new = ferry(1), ferry(2), ferry(3)
    frozen = [active(article, age=FROZEN_AFTER + HOUR) for article in (one, other)]
    plans = planned([one, other, new], existing=frozen)
    assert {plan.id for plan in plans} == {known.story.id for known in frozen}
    assert all(plan.absorbs == () for plan in plans)
    assert sum(new.id in event for plan in plans for event in plan.events) == 1


def test_story_older_than_two_days_keeps_articles_that_no_longer_belong_together() -> None:
    one, other = ferry(1), rent(1)
    assert len(planned([one, other])) == 2
    (plan,) = planned([one, other], existing=[active(one, other, age=FROZEN_AFTER + HOUR)])
    assert {article for event in plan.events for article in event} == {one.id, other.id}


def test_articles_that_are_no_longer_looked_at_stay_in_their_story() -> None:
    resting, fresh = ferry(1), ferry(2)
    for age in (HOUR, FROZEN_AFTER + HOUR):
        known = active(resting, fresh, age=age)
        (plan,) = planned([fresh], existing=[known])
        assert plan.id == known.story.id
        assert {article for event in plan.events for article in event} == {resting.id, fresh.id}


def test_happening_stays_one_as_its_articles_come_to_rest_one_after_another() -> None:
    articles = [ferry(number, published_at=NOON - timedelta(days=9 - number)) for number in (1, 2, 3, 4)]
    for age in (HOUR, FROZEN_AFTER + HOUR):
        known = active(*articles, age=age)
        for resting in (1, 2, 3):
            (plan,) = planned(articles[resting:], existing=[known])
            assert plan.events == (tuple(article.id for article in articles),)
            known = ActiveStory(story=known.story, events=plan.events)


def test_staff_may_split_what_is_frozen() -> None:
    one, other = ferry(1), rent(1)
    frozen = active(one, other, age=FROZEN_AFTER + HOUR)
    binding = Binding(kind=BindingKind.CANNOT, a=one.id, b=other.id)
    plans = planned([one, other], existing=[frozen], bindings=[binding])
    assert len(plans) == 2
    assert [plan.id for plan in plans].count(frozen.story.id) == 1


def test_calm_headline_names_the_story() -> None:
    calm = ferry(1)
    loud = an_article(headline=f"BOMBSHELL! {FERRY}…", text=calm.text)
    for articles in ([calm, loud, ferry(2)], [loud, ferry(2), calm]):
        (plan,) = planned(articles)
        assert "BOMBSHELL" not in plan.title


def test_story_is_filed_under_the_topic_whose_words_it_uses() -> None:
    topics = [
        Topic(id="ferries", name="Ferries", seeds=("ferry, harbour, passengers",)),  # type: ignore[arg-type]  # an id
        Topic(id="housing", name="Housing", seeds=("rent, landlords, homes to let",)),  # type: ignore[arg-type]  # an id
    ]
    articles = [ferry(1), rent(1)]
    embedder = FakeEmbedder()
    vectors = embedder.embed([f"{article.headline} {article.text}" for article in articles])
    plans = plan_stories(
        cluster_articles(articles, vectors),
        articles=articles,
        vectors=vectors,
        existing=(),
        topics=topics,
        topic_vectors={topic.id: embedder.embed(topic_texts(topic)) for topic in topics},
        weights={},
        bindings=(),
        now=NOON,
    )
    topic_of = {plan.lead_article_id: plan.topic_id for plan in plans}
    assert topic_of == {articles[0].id: "ferries", articles[1].id: "housing"}
    assert all(plan.topic_reason for plan in plans)


def test_friendly_report_never_names_a_story_that_the_press_tells() -> None:
    press = ferry(1)
    friend = ferry(2, kind=SourceKind.FRIENDLY, source_id="lamplight")
    (plan,) = planned([friend, press])
    assert plan.lead_article_id == press.id


def test_the_newest_of_a_window_have_as_many_about_them_as_the_others() -> None:
    vectors = np.random.default_rng(3).normal(size=(400, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    articles = [an_article(published_at=NOON + timedelta(days=7 * number / 400)) for number in range(400)]
    crowding = features_of(articles, vectors).crowding
    middle, ends = crowding[100:300].mean(), np.concatenate([crowding[:50], crowding[350:]]).mean()
    assert abs(middle - ends) < 0.01
