"""Find which campaign passage answers which press claim, how surely, and why. Decides; stores nothing. (Being built.)"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from digest.model.article import Article
from digest.model.ids import ArticleId, SourceId, StoryId
from digest.model.pairing import ProposedPairing
from digest.model.source import Candidate

Vector = NDArray[np.float32]


def texts_needed(
    articles: Sequence[Article], *, candidates: Sequence[Candidate], source_names: Mapping[SourceId, str]
) -> list[str]:
    return []


def match_pairings(
    articles: Sequence[Article],
    *,
    story_by_article: Mapping[ArticleId, StoryId],
    candidates: Sequence[Candidate],
    source_names: Mapping[SourceId, str],
    vectors: Mapping[str, Vector],
) -> list[ProposedPairing]:
    return []
