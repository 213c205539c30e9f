"""Following a campaign is political opinion: an address stands in one place, and every consent is written down."""

import logging
import zipfile
from pathlib import Path

import pytest
import sqlalchemy

from digest.model.delivery import DeliveryResult
from digest.storage import Storage, backup_storage
from digest.storage.engine import make_engine, parse_url
from digest.storage.tables import metadata
from tests.factories import NOON
from tests.integration.storage.lives import READERS, published
from tests.integration.storage.test_outbox import an_attempt, claimed

CANARY = READERS[0]


def places_of(url: str, needle: str) -> dict[str, int]:
    """table.column → rows in which the needle stands, over every column of every table."""
    engine = make_engine(parse_url(url))
    found: dict[str, int] = {}
    with engine.connect() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(sqlalchemy.select(table)).mappings():
                for column, value in row.items():
                    if needle in str(value):
                        found[f"{table.name}.{column}"] = found.get(f"{table.name}.{column}", 0) + 1
    engine.dispose()
    return found


def test_an_address_stands_in_one_column_after_a_whole_life(
    storage: Storage, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        published(storage)
        ledger = storage.ledger("one")
        for row, result in zip(claimed(storage), DeliveryResult, strict=False):
            assert ledger.intend(row.id, now=NOON)
            ledger.record(an_attempt(row, result), retry_at=NOON if result is DeliveryResult.RETRY else None)
        with storage.begin() as tx:
            tx.subscribers.mirror_list([CANARY.upper()], now=NOON)
            tx.subscribers.mirror_list([], now=NOON)
    assert places_of(database_url, CANARY) == {"subscribers.address": 1}
    assert CANARY not in caplog.text


def test_backup_holds_addresses_in_one_file_of_the_owner_alone(
    storage: Storage, database_url: str, tmp_path: Path
) -> None:
    published(storage)
    file = tmp_path / "backup.zip"
    backup_storage(database_url, file)
    assert file.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(file) as archive:
        holding = [name for name in archive.namelist() if CANARY.encode() in archive.read(name)]
    assert holding == ["tables/subscribers.jsonl"]


def test_leaving_the_list_ends_and_coming_back_begins_and_both_are_written_down(
    storage: Storage, database_url: str
) -> None:
    for addresses in ([CANARY], [], [CANARY.upper(), CANARY], [CANARY]):
        with storage.begin() as tx:
            tx.subscribers.mirror_list(addresses, now=NOON)
    with storage.read() as tx:
        assert tx.outbox.audience([]).email == 1
    engine = make_engine(parse_url(database_url))
    with engine.connect() as connection:
        acts = connection.execute(sqlalchemy.text("SELECT act FROM consents ORDER BY id")).scalars().all()
    engine.dispose()
    assert acts == ["confirmed", "withdrawn", "confirmed"]
