"""In how many articles of an archive a word stands: what is common says little when two articles share it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """Document frequencies."""

    articles: int
    """That were looked at."""
    seen_in: Mapping[str, int]
    """By stem, in how many of them it stands; those in one alone are left out."""

    def __add__(self, other: Self) -> Self:
        return type(self)(
            articles=self.articles + other.articles, seen_in=Counter(self.seen_in) + Counter(other.seen_in)
        )
