from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from digest.model.article import Article
from digest.stages.cluster import UNDATED
from digest.stages.cluster.features import Features, features_of
from digest.stages.cluster.roles import distinct, sizes_among
from digest.stages.cluster.thresholds import CAUTION, EVENT_AT_LEAST, MOST_PER_SHARE, event_at_least, story_at_least
from tests.factories import an_article

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HAPPENINGS = 120


def height(*, twice: float, days: float = 2.0, happenings: int = HAPPENINGS, is_dated: bool = True) -> float:
    """Of a window of invented happenings, this share of which is reported twice."""
    chance = np.random.default_rng(5)
    words = ["".join(chance.choice(list("bdfgklmnprstaeiou"), 7)) for _ in range(900)]
    middles = chance.normal(size=(happenings, 64))
    articles: list[Article] = []
    vectors = []
    for happening in range(happenings):
        about = chance.choice(words, 14)
        at = NOON + timedelta(days=float(chance.uniform(0, days)))
        for _ in range(1 + (chance.random() < twice)):
            said = [*chance.permutation(about)[:10], *chance.choice(words, 6)]
            articles.append(
                replace(
                    an_article(headline=" ".join(said[:6]), text=" ".join(said)),
                    published_at=at if is_dated else UNDATED,
                )
            )
            vectors.append(middles[happening] + chance.normal(size=64) * 0.7)
    return event_at_least(features_of(articles, unit(vectors)))


def unit(rows: Sequence[np.ndarray]) -> np.ndarray:  # type: ignore[type-arg]
    stacked = np.stack(rows).astype(np.float32)
    return np.asarray(stacked / np.linalg.norm(stacked, axis=1, keepdims=True))


def test_more_is_asked_for_where_little_is_reported_twice() -> None:
    assert height(twice=0.9) == EVENT_AT_LEAST
    assert height(twice=0.0) == EVENT_AT_LEAST + CAUTION.most
    assert height(twice=0.0) > height(twice=0.3) > height(twice=0.9)


def test_less_is_asked_for_where_little_else_happens_at_the_time() -> None:
    assert height(twice=0.9, days=600) < height(twice=0.9)


def test_few_articles_ask_for_no_less_than_many() -> None:
    assert height(twice=0.9, happenings=4) >= EVENT_AT_LEAST
    assert height(twice=1.0, happenings=1) == EVENT_AT_LEAST
    assert height(twice=0.0, happenings=1) == EVENT_AT_LEAST


def test_articles_that_nobody_dated_are_near_all_others() -> None:
    assert height(twice=0.9, is_dated=False) == EVENT_AT_LEAST


def window(articles: int) -> Features:
    found = [an_article(headline=f"Report {number}", published_at=NOON) for number in range(articles)]
    return features_of(found, np.eye(articles, 8, dtype=np.float32))


def test_large_stories_draw_in_more_readily_than_small_ones() -> None:
    features = window(400)
    large, usual, small = (story_at_least(features, sizes) for sizes in ([100] * 4, [9] * 44 + [4], [1] * 400))
    assert (large, small) == (-MOST_PER_SHARE, MOST_PER_SHARE)
    assert abs(usual) < 0.05


def test_of_two_articles_nothing_is_known_of_the_size_of_stories() -> None:
    assert abs(story_at_least(window(2), [1, 1])) < 0.1


def test_copies_make_no_story_large() -> None:
    articles = [an_article(headline="The same", text="word for word"), an_article(headline="Another")]
    alone = distinct([articles[0], articles[0], articles[1], articles[0]])
    assert alone == [0, 2]
    assert sizes_among(alone, [{0, 1, 3}]) == [1, 1]
    assert sizes_among(alone, [{0, 1, 2, 3}]) == [2]
