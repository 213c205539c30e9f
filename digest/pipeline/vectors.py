"""embed: vectors from the cache, or made and cached batch by batch."""

from collections.abc import Sequence

import numpy as np

from digest.model.article import Article
from digest.pipeline.report import PassReport
from digest.pipeline.tools import ACTIVE_WINDOW, Tools
from digest.ports import Vector, Vectors
from digest.stages.embed import embedding_key, embedding_text

EMBED_BATCH = 64


def embed_articles(tools: Tools, report: PassReport) -> tuple[list[Article], Vectors]:
    """The active articles and their vectors, row by row; the model is loaded only when something is new."""
    with tools.storage.read() as tx:
        articles = tx.articles.active(tools.clock.now() - ACTIVE_WINDOW)
    report.active_articles = len(articles)
    texts = [embedding_text(article.headline, article.text or article.summary) for article in articles]
    vector_by_text = vectors_of(tools, texts, "Embedding articles", report)
    rows = [vector_by_text[text] for text in texts]
    return articles, np.stack(rows) if rows else np.zeros((0, 0), dtype=np.float32)


def vectors_of(tools: Tools, texts: Sequence[str], stage: str, report: PassReport) -> dict[str, Vector]:
    """A vector for each text, from the cache or made and cached batch by batch."""
    now = tools.clock.now()
    key_by_text = {text: embedding_key(text) for text in texts}
    while True:
        backend = tools.embedder.backend
        with tools.storage.read() as tx:
            missing = set(tx.vectors.missing(list(key_by_text.values()), backend=backend))
        new = [text for text, key in key_by_text.items() if key in missing]
        if new:
            report.is_model_loaded = True
        tools.progress.stage(stage, total=len(new))
        for first in range(0, len(new), EMBED_BATCH):
            batch = new[first : first + EMBED_BATCH]
            rows = tools.embedder.embed(batch)
            # The first use may have fallen back to another backend: its vectors are not of this family.
            if tools.embedder.backend != backend:
                break
            with tools.storage.begin() as tx:
                tx.vectors.add(
                    backend, {key_by_text[text]: row for text, row in zip(batch, rows, strict=True)}, now=now
                )
            tools.progress.advance(len(batch))
        else:
            break
    with tools.storage.read() as tx:
        loaded = tx.vectors.load(list(key_by_text.values()), backend=backend)
    return {text: loaded[key] for text, key in key_by_text.items()}
