"""The migrations make exactly the schema of the code, and a database of another version is refused in words."""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, MetaData, Table

from digest.errors import ConfigError, SchemaOutdatedError, StorageError
from digest.model.ids import ArticleId
from digest.storage import head_revision, open_storage, upgrade_storage
from digest.storage.dialects import prepare_writer, reset_sequence
from digest.storage.engine import make_engine, parse_url
from digest.storage.schema import upgrade
from digest.storage.tables import metadata
from tests.factories import NOON, PRESS, a_new_article


@pytest.fixture
def engine(database_url: str) -> Any:
    made = make_engine(parse_url(database_url))
    yield made
    made.dispose()


def shape(connection: Connection) -> dict[str, Any]:
    """Everything the engine knows of each table."""
    inspector = sqlalchemy.inspect(connection)
    return {
        table: {
            "columns": [{**column, "type": str(column["type"])} for column in inspector.get_columns(table)],
            "primary key": inspector.get_pk_constraint(table),
            "foreign keys": sorted(inspector.get_foreign_keys(table), key=str),
            "unique": sorted(inspector.get_unique_constraints(table), key=str),
            "checks": sorted(inspector.get_check_constraints(table), key=str),
            "indexes": sorted(inspector.get_indexes(table), key=str),
        }
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def test_upgrading_an_empty_database_gives_the_schema_of_the_code(database_url: str, engine: Engine) -> None:
    upgrade_storage(database_url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        migrated = shape(connection)
    with engine.connect() as connection, prepare_writer(connection).begin():
        metadata.drop_all(connection)
        metadata.create_all(connection)
        assert shape(connection) == migrated


def test_upgrading_twice_changes_nothing(database_url: str) -> None:
    assert upgrade_storage(database_url) == upgrade_storage(database_url) == head_revision()


def test_stored_articles_get_their_keys_and_those_with_one_key_stay(database_url: str, engine: Engine) -> None:
    urls = [
        "https://ledger.example/rents",
        "http://www.ledger.example/rents/",
        "http://ledger.example/rents",
        "https://ledger.example/ferry",
    ]
    with engine.connect() as connection, prepare_writer(connection).begin():
        upgrade(connection, "2026_11_25_reached_since")
        old = MetaData()
        old.reflect(connection, only=["sources", "articles", "texts"])
        connection.execute(
            old.tables["sources"].insert(), _row(old.tables["sources"], id=PRESS.id, kind=PRESS.kind.value)
        )
        for number, url in enumerate(urls, start=1):
            met = f"{url}?utm_source=feed&id={number}"
            article = _row(old.tables["articles"], id=number, source_id=PRESS.id, guid=url, url=met, canonical_url=url)
            connection.execute(old.tables["articles"].insert(), article | {"links": "[]", "text_origin": "page"})
            connection.execute(old.tables["texts"].insert(), _row(old.tables["texts"], article_id=number, revision=1))
        reset_sequence(connection, metadata.tables["articles"])
    upgrade_storage(database_url)
    storage = open_storage(database_url)
    with storage.begin() as tx:
        assert [tx.articles.get(ArticleId(number)).canonical_url for number in (1, 2, 3, 4)] == urls
        assert tx.articles.by_address(urls) == dict(zip(urls, (1, 1, 1, 4), strict=True))
        assert tx.articles.by_address(["http://ledger.example/rents/?id=2"]) == {"http://ledger.example/rents/?id=2": 2}
        for new, known in (
            (a_new_article(canonical_url="https://www.ledger.example/rents"), 1),
            (a_new_article(guid=urls[1], canonical_url=urls[1]), 2),
        ):
            assert tx.articles.add(new, now=NOON).article_id == known
    with engine.connect() as connection, prepare_writer(connection).begin():
        connection.execute(old.tables["texts"].delete().where(old.tables["texts"].c.article_id == 4))
        connection.execute(old.tables["articles"].delete().where(old.tables["articles"].c.id == 4))
    with storage.begin() as tx:  # an id is never given twice
        assert tx.articles.add(a_new_article(), now=NOON).article_id == 5
    storage.close()


def _row(table: Table, **values: object) -> dict[str, object]:
    """A row of which only `values` matter."""
    blank: dict[type, object] = {int: 1, float: 1.0, str: "", bool: False, datetime: NOON}
    needed = (column for column in table.columns if not column.nullable and column.name != "id")
    return {column.name: blank[column.type.python_type] for column in needed if column.name not in values} | values


def test_an_empty_database_is_refused_with_the_command(database_url: str) -> None:
    with pytest.raises(SchemaOutdatedError, match="digest upgrade"):
        open_storage(database_url)


def test_asking_for_a_database_that_is_not_there_makes_none(tmp_path: Path) -> None:
    file = tmp_path / "digest.sqlite"
    with pytest.raises(SchemaOutdatedError, match="digest upgrade"):
        open_storage(f"sqlite:///{file}")
    assert not file.exists()


def test_an_older_schema_is_refused_with_the_command(
    database_url: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade_storage(database_url)
    monkeypatch.setattr("digest.storage.schema.head_revision", lambda: "2027_01_01_the_next_one")
    with pytest.raises(SchemaOutdatedError, match="digest upgrade"):
        open_storage(database_url)


def test_a_newer_schema_is_refused_by_opening_and_by_upgrading(database_url: str, engine: Engine) -> None:
    upgrade_storage(database_url)
    with engine.connect() as connection, prepare_writer(connection).begin():
        connection.execute(sqlalchemy.text("UPDATE alembic_version SET version_num = '2099_from_the_future'"))
    with pytest.raises(SchemaOutdatedError, match="newer version"):
        open_storage(database_url)
    with pytest.raises(SchemaOutdatedError, match="newer version"):
        upgrade_storage(database_url)


def test_upgrading_makes_the_folder_of_the_database(tmp_path: Path) -> None:
    upgrade_storage(f"sqlite:///{tmp_path / 'a' / 'b' / 'digest.sqlite'}")
    file = tmp_path / "a" / "b" / "digest.sqlite"
    # Who follows a campaign is in it.
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://root:hunter2@localhost/digest", "SQLite or PostgreSQL"),
        ("not an address hunter2", "postgresql://user:password@host/name"),
        ("sqlite://", "memory"),
    ],
)
def test_an_address_that_is_no_database_of_ours_is_refused_without_repeating_it(url: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        upgrade_storage(url)
    assert "hunter2" not in str(caught.value)


def test_foreign_keys_hold_and_every_commit_reaches_the_disk(sqlite_url: str) -> None:
    upgrade_storage(sqlite_url)
    engine = make_engine(parse_url(sqlite_url))
    with engine.connect() as connection:
        pragmas = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in PRAGMAS}
    engine.dispose()
    assert pragmas == PRAGMAS


PRAGMAS = {"foreign_keys": 1, "journal_mode": "wal", "synchronous": 2, "busy_timeout": 30_000}


def test_damaged_file_is_found_by_looking_through_it(tmp_path: Path, sqlite_url: str) -> None:
    upgrade_storage(sqlite_url)
    storage = open_storage(sqlite_url)
    storage.check()
    storage.close()
    file = tmp_path / "digest.sqlite3"
    with closing(sqlite3.connect(file)) as database:  # of a table that opening does not read
        ((page,),) = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'audit'")
    whole, size = file.read_bytes(), 4096
    file.write_bytes(whole[: (page - 1) * size] + b"\x55" * size + whole[page * size :])
    storage = open_storage(sqlite_url)
    with pytest.raises(StorageError, match="is damaged"):
        storage.check()
    storage.close()


def test_sound_database_passes_on_either_engine(database_url: str) -> None:
    upgrade_storage(database_url)
    storage = open_storage(database_url)
    storage.check()
    storage.close()


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://u:hunter2@127.0.0.1:abc/db",
        "postgresql://u:p@hunter2@127.0.0.1/db",
        "postgresql://u:p@127.0.0.1/x@hunter2",
        "postgresql:///?hunter2=bar",
    ],
)
def test_address_of_no_postgresql_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(ConfigError, match="DIGEST_DATABASE_URL") as refused:
        parse_url(address)
    assert "hunter2" not in str(refused.value)
