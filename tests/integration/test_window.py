"""Which articles stories are found among: a week's, and what belongs to an event that reaches into it."""

from dataclasses import replace
from datetime import timedelta

from digest.clock import FixedClock
from digest.model.article import Article
from digest.model.ids import ArticleId
from digest.pipeline.report import PassReport
from digest.pipeline.stories import LARGE_WINDOW, update_stories, wait_before_clustering
from digest.pipeline.tools import Tools
from digest.pipeline.vectors import embed_articles
from digest.storage import Storage
from tests.factories import NOON, a_campaign, ferry_words
from tests.fakes import fake_tools
from tests.integration.storage.lives import stored

DAY = timedelta(days=1)


def passed(tools: Tools, days: float) -> tuple[list[ArticleId], int]:
    """What a pass so many days later looks at, and how many articles it calls active."""
    later = replace(tools, clock=FixedClock(NOON + days * DAY))
    report = PassReport()
    articles, vectors = embed_articles(later, report)
    update_stories(later, articles, vectors, report)
    return [article.id for article in articles], report.active_articles


def ferry(storage: Storage, number: int, *, days: float) -> Article:
    return stored(storage, **ferry_words(number), published_at=NOON + days * DAY)


def test_an_event_is_looked_at_whole_until_the_last_of_it_leaves_the_window(storage: Storage) -> None:
    tools = fake_tools(storage, a_campaign())
    alone = stored(storage, published_at=NOON - DAY, headline="A tortoise is found", text="It had been lost for weeks.")
    first, last = ferry(storage, 1, days=-1), ferry(storage, 2, days=-0.5)
    assert passed(tools, 0) == ([alone.id, first.id, last.id], 3)
    assert passed(tools, 6.2) == ([first.id, last.id], 1)
    with storage.read() as tx:
        (event,) = [e for s in tx.stories.active(NOON - DAY) for e in s.events if last.id in e]
    assert event == (first.id, last.id)
    assert passed(tools, 6.7) == ([], 0)


def test_what_an_outlet_took_back_is_looked_at_no_more(storage: Storage) -> None:
    tools = fake_tools(storage, a_campaign())
    first, last = ferry(storage, 1, days=-1), ferry(storage, 2, days=-0.5)
    assert passed(tools, 0) == ([first.id, last.id], 2)
    with storage.begin() as tx:
        tx.articles.withdraw(first.id, now=NOON)
    assert passed(tools, 6.2) == ([last.id], 1)


def test_what_arrives_soon_after_a_clustering_is_placed_and_clustered_later(storage: Storage) -> None:
    tools = fake_tools(storage, a_campaign())
    first = ferry(storage, 1, days=-1)
    report = PassReport()
    update_stories(tools, *embed_articles(tools, report), report)
    assert (report.clustered_at, report.placed) == (NOON, 0)

    second = ferry(storage, 2, days=-0.5)
    update_stories(tools, *embed_articles(tools, report), report)
    assert (report.clustered_at, report.placed) == (NOON, 1)
    with storage.read() as tx:
        (story,) = (active.story for active in tx.stories.active(NOON - 2 * DAY))
    assert story.article_ids == (first.id, second.id)

    later = replace(tools, clock=FixedClock(NOON + timedelta(minutes=5)))
    update_stories(later, *embed_articles(later, report), report)
    assert (report.clustered_at, report.placed) == (NOON + timedelta(minutes=5), 0)


def test_a_small_window_is_clustered_oftener_than_a_large_one_and_none_less_often_than_asked() -> None:
    every = timedelta(hours=3)
    small, large, huge = (wait_before_clustering(every, active) for active in (1000, LARGE_WINDOW, 50_000))
    assert small < timedelta(minutes=2)
    assert large == huge == every
