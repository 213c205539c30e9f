"""Explaining: why an article stands in its story."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from digest.assembly import open_tools
from digest.cli.opening import opened, settings_at
from digest.cli.options import Json, Now
from digest.cli.output import harmless, print_json, show_bars
from digest.model.article import Article
from digest.model.ids import ArticleId, SourceId
from digest.model.story import Story
from digest.pipeline import Explained, explain
from digest.sources import read_campaign
from digest.stages.cluster import Level, Link

MOST_NAMED = 8


def explain_article(
    article: Annotated[
        str, typer.Argument(metavar="ARTICLE", help="Its address, as copied from a story's page, or its number.")
    ],
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Why an article stands in its story: what pulled it there, what staff said, and what it did not join.

    Every number is in log odds: 0 is an even chance, each 1 more is 2.7 times as likely. An article joins an event when
    its likeness to all the reports in it reaches on average what is wanted; an event joins a story by its likeness to
    what the story is about as a whole.

    For example: `digest explain https://ledger.example/rents`
    """
    settings = settings_at(now)
    campaign, clock = read_campaign(settings.sources), settings.clock()
    with (
        opened(settings) as storage,
        show_bars() as bars,
        open_tools(settings, campaign, storage, clock=clock, is_everything_due=False, progress=bars) as tools,
    ):
        explained = explain(tools, article)
    if as_json:
        print_json(_whole(explained))
        return
    names = {source.id: source.name for source in campaign.sources}
    for line in told(explained, names):
        print(harmless(line))


def told(explained: Explained, names: Mapping[SourceId, str]) -> Iterator[str]:
    """The explanation, line by line. names: of the sources."""
    explanation, articles = explained.explanation, explained.articles
    yield f"Article      {_reported(explained.article, names)}"
    yield f"             number {explained.article.id}, {explained.article.canonical_url}"
    yield f"Story        {_named(explained.story)}, {_counted(len(explained.story.article_ids), 'article')}"
    yield f"             {explained.story.topic_reason or 'Filed under nothing.'}"
    yield from _summary_lines(explained, names)
    yield f"Same event   {_level_in_words(explanation.same_event, len(explanation.event) - 1, 'on average')}"
    for link in explanation.same_event.links:
        yield from _link_lines(link, articles, names)
    siblings = len(explained.story.article_ids) - len(explanation.event)
    yield f"Same story   {_level_in_words(explanation.same_story, siblings, 'as a whole')}"
    for link in explanation.same_story.links:
        yield from _link_lines(link, articles, names)
    for ids, words in (
        (explanation.with_ids, "keep it with"),
        (explanation.apart_from, "keep it apart from"),
    ):
        if ids:
            others = [_reported(articles[i], names) if i in articles else f"article {i}" for i in ids[:MOST_NAMED]]
            rest = f" and {len(ids) - MOST_NAMED} more" if len(ids) > MOST_NAMED else ""
            yield f"Staff        {words} {'; '.join(others)}{rest}"
    if not (explanation.with_ids or explanation.apart_from):
        yield "Staff        have said nothing about it"
    if explanation.not_joined is not None and explained.other_story is not None:
        yield f"Not joined   {_named(explained.other_story)}: {explanation.not_joined.why}"
        yield from _link_lines(explanation.not_joined.link, articles, names)


def _summary_lines(explained: Explained, names: Mapping[SourceId, str]) -> Iterator[str]:
    story = explained.story
    if not story.in_short:
        yield "In short     no article of it says so in one sentence that may be quoted"
        return
    yield f"In short     {story.in_short}"
    said_by = explained.articles.get(story.summary_article_id) if story.summary_article_id is not None else None
    if story.staff_summary is not None:
        yield "             Staff wrote it."
    elif said_by is not None:
        yield f"             From {_reported(said_by, names)}"


def _level_in_words(level: Level, others: int, measured: str) -> str:
    if level.mean is None or not others:
        return "nothing else"
    return f"{_counted(others, 'article')} more; {_signed(level.mean)} {measured}, {_signed(level.wanted)} wanted"


def _link_lines(link: Link, articles: Mapping[ArticleId, Article], names: Mapping[SourceId, str]) -> Iterator[str]:
    first = next((articles[i] for i in link.article_ids if i in articles), None)
    more = f" and {_counted(len(link.article_ids) - 1, 'article')} of that event" if len(link.article_ids) > 1 else ""
    yield f"  {_signed(link.log_odds):>5}      {_reported(first, names) if first is not None else 'an article'}{more}"
    yield f"             {in_words(link.shares)}"


def in_words(shares: Sequence[tuple[str, float]]) -> str:
    """Like `meaning +5.1, same words +2.3, hours apart -0.6`, with real minus signs."""
    return ", ".join(f"{name} {_signed(share)}" for name, share in shares)


def _signed(number: float) -> str:
    return f"{number:+.1f}".replace("-", "\N{MINUS SIGN}")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _reported(article: Article, names: Mapping[SourceId, str]) -> str:
    source = names.get(article.source_id, article.source_id)
    return f"“{_on_one_line(article.headline)}” ({source}, {article.published_at:%-d %B %H:%M})"


def _named(story: Story) -> str:
    return f"“{_on_one_line(story.name)}” ({story.id})"


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _whole(explained: Explained) -> dict[str, Any]:
    return {
        "article": explained.article.id,
        "headline": explained.article.headline,
        "story_name": explained.story.name,
        "summary": explained.story.in_short,
        "summary_article_id": None if explained.story.staff_summary else explained.story.summary_article_id,
        "topic": explained.story.topic_id,
        "topic_reason": explained.story.topic_reason,
        **asdict(explained.explanation),
    }
