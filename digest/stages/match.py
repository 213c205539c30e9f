"""Find which campaign passage answers which press claim, how surely, and why. Decides; stores nothing. (Being built.)"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from digest.model.article import Article, Span
from digest.model.ids import ArticleId, SourceId, StoryId
from digest.model.pairing import ProposedPairing
from digest.model.source import Candidate

Vector = NDArray[np.float32]


def find_passages(article: Article, *, candidates: Sequence[Candidate]) -> list[Span]:
    """A press article's claims or a campaign article's answers, best first. A friendly article has none."""
    raise NotImplementedError


def texts_needed(
    articles: Sequence[Article], *, candidates: Sequence[Candidate], source_names: Mapping[SourceId, str]
) -> list[str]:
    """Texts whose vectors `match_pairings` wants, each once, given the same articles."""
    raise NotImplementedError


def match_pairings(
    articles: Sequence[Article],
    *,
    story_by_article: Mapping[ArticleId, StoryId],
    candidates: Sequence[Candidate],
    source_names: Mapping[SourceId, str],
    vectors: Mapping[str, Vector],
) -> list[ProposedPairing]:
    """Pairings worth a person's look among these articles of any kind, surest first. Most campaign articles answer nothing.

    vectors: unit vector by text, for `texts_needed(articles, …)`; a missing one switches its feature off.
    """
    raise NotImplementedError
