"""Cached vectors: those of two models never meet, and what is broken is made anew."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest
import sqlalchemy

from digest.clock import FixedClock
from digest.model.article import Article
from digest.model.ids import TopicId
from digest.model.source import Topic
from digest.pipeline import Tools, explain
from digest.pipeline.report import PassReport
from digest.pipeline.stories import update_stories
from digest.pipeline.vectors import embed_articles, vectors_of
from digest.ports import Vectors
from digest.stages.embed import embedding_key, embedding_text
from digest.storage import Storage
from digest.storage.dialects import prepare_writer
from digest.storage.engine import make_engine, parse_url
from tests.factories import NOON, a_campaign, ferry_words
from tests.fakes import FakeEmbedder, fake_tools
from tests.integration.storage.lives import stored

HOUSING = Topic(id=TopicId("housing"), name="Housing", seeds=("rent, landlords",))
TEXTS = [f"The ferry is late by {number} minutes" for number in range(5)]


class ShortEmbedder(FakeEmbedder):
    """Another model: half as many numbers, under a name of its own unless told otherwise."""

    dimension = 192

    def __init__(self, backend: str = "fake/short/1") -> None:
        super().__init__()
        self.backend = backend


class FallingEmbedder(FakeEmbedder):
    """Finds at its first use that it has to be another one, as an int8 model does on a processor it is wrong on."""

    backend = "fake/quick/1"

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.backend = "fake/slow/1"
        return super().embed(texts)


def made(tools: Tools, texts: Sequence[str] = TEXTS) -> Vectors:
    found = vectors_of(tools, texts, "Embedding", PassReport())
    return np.stack([found[text] for text in texts])


def passed(tools: Tools) -> None:
    report = PassReport()
    articles, vectors = embed_articles(tools, report)
    update_stories(tools, articles, vectors, report)


def tools_of(storage: Storage, embedder: FakeEmbedder) -> Tools:
    return fake_tools(storage, a_campaign(topics=(HOUSING,)), embedder=embedder)


def ferry(storage: Storage, number: int) -> Article:
    return stored(storage, **ferry_words(number))


def test_another_model_makes_all_of_its_vectors_itself(storage: Storage) -> None:
    articles = [ferry(storage, number) for number in range(3)]
    passed(tools_of(storage, FakeEmbedder()))
    short = ShortEmbedder()
    tools = tools_of(storage, short)
    passed(tools)
    assert {embedding_text(article.headline, article.text) for article in articles} <= set(short.embedded)
    assert made(tools).shape == (5, 192)
    assert explain(tools, str(articles[0].id)).explanation.event


@pytest.mark.parametrize("cached", [slice(0, 1), slice(0, 4), slice(0, 5)])
def test_vectors_of_another_length_under_the_models_own_name_are_made_anew(storage: Storage, cached: slice) -> None:
    embedder = FakeEmbedder()
    made(tools_of(storage, ShortEmbedder(embedder.backend)), TEXTS[cached])
    tools = tools_of(storage, embedder)
    rows = made(tools, [*TEXTS, "One that nobody has seen"])
    np.testing.assert_array_equal(rows[:-1], FakeEmbedder().embed(TEXTS))
    embedder.embedded.clear()
    made(tools)
    assert not embedder.embedded, "they are kept from now on"


@pytest.mark.parametrize(
    "broken",
    [
        {"bytes": b""},
        {"bytes": b"\x00\x01\x02"},
        {"bytes": np.zeros(12, dtype="<f4").tobytes(), "dimension": 12},
        {"bytes": np.full(384, np.nan, dtype="<f4").tobytes()},
    ],
    ids=["empty", "cut off", "short", "no numbers"],
)
def test_broken_vector_is_made_anew_and_no_pass_fails(
    storage: Storage, database_url: str, broken: dict[str, object]
) -> None:
    articles = [ferry(storage, number) for number in range(3)]
    tools = tools_of(storage, FakeEmbedder())
    passed(tools)
    before = embed_articles(tools, PassReport())[1]
    key = embedding_key(embedding_text(articles[1].headline, articles[1].text))
    engine = make_engine(parse_url(database_url))
    with engine.connect() as plain, prepare_writer(plain) as connection, connection.begin():
        table = sqlalchemy.table("vectors", *(sqlalchemy.column(name) for name in ("key", "bytes", "dimension")))
        assert connection.execute(sqlalchemy.update(table).where(table.c.key == key).values(**broken)).rowcount == 1
    engine.dispose()
    np.testing.assert_array_equal(embed_articles(tools, PassReport())[1], before)
    passed(tools)


def test_model_given_up_in_the_midst_of_a_pass_is_given_up_for_all_that_is_compared(storage: Storage) -> None:
    """All articles are known, a topic is new: its first use of the model must not leave it beside another's."""
    ferry(storage, 1)
    quick = FakeEmbedder()
    quick.backend = FallingEmbedder.backend
    embed_articles(fake_tools(storage, a_campaign(topics=()), embedder=quick), PassReport())
    falling = FallingEmbedder()
    tools = tools_of(storage, falling)
    report = PassReport()
    articles, vectors = embed_articles(tools, report)
    after = len(falling.embedded)
    update_stories(tools, articles, vectors, report)
    assert len(falling.embedded) == after > len(articles), (
        "articles and topics by one model, before anything is compared"
    )


def test_last_years_article_that_comes_again_enters_no_story_of_today(storage: Storage) -> None:
    fresh = [ferry(storage, number) for number in (1, 2)]
    old = stored(
        storage, headline=fresh[0].headline, text=fresh[0].text, published_at=NOON - timedelta(days=365), guid="old"
    )
    tools = tools_of(storage, FakeEmbedder())
    passed(tools)
    for later in (timedelta(hours=1), timedelta(hours=8)):
        passed(fake_tools(storage, tools.campaign, embedder=tools.embedder, clock=FixedClock(NOON + later)))
    with storage.read() as tx:
        assert tx.stories.holding(old.id) is None
        assert tx.stories.holding(fresh[0].id) == tx.stories.holding(fresh[1].id) is not None
