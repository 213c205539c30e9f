"""Why an article stands where it stands: by the same numbers that put it there."""

from datetime import timedelta

import numpy as np
import pytest

from digest.model.article import Article
from digest.model.story import ActiveStory, Binding, BindingKind
from digest.stages.cluster import explain_article
from digest.stages.cluster.features import features_of
from digest.stages.cluster.likeness import SAME_EVENT, SAME_STORY, Weights, contributions, log_odds
from tests.factories import NOON, a_story, an_article, ferry_words, rent_words
from tests.fakes import FakeEmbedder

HOUR = timedelta(hours=1)


def ferry(number: int) -> Article:
    return an_article(**ferry_words(number), published_at=NOON - number * HOUR)


def rent(number: int) -> Article:
    return an_article(**rent_words(number), published_at=NOON - number * HOUR)


def standing(*events: tuple[Article, ...]) -> ActiveStory:
    return ActiveStory(
        story=a_story(*(article for event in events for article in event), created_at=NOON - HOUR),
        events=tuple(tuple(article.id for article in event) for event in events),
    )


@pytest.mark.parametrize("weights", [SAME_EVENT, SAME_STORY])
def test_what_the_signals_add_is_all_that_there_is(weights: Weights) -> None:
    articles = [ferry(1), ferry(2), rent(1)]
    features = features_of(articles, FakeEmbedder().embed([article.headline for article in articles]))
    odds = log_odds(features, slice(0, 3), features, weights)
    for b in (1, 2):
        assert sum(contributions(features, 0, b, weights).values()) + weights.intercept == pytest.approx(
            float(odds[0, b]), abs=1e-4
        )


def test_what_pulled_an_article_in_is_named_strongest_first_and_so_is_what_it_did_not_join() -> None:
    event, sibling, elsewhere = (ferry(1), ferry(2), ferry(3)), (ferry(4),), (rent(1), rent(2))
    articles = [*event, *sibling, *elsewhere]
    vectors = FakeEmbedder().embed([f"{article.headline} {article.text}" for article in articles])
    apart = Binding(kind=BindingKind.CANNOT, a=event[0].id, b=elsewhere[0].id)
    other = standing(elsewhere)
    explained = explain_article(
        event[0].id, articles, vectors, existing=[standing(event, sibling), other], bindings=[apart]
    )
    assert explained is not None
    assert {link.article_ids for link in explained.same_event.links} == {(event[1].id,), (event[2].id,)}
    odds = [link.log_odds for link in explained.same_event.links]
    assert odds == sorted(odds, reverse=True)
    assert explained.same_event.mean == pytest.approx(np.mean(np.minimum(odds, 8.0)), abs=0.01)
    assert explained.same_event.mean >= explained.same_event.wanted
    assert [link.article_ids for link in explained.same_story.links] == [(sibling[0].id,)]
    assert explained.apart_from == (elsewhere[0].id,)
    assert explained.not_joined is not None
    assert explained.not_joined.story_id == other.story.id
    assert explained.not_joined.why == "you keep them apart"


def test_an_article_in_no_story_is_not_explained() -> None:
    articles = [ferry(1), ferry(2)]
    vectors = FakeEmbedder().embed([article.headline for article in articles])
    assert explain_article(articles[0].id, articles, vectors, existing=[standing((articles[1],))]) is None
