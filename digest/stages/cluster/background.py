"""What is common in the campaign's archive, seeded with the sample campaign's: so that the first day has one, too."""

from collections import Counter
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from digest.model.background import Background
from digest.model.words import words_of

SEED_FILE = "background.tsv"
"""Beside this module, by `python -m scripts.background`: the articles looked at, then a stem and in how many a line."""


def background_of(texts: Iterable[str]) -> Background:
    """Counted over articles, each as headline and lead in one text."""
    seen_in: Counter[str] = Counter()
    articles = 0
    for text in texts:
        articles += 1
        seen_in.update(set(words_of(text)))
    return Background(articles=articles, seen_in={stem: number for stem, number in seen_in.items() if number > 1})


@cache
def seed() -> Background:
    """That of the sample campaign."""
    first, *lines = (files("digest.stages.cluster") / SEED_FILE).read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines)
    return Background(articles=int(first), seen_in={stem: int(number) for stem, number in rows})
