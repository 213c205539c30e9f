"""A migrated database of either engine, open."""

from collections.abc import Iterator

import pytest

from digest.storage import Storage, open_storage, upgrade_storage


@pytest.fixture
def storage(database_url: str) -> Iterator[Storage]:
    """Runs the test twice, once on each engine."""
    upgrade_storage(database_url)
    opened = open_storage(database_url)
    yield opened
    opened.close()
