"""The backend that ships beside torch, on news leads: `python -m bench.embedding [--articles FILE.jsonl] [--rounds 5]`.

Both embed the same texts in turns, round after round, so that a busy machine slows both. Prints texts per second of
each (the median of the rounds), their ratio, how near their vectors are, and of how many texts the nearest other text
stays the same.
"""

import argparse
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from digest.demo.samples import read_samples, samples_folder
from digest.evaluation import read_articles
from digest.ports import Vectors
from digest.stages.embed import Embedder, embedding_text

ROUNDS = 5
MOST_TEXTS = 400
"""Every second, third … text of more."""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=Path, help="JSON lines of id, title, text; else the sample campaign's")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args(arguments)
    texts = some(leads(options.articles))
    shipped, torch = Embedder(), Embedder(backend="torch")
    rows, exact = shipped.embed(texts), torch.embed(texts)
    print(f"{len(texts)} texts of {statistics.mean(map(len, texts)):.0f} characters on average")
    paces = np.array([(pace(shipped, texts), pace(torch, texts)) for _ in range(options.rounds)])
    for embedder, found in zip((shipped, torch), paces.T, strict=True):
        spread = f"{found.min():.0f} to {found.max():.0f}"
        print(f"{embedder.backend:45} {np.median(found):6.0f} texts a second ({spread})")
    cosines = np.sum(rows * exact, axis=1)
    medians, fastest = np.median(paces, axis=0), paces.max(axis=0)
    print(
        f"ratio                      {medians[0] / medians[1]:.2f} of medians, {fastest[0] / fastest[1]:.2f} of fastest"
    )
    print(f"cosine                     {cosines.mean():.4f} on average, {cosines.min():.4f} at least")
    print(f"nearest neighbour kept     {np.mean(nearest(rows) == nearest(exact)):.1%}")


def leads(articles: Path | None) -> list[str]:
    """Each once: what a second article of the same words costs is nothing."""
    if articles is not None:
        found = [(article.headline, article.text) for article in read_articles(articles)[1]]
    else:
        found = [(sample.title or "", sample.text) for sample in read_samples(samples_folder()).articles]
    return list(dict.fromkeys(embedding_text(headline, text) for headline, text in found))


def some(texts: Sequence[str]) -> Sequence[str]:
    return texts[:: -(-len(texts) // MOST_TEXTS)] if texts else texts


def pace(embedder: Embedder, texts: Sequence[str]) -> float:
    """Texts a second."""
    began = time.perf_counter()
    embedder.embed(texts)
    return len(texts) / (time.perf_counter() - began)


def nearest(rows: Vectors) -> Vectors:
    """Of each row the place of the other that is most like it."""
    likeness = rows @ rows.T
    np.fill_diagonal(likeness, -1)
    return np.asarray(likeness.argmax(axis=1))


if __name__ == "__main__":
    main()
