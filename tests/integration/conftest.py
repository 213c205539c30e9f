"""Migrated databases, open; and parsing children, which several tests share."""

from collections.abc import Iterator

import pytest

from digest.stages.extract import ParserPool
from digest.storage import Storage, open_storage, upgrade_storage


@pytest.fixture
def storage(database_url: str) -> Iterator[Storage]:
    """Runs the test twice, once on each engine."""
    upgrade_storage(database_url)
    opened = open_storage(database_url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_storage(sqlite_url: str) -> Iterator[Storage]:
    """For what does not depend on the engine."""
    upgrade_storage(sqlite_url)
    opened = open_storage(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def parsers() -> Iterator[ParserPool]:
    with ParserPool(size=2, seconds=20, memory_mb=1024) as pool:
        yield pool
