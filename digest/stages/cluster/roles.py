"""What part an article plays in clustering, in which order articles are taken, and which are copies of each other."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import TypeAlias, assert_never

from digest.model.article import Article
from digest.model.background import Background
from digest.model.ids import ArticleId
from digest.model.source import SourceKind
from digest.model.text import is_round_up
from digest.stages.cluster.features import lead_of, opening_of
from digest.stages.cluster.many_matters import speak_of_many

CopyKey: TypeAlias = tuple[bool, str, str]
SAME_COPY_WITHIN = timedelta(days=1)
"""An article that repeats one of more than a day before is another happening: a column, a weekly notice."""


class Role(Enum):
    FOUNDER = "founder"
    """Founds stories, with others of its kind."""
    ROUND_UP = "round-up"
    """Touches many matters and must glue none of them together: stands alone."""
    SILENT = "silent"
    """Says nothing that could be compared: stands alone."""
    CAMPAIGN = "campaign"
    """Joins the story that it is about."""

    @property
    def stands_alone(self) -> bool:
        return self in {Role.ROUND_UP, Role.SILENT}


def roles_of(articles: Sequence[Article], *, background: Background | None = None) -> list[Role]:
    """Each one's part. A round-up says so in its headline, or is seen to be one.   background: see `features_of`."""
    many = speak_of_many(articles, background=background)
    return [_role(article, is_of_many=is_of_many) for article, is_of_many in zip(articles, many, strict=True)]


def _role(article: Article, *, is_of_many: bool) -> Role:
    match article.kind:
        case SourceKind.CAMPAIGN:
            return Role.CAMPAIGN
        case SourceKind.MAINSTREAM | SourceKind.FRIENDLY:
            if is_of_many or is_round_up(article.headline):
                return Role.ROUND_UP
            return Role.FOUNDER if _says_anything(article) else Role.SILENT
        case _:
            assert_never(article.kind)


def _says_anything(article: Article) -> bool:
    return any(character.isalnum() for character in opening_of(article))


def rank(article: Article) -> tuple[datetime, str, str, ArticleId]:
    """Oldest first; articles of one moment by their address, which is the same on every machine."""
    return (article.published_at, article.canonical_url, article.guid, article.id)


def copy_key(article: Article) -> CopyKey:
    """The same of articles that repeat each other word for word; those without a word repeat nothing."""
    is_ours = article.kind is SourceKind.CAMPAIGN
    if not _says_anything(article):
        return (is_ours, str(article.id), "")
    return (is_ours, article.headline.casefold().strip(), lead_of(article).casefold().strip())


def distinct(articles: Sequence[Article]) -> list[int]:
    """Positions of the articles that repeat none before them word for word."""
    first = {copy_key(article): place for place, article in reversed(list(enumerate(articles)))}
    return sorted(first.values())


def sizes_among(rows: Sequence[int], groups: Sequence[Collection[int]]) -> list[int]:
    """How many of the rows are in each group that has any; a row of no group is one by itself."""
    group_of = {row: number for number, group in enumerate(groups) for row in group}
    return list(Counter(group_of.get(row, -1 - row) for row in rows).values())
