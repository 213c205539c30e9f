"""What sums a story up stands while its article says so and may be quoted; what staff wrote stands for good."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from digest.cli.explaining import told
from digest.editorial import stories as decide
from digest.errors import EditorialError, NotFoundError
from digest.model.article import Article
from digest.model.ids import ArticleId, StoryId
from digest.model.source import ExcerptMode, Terms
from digest.model.story import Story
from digest.pipeline import Tools, explain
from digest.pipeline.report import PassReport
from digest.pipeline.stories import basis_of, update_stories
from digest.pipeline.vectors import embed_articles
from digest.storage import Storage
from tests.factories import NOON, OURS, PRESS, RIVAL_PRESS, a_campaign, ferry_words
from tests.fakes import fake_tools
from tests.integration.storage.lives import ANN, a_plan, a_stored_story, stored

HOUR = timedelta(hours=1)
FIRST = "The Patient Margaret was towed to Skerrow with 53 passengers, harbour master Ebb said."
SECOND = "The Patient Margaret lost power off Skerrow with 53 passengers aboard, harbour master Ebb told the board."


def ferry(storage: Storage, number: int, summary: str, **changes: Any) -> Article:
    return stored(storage, **ferry_words(number) | {"guid": f"ferry-{number}", "summary": summary} | changes)


@pytest.fixture
def tools(storage: Storage) -> Tools:
    return fake_tools(storage, a_campaign())


def passed(tools: Tools, report: PassReport) -> Story:
    """A pass, and the one story there is after it."""
    articles, vectors = embed_articles(tools, report)
    update_stories(tools, articles, vectors, report)
    with tools.storage.read() as tx:
        (active,) = tx.stories.active(NOON - 24 * HOUR)
    return active.story


def test_it_is_stored_with_the_article_that_says_so(storage: Storage, tools: Tools) -> None:
    article = ferry(storage, 1, FIRST)
    story = passed(tools, PassReport())
    assert (story.summary, story.summary_article_id, story.in_short) == (FIRST, article.id, FIRST)


def test_it_goes_with_an_article_that_is_taken_back(storage: Storage, tools: Tools) -> None:
    ferry(storage, 1, "")
    taken_back = ferry(storage, 2, FIRST)
    report = PassReport()
    assert passed(tools, report).summary == FIRST
    with storage.begin() as tx:
        tx.articles.withdraw(taken_back.id, now=NOON)
    story = passed(tools, report)
    assert report.placed == 0, "it went though nothing arrived"
    assert (story.summary, story.summary_article_id) == ("", None)


def test_it_follows_what_its_feed_says_now(storage: Storage, tools: Tools) -> None:
    ferry(storage, 1, FIRST)
    report = PassReport()
    before, basis = passed(tools, report), basis_of(tools)
    ferry(
        storage, 1, SECOND, text="The Patient Margaret lost power off Skerrow with 53 passengers, Ebb told the board."
    )
    assert basis_of(tools) != basis
    after = passed(tools, report)
    assert (before.summary, after.summary) == (FIRST, SECOND)


@pytest.mark.parametrize("mode", [ExcerptMode.HEADLINE_ONLY, ExcerptMode.LINK_ONLY])
def test_it_goes_as_soon_as_the_terms_say_that_a_source_may_not_be_quoted(
    storage: Storage, tools: Tools, mode: ExcerptMode
) -> None:
    ferry(storage, 1, FIRST)
    report = PassReport()
    basis = basis_of(tools)
    assert passed(tools, report).summary == FIRST
    strict = a_campaign(sources=(replace(PRESS, terms=Terms(mode=mode)), RIVAL_PRESS, OURS))
    tools = fake_tools(storage, strict, embedder=tools.embedder)
    assert basis_of(tools) != basis
    assert passed(tools, report).summary == ""


def test_what_staff_wrote_stays_until_they_take_it_back(storage: Storage, tools: Tools) -> None:
    ferry(storage, 1, FIRST)
    report = PassReport()
    story = passed(tools, report)
    with storage.begin() as tx:
        decide.sum_up(tx, story.id, "  The ferry is late\nagain. ", by=ANN, now=NOON)
    ferry(storage, 2, SECOND)
    story = passed(tools, PassReport())
    assert (story.in_short, story.staff_summary) == ("The ferry is late again.", "The ferry is late again.")
    assert story.summary in {FIRST, SECOND}
    with storage.begin() as tx:
        decide.take_summary_back(tx, story.id, by=ANN, now=NOON)
        assert tx.stories.get(story.id).in_short == story.summary


def test_staff_are_told_what_no_summary_can_be(storage: Storage) -> None:
    story = a_stored_story(storage, ferry(storage, 1, ""))
    with storage.begin() as tx:
        for wrong in ("", " \n ", "long " * 50, "a\x00b"):
            with pytest.raises(EditorialError, match="summary is one line"):
                decide.sum_up(tx, story, wrong, by=ANN, now=NOON)
        with pytest.raises(NotFoundError):
            decide.sum_up(tx, StoryId("nowhere"), "Words.", by=ANN, now=NOON)


@pytest.mark.parametrize(("survivor", "absorbed", "expected"), [("A", "B", "A"), (None, "B", "B"), ("A", None, "A")])
def test_merged_story_keeps_what_staff_wrote_of_it_or_takes_that_of_the_other(
    storage: Storage, survivor: str | None, absorbed: str | None, expected: str
) -> None:
    kept, gone = (a_stored_story(storage, ferry(storage, number, "")) for number in (1, 2))
    with storage.begin() as tx:
        for story, words in ((kept, survivor), (gone, absorbed)):
            if words is not None:
                decide.sum_up(tx, story, words, by=ANN, now=NOON)
        decide.merge(tx, gone, into=kept, by=ANN, now=NOON)
        assert tx.stories.get(kept).staff_summary == expected


def test_story_that_staff_summed_up_is_not_forgotten_when_it_loses_its_articles(storage: Storage) -> None:
    one, other = ferry(storage, 1, ""), ferry(storage, 2, "")
    left, target = a_stored_story(storage, one), a_stored_story(storage, other)
    with storage.begin() as tx:
        decide.sum_up(tx, left, "The ferry is late.", by=ANN, now=NOON)
        tx.stories.apply([a_plan(one, other, id=target)], now=NOON)
        assert tx.stories.resolve(left) == target
        assert tx.stories.get(target).staff_summary == "The ferry is late."


def test_split_leaves_a_summary_with_the_article_whose_words_it_is(storage: Storage) -> None:
    one, other = ferry(storage, 1, ""), ferry(storage, 2, FIRST)
    with storage.begin() as tx:
        plan = a_plan(one, other, summary=FIRST, summary_article_id=other.id)
        (story,) = tx.stories.apply([plan], now=NOON)
        new = decide.split(tx, story, [other.id], by=ANN, now=NOON)
        assert (tx.stories.get(story).summary, tx.stories.get(story).summary_article_id) == ("", None)
        assert (tx.stories.get(new).summary, tx.stories.get(new).summary_article_id) == (FIRST, other.id)


def lines_of(tools: Tools, article_id: ArticleId) -> list[str]:
    return list(told(explain(tools, str(article_id)), {PRESS.id: PRESS.name}))


def test_explaining_an_article_says_its_story_in_short_and_by_whom(storage: Storage, tools: Tools) -> None:
    article = ferry(storage, 1, FIRST)
    story = passed(tools, PassReport())
    lines = lines_of(tools, article.id)
    place = lines.index(f"In short     {FIRST}")
    assert lines[place + 1] == f"             From “{article.headline}” (The Ledger, 23 November 10:00)"
    with storage.begin() as tx:
        decide.sum_up(tx, story.id, "The ferry is late.", by=ANN, now=NOON)
    assert lines_of(tools, article.id)[place : place + 2] == [
        "In short     The ferry is late.",
        "             Staff wrote it.",
    ]


def test_explaining_an_article_says_that_its_story_has_no_summary(storage: Storage, tools: Tools) -> None:
    article = ferry(storage, 1, "")
    passed(tools, PassReport())
    assert "In short     no article of it says so in one sentence that may be quoted" in lines_of(tools, article.id)
