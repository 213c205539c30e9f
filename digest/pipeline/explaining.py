"""Why an article stands in its story, from what is stored; nothing is stored."""

from dataclasses import dataclass
from datetime import datetime

from digest.errors import ConfigError, NotFoundError
from digest.model.article import Article
from digest.model.ids import ArticleId
from digest.model.story import Story
from digest.pipeline.background import known_background
from digest.pipeline.report import PassReport
from digest.pipeline.tools import ACTIVE_WINDOW, Tools
from digest.pipeline.vectors import embed_articles
from digest.stages.cluster import Explanation, all_that_follows, explain_article
from digest.stages.extract import canonical_url
from digest.storage import Transaction

_WHERE_FROM = "Copy its address from its link on a story's page."


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    article: Article
    story: Story
    explanation: Explanation
    other_story: Story | None
    """The nearest that it did not join."""
    articles: dict[ArticleId, Article]
    """All that may be named."""


def explain(tools: Tools, asked: str) -> Explained:
    """Why an article stands where it stands. asked: its number or its address.

    Raises ConfigError when nothing is asked, NotFoundError when there is none, or when it is not among those that
    stories are made of now.
    """
    since = tools.clock.now() - ACTIVE_WINDOW
    with tools.storage.read() as tx:
        article = _article_of(tx, asked.strip())
        existing = tx.stories.active(since)
        bindings = tx.stories.bindings()
    if article.withdrawn_at is not None:
        raise NotFoundError(f"Its outlet has taken back article {article.id}: it is in no story any more.")
    if article.published_at < since:
        raise NotFoundError(
            f"Article {article.id} is of {_day(article.published_at)}: it rests. "
            f"Only articles of the last {ACTIVE_WINDOW.days} days are held against each other. "
            f"Add --now {article.published_at:%Y-%m-%d}T23:59 to look at it as of its day."
        )
    articles, vectors = embed_articles(tools, PassReport())
    explanation = explain_article(
        article.id,
        articles,
        vectors,
        existing=existing,
        bindings=all_that_follows(bindings, among=[each.id for each in articles]),
        background=known_background(tools),
    )
    if explanation is None:
        raise NotFoundError(f"Article {article.id} stands in no story yet; `digest run` places it.")
    story_by_id = {active.story.id: active.story for active in existing}
    return Explained(
        article=article,
        story=story_by_id[explanation.story_id],
        explanation=explanation,
        other_story=story_by_id[explanation.not_joined.story_id] if explanation.not_joined is not None else None,
        articles={each.id: each for each in articles},
    )


def _article_of(tx: Transaction, asked: str) -> Article:
    if not asked:
        raise ConfigError(f"Say which article. {_WHERE_FROM}")
    is_number = asked.isdecimal() and len(asked) < 19
    article_id = ArticleId(int(asked)) if is_number else tx.articles.find(canonical_url(asked))
    if article_id is None:
        raise NotFoundError(f"No article has the address {asked}. {_WHERE_FROM}")
    try:
        return tx.articles.get(article_id)
    except NotFoundError as error:
        raise NotFoundError(f"{error} {_WHERE_FROM}") from error


def _day(moment: datetime) -> str:
    return f"{moment:%-d %B %Y}"
