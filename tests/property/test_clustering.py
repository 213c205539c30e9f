"""Whatever the articles and vectors: every article is in exactly one event of exactly one story, in any order."""

from datetime import timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.model.article import Article
from digest.model.source import SourceKind
from digest.model.story import Binding, BindingKind
from digest.stages.cluster import cluster_articles
from tests.factories import NOON, an_article

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
