"""Sources that wait for their turn are stored together, each whole."""

import asyncio

import pytest

from digest.errors import NotFoundError
from digest.model.article import Reading
from digest.model.fetch import FetchState, NotModified
from digest.model.ids import ArticleId, SourceId
from digest.model.source import Source
from digest.pipeline import PassReport, Tools
from digest.pipeline.storing import MOST_READ, Gathered, Read, Storing
from digest.storage import Storage
from tests.factories import NOON, a_campaign, a_new_article, a_source
from tests.fakes import fake_tools

SOURCES = [a_source(id=SourceId(f"s{number}"), feed=f"https://s.example/{number}") for number in range(40)]


@pytest.fixture
def tools(storage: Storage) -> Tools:
    with storage.begin() as tx:
        tx.sources.mirror(SOURCES, now=NOON)
    return fake_tools(storage, a_campaign(sources=tuple(SOURCES)))


def gathered(source: Source, *read: Read) -> Gathered:
    state = FetchState(source_id=source.id, url=source.feed, last_ok_at=NOON)
    return Gathered(source=source, outcome=NotModified(url=source.feed, fresh_seconds=None), state=state, read=read)


def store_together(tools: Tools, *brought: Gathered) -> PassReport:
    report = PassReport()

    async def all_at_once() -> None:
        storing = Storing(tools, report)
        async with asyncio.TaskGroup() as tasks:
            for each in brought:
                tasks.create_task(storing.store(each))

    asyncio.run(all_at_once())
    return report


def new_ones(source: Source, count: int) -> list[Read]:
    return [
        Read(
            article=a_new_article(
                source_id=source.id, guid=f"{number}", canonical_url=f"https://s.example/{source.id}/{number}"
            ),
            known=None,
            reading=Reading(entry_sha256="e"),
        )
        for number in range(count)
    ]


def test_every_source_that_waits_is_stored(tools: Tools) -> None:
    report = store_together(tools, *(gathered(source, *new_ones(source, 3)) for source in SOURCES))
    with tools.storage.read() as tx:
        assert tx.articles.count() == report.added == 3 * len(SOURCES)
        assert tx.fetches.states().keys() == {source.id for source in SOURCES}
        assert {tally.not_modified for tally in tx.fetches.tallies(NOON.date())} == {1}


def test_a_source_with_more_than_a_batch_holds_is_stored_alone(tools: Tools) -> None:
    large, small = SOURCES[0], SOURCES[1]
    report = store_together(
        tools, gathered(large, *new_ones(large, MOST_READ + 1)), gathered(small, *new_ones(small, 1))
    )
    assert report.added == MOST_READ + 2


def test_what_cannot_be_stored_leaves_nothing_and_is_told(tools: Tools) -> None:
    lost = Read(known=ArticleId(77), withdrawn_because="its page is gone", reading=Reading())
    with pytest.raises(ExceptionGroup) as told:
        store_together(tools, gathered(SOURCES[0], *new_ones(SOURCES[0], 2), lost))
    assert isinstance(told.value.exceptions[0], NotFoundError)
    with tools.storage.read() as tx:
        assert tx.articles.count() == 0
        assert tx.fetches.states() == {}
