from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from digest.model.article import Article
from digest.stages.cluster import UNDATED
from digest.stages.cluster.features import features_of
from digest.stages.cluster.thresholds import CAUTION, EVENT_AT_LEAST, event_at_least
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
