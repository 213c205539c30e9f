"""Staff merge, split, move, rename and file stories: done at once, audited, and kept by every later clustering."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy

from digest.clock import FixedClock
from digest.editorial import stories as decide
from digest.errors import EditorialError, NotFoundError
from digest.model.article import Article
from digest.model.ids import ArticleId, StoryId, TopicId
from digest.model.source import Topic
from digest.model.story import Binding, BindingKind
from digest.pipeline import Tools
from digest.pipeline.report import PassReport
from digest.pipeline.stories import update_stories
from digest.pipeline.vectors import embed_articles
from digest.storage import Storage
from digest.storage.engine import make_engine, parse_url
from tests.factories import NOON, RIVAL_PRESS, a_campaign, ferry_words, rent_words
from tests.fakes import fake_tools
from tests.integration.storage.lives import ANN, a_stored_story, stored

HOUR = timedelta(hours=1)
TOPICS = (
    Topic(id=TopicId("ferries"), name="Ferries", seeds=("ferry, harbour, passengers",)),
    Topic(id=TopicId("housing"), name="Housing", seeds=("rent, landlords, homes to let",)),
)


def ferry(storage: Storage, number: int, **changes: Any) -> Article:
    return stored(storage, **ferry_words(number), **changes)


def rent(storage: Storage, number: int, **changes: Any) -> Article:
    return stored(storage, **rent_words(number), **changes)


@pytest.fixture
def tools(storage: Storage) -> Tools:
    return fake_tools(storage, a_campaign(topics=TOPICS))


def clustered(tools: Tools, *, now: datetime = NOON) -> None:
    """All of the window, anew."""
    report = PassReport()
    tools = at(tools, now)
    articles, vectors = embed_articles(tools, report)
    update_stories(tools, articles, vectors, report)


def at(tools: Tools, now: datetime) -> Tools:
    return fake_tools(tools.storage, tools.campaign, clock=FixedClock(now), embedder=tools.embedder)


def story_of(storage: Storage, article: Article) -> StoryId:
    with storage.read() as tx:
        found = tx.stories.holding(article.id)
    assert found is not None
    return found


def members(storage: Storage, *articles: Article) -> set[frozenset[ArticleId]]:
    with storage.read() as tx:
        return {
            frozenset(tx.stories.get(story).article_ids)
            for story in {story_of(storage, article) for article in articles}
        }


def ids(*groups: Sequence[Article]) -> set[frozenset[ArticleId]]:
    return {frozenset(article.id for article in group) for group in groups}


def test_merged_stories_stay_one_whatever_is_clustered_later(storage: Storage, tools: Tools) -> None:
    ferries, rents = [ferry(storage, n) for n in (1, 2)], [rent(storage, n) for n in (1, 2)]
    clustered(tools)
    gone, kept = story_of(storage, ferries[0]), story_of(storage, rents[0])
    assert gone != kept
    with storage.begin() as tx:
        decide.merge(tx, gone, into=kept, by=ANN, now=NOON)
        assert tx.stories.resolve(gone) == kept
    assert members(storage, *ferries, *rents) == ids([*ferries, *rents])
    late = rent(storage, 3)
    for hours in (1, 60):
        clustered(tools, now=NOON + hours * HOUR)
        assert members(storage, *ferries, *rents, late) == ids([*ferries, *rents, late])
        assert story_of(storage, late) == kept


def test_split_story_stays_two_whatever_is_clustered_later(storage: Storage, tools: Tools) -> None:
    articles = [ferry(storage, n) for n in (1, 2, 3, 4)]
    clustered(tools)
    whole = story_of(storage, articles[0])
    with storage.begin() as tx:
        new = decide.split(tx, whole, [articles[1].id, articles[2].id], by=ANN, now=NOON)
    expected = ids([articles[0], articles[3]], [articles[1], articles[2]])
    assert members(storage, *articles) == expected
    for hours in (1, 60):
        clustered(tools, now=NOON + hours * HOUR)
        assert members(storage, *articles) == expected
        assert (story_of(storage, articles[0]), story_of(storage, articles[1])) == (whole, new)


def test_what_was_split_may_be_merged_again(storage: Storage, tools: Tools) -> None:
    articles = [ferry(storage, n) for n in (1, 2, 3)]
    clustered(tools)
    whole = story_of(storage, articles[0])
    with storage.begin() as tx:
        new = decide.split(tx, whole, [articles[1].id], by=ANN, now=NOON)
        decide.merge(tx, new, into=whole, by=ANN, now=NOON)
    clustered(tools, now=NOON + HOUR)
    assert members(storage, *articles) == ids(articles)


def test_moved_article_stays_where_staff_put_it_and_takes_nothing_along(storage: Storage, tools: Tools) -> None:
    ferries, rents = [ferry(storage, n) for n in (1, 2, 3)], [rent(storage, n) for n in (1, 2)]
    clustered(tools)
    source, target = story_of(storage, ferries[0]), story_of(storage, rents[0])
    with storage.begin() as tx:
        decide.move(tx, ferries[0].id, to=target, by=ANN, now=NOON)
    late = [ferry(storage, 4), rent(storage, 3)]
    for hours in (1, 60):
        clustered(tools, now=NOON + hours * HOUR)
        assert {story_of(storage, article) for article in ferries[1:]} == {source}
        assert {story_of(storage, article) for article in (ferries[0], *rents, late[1])} == {target}


def test_moved_article_may_be_moved_back(storage: Storage, tools: Tools) -> None:
    ferries, rents = [ferry(storage, n) for n in (1, 2, 3)], [rent(storage, n) for n in (1, 2)]
    clustered(tools)
    source, target = story_of(storage, ferries[0]), story_of(storage, rents[0])
    with storage.begin() as tx:
        decide.move(tx, ferries[0].id, to=target, by=ANN, now=NOON)
        decide.move(tx, ferries[0].id, to=source, by=ANN, now=NOON)
    clustered(tools, now=NOON + HOUR)
    assert members(storage, *ferries, *rents) == ids(ferries, rents)


def test_moving_the_article_that_a_merge_was_bound_by_leaves_the_others_merged(storage: Storage, tools: Tools) -> None:
    one, other, third, fourth = ferry(storage, 1), rent(storage, 1), ferry(storage, 2), ferry(storage, 3)
    first, *rest = (a_stored_story(storage, article) for article in (one, other, third, fourth))
    with storage.begin() as tx:
        for story in rest[:2]:
            decide.merge(tx, story, into=first, by=ANN, now=NOON)
        decide.move(tx, one.id, to=rest[2], by=ANN, now=NOON)
    clustered(tools, now=NOON + HOUR)
    assert members(storage, one, other) == ids([one, fourth], [other, third])


def test_story_that_loses_its_only_article_leads_to_where_it_went(storage: Storage, tools: Tools) -> None:
    one, other = ferry(storage, 1), rent(storage, 1)
    clustered(tools)
    left, target = story_of(storage, one), story_of(storage, other)
    with storage.begin() as tx:
        decide.move(tx, one.id, to=target, by=ANN, now=NOON)
        assert tx.stories.resolve(left) == target


def test_staff_are_told_what_cannot_be_done(storage: Storage, tools: Tools) -> None:
    one, other = ferry(storage, 1), ferry(storage, 2)
    clustered(tools)
    story = story_of(storage, one)
    late = rent(storage, 1)
    with storage.begin() as tx:
        for wrong in ([], [one.id, other.id], [late.id]):
            with pytest.raises(EditorialError, match="some, but not all"):
                decide.split(tx, story, wrong, by=ANN, now=NOON)
        with pytest.raises(EditorialError, match="into itself"):
            decide.merge(tx, story, into=story, by=ANN, now=NOON)
        with pytest.raises(EditorialError, match="already"):
            decide.move(tx, one.id, to=story, by=ANN, now=NOON)
        with pytest.raises(EditorialError, match="next pass places it"):
            decide.move(tx, late.id, to=story, by=ANN, now=NOON)
        with pytest.raises(EditorialError, match="one line"):
            decide.rename(tx, story, " \n ", by=ANN, now=NOON)
        with pytest.raises(NotFoundError):
            decide.rename(tx, StoryId("nowhere"), "A name", by=ANN, now=NOON)
        with pytest.raises(NotFoundError):
            decide.file_under(tx, StoryId("nowhere"), None, by=ANN, now=NOON)


def test_name_that_staff_gave_stays_until_they_take_it_back(storage: Storage, tools: Tools) -> None:
    article = ferry(storage, 1)
    clustered(tools)
    story = story_of(storage, article)
    with storage.begin() as tx:
        decide.rename(tx, story, "  The Skerrow\nferry ", by=ANN, now=NOON)
    ferry(storage, 2)
    clustered(tools, now=NOON + HOUR)
    with storage.begin() as tx:
        named = tx.stories.get(story)
        assert (named.name, named.title.startswith("Ferry Patient")) == ("The Skerrow ferry", True)
        decide.take_name_back(tx, story, by=ANN, now=NOON)
        assert tx.stories.get(story).name == tx.stories.get(story).title


@pytest.mark.parametrize(("survivor", "absorbed", "expected"), [("A", "B", "A"), (None, "B", "B"), ("A", None, "A")])
def test_merged_story_keeps_its_name_or_takes_that_of_the_other(
    storage: Storage, tools: Tools, survivor: str | None, absorbed: str | None, expected: str
) -> None:
    kept, gone = (a_stored_story(storage, ferry(storage, n), now=NOON + n * HOUR) for n in (1, 2))
    with storage.begin() as tx:
        for story, name in ((kept, survivor), (gone, absorbed)):
            if name is not None:
                decide.rename(tx, story, name, by=ANN, now=NOON)
    clustered(tools, now=NOON + 3 * HOUR)  # which finds that they are one
    with storage.read() as tx:
        (active,) = tx.stories.active(NOON - 24 * HOUR)
        assert active.story.name == expected


def test_named_story_that_loses_its_articles_is_not_forgotten(storage: Storage, tools: Tools) -> None:
    one, other = ferry(storage, 1), rent(storage, 1)
    left, target = a_stored_story(storage, one), a_stored_story(storage, other)
    with storage.begin() as tx:
        decide.rename(tx, left, "The ferry", by=ANN, now=NOON)
        decide.file_under(tx, left, TopicId("ferries"), by=ANN, now=NOON)
        decide.move(tx, one.id, to=target, by=ANN, now=NOON)
        assert tx.stories.resolve(left) == target
        assert tx.stories.get(target).name == "The ferry"
        assert [filing.story_id for filing in tx.stories.filings()] == [target]


def test_story_stays_where_staff_filed_it_and_what_is_like_it_follows(storage: Storage, tools: Tools) -> None:
    article = ferry(storage, 1)
    clustered(tools)
    story = story_of(storage, article)
    with storage.begin() as tx:
        assert tx.stories.get(story).topic_id == "ferries"
        decide.file_under(tx, story, TopicId("housing"), by=ANN, now=NOON)
        assert tx.stories.get(story).topic_id == "housing"
    apart = ferry(storage, 2, published_at=NOON - 150 * HOUR, source_id=RIVAL_PRESS.id)
    with storage.begin() as tx:
        tx.stories.bind(Binding(kind=BindingKind.CANNOT, a=article.id, b=apart.id), by=ANN, now=NOON)
    clustered(tools, now=NOON + HOUR)
    with storage.read() as tx:
        filed, like_it = tx.stories.get(story), tx.stories.get(story_of(storage, apart))
    assert (filed.topic_id, filed.topic_reason) == ("housing", "You filed it here.")
    assert (like_it.topic_id, like_it.topic_reason) == ("housing", f"Like “{article.headline}”, that you filed here.")
    with storage.begin() as tx:
        decide.take_filing_back(tx, story, by=ANN, now=NOON)
    clustered(tools, now=NOON + 2 * HOUR)
    with storage.read() as tx:
        assert {s.story.topic_id for s in tx.stories.active(NOON - 200 * HOUR)} == {"ferries"}


def test_story_that_staff_filed_under_nothing_stays_there(storage: Storage, tools: Tools) -> None:
    article = ferry(storage, 1)
    clustered(tools)
    story = story_of(storage, article)
    with storage.begin() as tx:
        decide.file_under(tx, story, None, by=ANN, now=NOON)
    clustered(tools, now=NOON + HOUR)
    with storage.read() as tx:
        assert tx.stories.get(story).topic_id is None
        assert tx.stories.get(story).topic_reason == "You filed it under no topic."


def test_each_act_is_in_the_record(storage: Storage, tools: Tools, database_url: str) -> None:
    ferries, rents = [ferry(storage, n) for n in (1, 2)], [rent(storage, n) for n in (1, 2)]
    clustered(tools)
    one, other = story_of(storage, ferries[0]), story_of(storage, rents[0])
    with storage.begin() as tx:
        decide.rename(tx, one, "The ferry", by=ANN, now=NOON)
        decide.take_name_back(tx, one, by=ANN, now=NOON)
        decide.sum_up(tx, one, "The ferry broke down.", by=ANN, now=NOON)
        decide.take_summary_back(tx, one, by=ANN, now=NOON)
        decide.file_under(tx, one, None, by=ANN, now=NOON)
        decide.take_filing_back(tx, one, by=ANN, now=NOON)
        decide.move(tx, ferries[0].id, to=other, by=ANN, now=NOON)
        decide.split(tx, other, [ferries[0].id], by=ANN, now=NOON)
        decide.merge(tx, one, into=other, by=ANN, now=NOON)
    engine = make_engine(parse_url(database_url))
    with engine.connect() as connection:
        acts = connection.execute(sqlalchemy.text("SELECT act FROM audit ORDER BY id")).scalars().all()
    engine.dispose()
    assert acts == [
        "rename story",
        "take story's name back",
        "sum story up",
        "take story's summary back",
        "file story",
        "take story's topic back",
        "move article",
        "split story",
        "merge stories",
    ]
