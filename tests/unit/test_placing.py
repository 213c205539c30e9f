"""What arrives between two clusterings is placed among the stories that stand."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from digest.model.article import Article
from digest.model.story import ActiveStory, Binding, BindingKind, Cluster
from digest.stages.cluster import cluster_articles, place_articles
from tests.factories import FERRY, NOON, a_story, an_answer, an_article, ferry, rent
from tests.fakes import FakeEmbedder

HOUR = timedelta(hours=1)


def standing(*articles: Article) -> ActiveStory:
    return ActiveStory(story=a_story(*articles), events=(tuple(article.id for article in articles),))


def placed(
    articles: Sequence[Article], existing: Sequence[ActiveStory], bindings: Sequence[Binding] = (), **changes: object
) -> list[Cluster]:
    vectors = FakeEmbedder().embed([f"{article.headline} {article.text}" for article in articles])
    return place_articles(articles, vectors, existing=existing, bindings=bindings, **changes)  # type: ignore[arg-type]  # anew


def members(clusters: Sequence[Cluster]) -> set[frozenset[int]]:
    return {frozenset(cluster.article_ids) for cluster in clusters}


def test_arrival_joins_what_reports_the_same_and_nothing_else_is_touched() -> None:
    ferries, rents, new = [ferry(1), ferry(2)], [rent(1), rent(2)], ferry(3)
    (cluster,) = placed([*ferries, *rents, new], [standing(*ferries), standing(*rents)])
    assert set(cluster.article_ids) == {article.id for article in (*ferries, new)}
    assert cluster.events == (cluster.article_ids,)


def test_nothing_that_arrives_changes_nothing() -> None:
    ferries = [ferry(1), ferry(2)]
    assert placed(ferries, [standing(*ferries)]) == []
    assert place_articles([], np.zeros((0, 0), dtype=np.float32), existing=[]) == []


def test_a_story_may_be_told_anew_as_it_stands() -> None:
    ferries, rents = standing(ferry(1)), standing(rent(1))
    articles = [ferry(1, id=ferries.story.article_ids[0]), rent(1, id=rents.story.article_ids[0])]
    assert members(placed(articles, [ferries, rents], anew=[rents.story.id])) == {frozenset(rents.story.article_ids)}


def test_arrivals_of_a_new_matter_are_a_story_of_their_own_in_any_order() -> None:
    ferries, rents = [ferry(1), ferry(2)], [rent(n, published_at=NOON - n * HOUR) for n in (1, 2, 3)]
    clusters = placed([*ferries, *rents], [standing(*ferries)])
    assert members(clusters) == {frozenset(article.id for article in rents)}
    assert placed([*rents[::-1], *ferries], [standing(*ferries)]) == clusters


def test_from_nothing_arrivals_become_what_a_clustering_makes_of_them() -> None:
    articles = [
        ferry(1),
        ferry(2),
        rent(1),
        rent(2),
        an_answer(headline="Thank you, Pellory", text="Two hundred doors."),
    ]
    vectors = FakeEmbedder().embed([f"{article.headline} {article.text}" for article in articles])
    assert placed(articles, []) == cluster_articles(articles, vectors)


def test_briefing_that_arrives_stands_alone() -> None:
    known = ferry(1)
    briefing = an_article(headline=f"Morning briefing: {FERRY}", text=known.text)
    assert members(placed([known, briefing], [standing(known)])) == {frozenset({briefing.id})}


def test_copy_joins_the_event_of_what_it_repeats_and_a_copy_of_another_week_does_not() -> None:
    briefing, again, old = (
        an_article(headline="Morning briefing", text="What matters today.", published_at=NOON - hours * HOUR)
        for hours in (4, 2, 100)
    )
    assert members(placed([briefing, again, old], [standing(briefing)])) == {
        frozenset({briefing.id, again.id}),
        frozenset({old.id}),
    }


def test_campaign_article_that_arrives_joins_the_story_it_is_about_and_founds_none_of_the_press() -> None:
    known = [ferry(1), ferry(2)]
    about = an_answer(
        headline="On the Patient Margaret off Skerrow", text=f"{FERRY}. The harbour needs two new ferries."
    )
    alone = an_answer(headline="Thank you, Pellory", text="Two hundred doors today. Thank you.")
    assert members(placed([*known, about, alone], [standing(*known)])) == {
        frozenset(article.id for article in (*known, about)),
        frozenset({alone.id}),
    }


def test_staffs_word_binds_what_arrives() -> None:
    ferries, rents, new = [ferry(1), ferry(2)], [rent(1), rent(2)], ferry(3)
    everything, stories = [*ferries, *rents, new], [standing(*ferries), standing(*rents)]
    apart = Binding(kind=BindingKind.CANNOT, a=ferries[0].id, b=new.id)
    assert members(placed(everything, stories, [apart])) == {frozenset({new.id})}
    together = Binding(kind=BindingKind.MUST, a=rents[0].id, b=new.id)
    (cluster,) = placed(everything, stories, [together])
    assert set(cluster.article_ids) == {article.id for article in (*rents, new)}
    assert (new.id,) in cluster.events, "in one story by staff's word, but another happening"


def test_many_identical_headlines_are_one_event() -> None:
    known = an_article(headline=FERRY, text="")
    copies = [an_article(headline=FERRY, text="", published_at=NOON) for _ in range(300)]
    (cluster,) = placed([known, *copies], [standing(known)])
    assert cluster.events == (cluster.article_ids,)
    assert len(cluster.article_ids) == 301
