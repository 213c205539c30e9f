"""What clustering costs as the window grows: `python -m bench.clustering [--sizes 2000 5000 …] [--model]`.

Articles of invented words and vectors, a third of them alone and the rest in events of up to six, spread over a week.
Each size is a process of its own. Prints seconds, CPU seconds and the peak of memory of finding events and stories.
--model: the texts are embedded by the shipped model instead, and that is counted too.
"""

import argparse
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from digest.model.article import Article

SIZES = (2000, 5000, 10_000, 20_000, 50_000)
WORDS = 30_000
LEAD_WORDS = 80
DIMENSION = 384


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--model", action="store_true")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one is not None:
        measure(options.one, has_model=options.model)
        return
    print("  articles    stories   seconds       CPU   peak MB", flush=True)
    for size in options.sizes:
        model = ["--model"] if options.model else []
        subprocess.run(
            [sys.executable, "-m", "bench.clustering", "--one", str(size), *model], check=True, env=os.environ
        )


def measure(size: int, *, has_model: bool) -> None:
    from digest.stages.cluster import cluster_articles  # noqa: PLC0415 counted to nobody
    from digest.stages.embed import Embedder, embedding_text  # noqa: PLC0415
    from tests.factories import an_article  # noqa: PLC0415

    chance = np.random.default_rng(size)
    now = datetime(2026, 11, 23, tzinfo=UTC)
    articles: list[Article] = []
    vectors: list[NDArray[np.float64]] = []
    while len(articles) < size:
        middle, words = chance.normal(size=DIMENSION), chance.zipf(1.3, LEAD_WORDS) % WORDS
        began = now - timedelta(days=7 * float(chance.random()))
        for _ in range(1 if chance.random() < 1 / 3 else int(chance.integers(2, 7))):
            own = np.where(chance.random(LEAD_WORDS) < 0.5, words, chance.zipf(1.3, LEAD_WORDS) % WORDS)
            text = " ".join(f"word{number}" for number in own)
            articles.append(
                an_article(headline=text[:60], text=text, published_at=began + timedelta(hours=float(chance.random())))
            )
            vectors.append(middle + 0.7 * chance.normal(size=DIMENSION))
    rows = np.array(vectors[:size], dtype=np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    began_at, cpu = time.perf_counter(), time.process_time()
    if has_model:
        rows = Embedder().embed([embedding_text(article.headline, article.text) for article in articles[:size]])
    stories = cluster_articles(articles[:size], rows)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    seconds, computing = time.perf_counter() - began_at, time.process_time() - cpu
    print(f"{size:10,} {len(stories):10,} {seconds:9.1f} {computing:9.1f} {peak:9.0f}")


if __name__ == "__main__":
    main()
