"""PLACEHOLDER by the lead so that the CLI imports: the ml worker overwrites this file whole."""

from enum import StrEnum
from pathlib import Path


class Level(StrEnum):
    EVENT = "event"
    STORY = "story"


def evaluate_stories(articles: Path, out: Path, *, level: Level) -> None:
    raise NotImplementedError


def evaluate_pairings(posts: Path, stories: Path, out: Path, *, pairs: Path | None) -> None:
    raise NotImplementedError
