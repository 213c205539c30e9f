"""Backup while everything runs, restore into either engine, and nothing half done."""

import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from digest.errors import ConflictError, StorageError
from digest.model.delivery import Medium, OutboxState
from digest.model.edition import Cadence
from digest.storage import Storage, backup_storage, open_storage, restore_storage, upgrade_storage
from tests.factories import NOON, a_new_article
from tests.integration.storage.lives import TODAY, a_plan, a_stored_story, published, stored


@pytest.fixture
def lived(storage: Storage) -> Storage:
    """A database with something in most of its tables."""
    published(storage, story=a_stored_story(storage, stored(storage, headline="Ünïcödé “🗳”")))
    return storage


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def other_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'other' / 'digest.sqlite'}"
        return
    server = str(request.getfixturevalue("postgres_server"))
    name = f"other_{abs(hash(tmp_path))}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        yield server.replace("/postgres?", f"/{name}?").replace("postgres:@", "postgres@")
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_everything_comes_back_on_either_engine_with_sending_paused(
    lived: Storage, database_url: str, other_url: str, tmp_path: Path
) -> None:
    rows = backup_storage(database_url, tmp_path / "backup.zip")
    assert restore_storage(tmp_path / "backup.zip", other_url) == rows
    restored = open_storage(other_url)
    with lived.read() as before, restored.read() as after:
        assert after.articles.active(NOON) == before.articles.active(NOON)
        assert after.stories.active(NOON) == before.stories.active(NOON)
        assert after.editions.published_on(Cadence.DAILY, TODAY) == before.editions.published_on(Cadence.DAILY, TODAY)
        assert not before.switches.is_sending_paused()
        assert after.switches.is_sending_paused()
        assert before.switches.restored_at() is None
        assert after.switches.restored_at() is not None
        # What was due may have left since the backup: it waits for a person's word, and resuming does not send it.
        assert {state for _, state in before.outbox.totals()} == {OutboxState.DUE}
        assert after.outbox.totals() == {
            (medium, OutboxState.UNKNOWN): number for (medium, _), number in before.outbox.totals().items()
        }
    assert restored.ledger("one").claim(limit=9, media=list(Medium), now=NOON) == []
    with restored.begin() as tx:  # numbers go on where they stood
        tx.articles.add(a_new_article(), now=NOON)
    restored.close()


def test_backup_is_of_one_moment_while_others_write(lived: Storage, database_url: str, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            with lived.begin() as tx:  # an article never stands without its story
                article = tx.articles.add(a_new_article(guid=f"g{number}"), now=NOON).article_id
                tx.stories.apply([a_plan(tx.articles.get(article))], now=NOON)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        backups = [backup_storage(database_url, tmp_path / f"{number}.zip") for number in range(3)]
    finally:
        stop.set()
        writer.join()
    for rows in backups:
        assert rows["articles"] == rows["article_events"] == rows["stories"]
    target = f"sqlite:///{tmp_path / 'restored.sqlite'}"
    assert restore_storage(tmp_path / "2.zip", target) == backups[2]


@pytest.mark.parametrize("damage", ["cut", "changed", "no zip", "newer", "missing table"])
def test_damaged_backup_changes_nothing(lived: Storage, database_url: str, tmp_path: Path, damage: str) -> None:
    file, target = tmp_path / "backup.zip", tmp_path / "restored.sqlite"
    backup_storage(database_url, file)
    match damage:
        case "cut":
            file.write_bytes(file.read_bytes()[:-200])
        case "no zip":
            file.write_bytes(b"hello")
        case _:
            with zipfile.ZipFile(file) as archive:
                members = {name: archive.read(name) for name in archive.namelist()}
            if damage == "changed":
                members["tables/articles.jsonl"] = members["tables/articles.jsonl"].replace(b"Ledger", b"Hedger")
                members["tables/articles.jsonl"] += b" "
            elif damage == "newer":
                members["manifest.json"] = members["manifest.json"].replace(b'"format": 1', b'"format": 2')
            else:
                del members["tables/articles.jsonl"]
            with zipfile.ZipFile(file, "w") as archive:
                for name, content in members.items():
                    archive.writestr(name, content)
    with pytest.raises(StorageError):
        restore_storage(file, f"sqlite:///{target}")
    upgrade_storage(f"sqlite:///{target}")
    storage = open_storage(f"sqlite:///{target}")
    with storage.read() as tx:
        assert tx.articles.count() == 0
    storage.close()


def test_restore_refuses_a_database_in_use(lived: Storage, database_url: str, tmp_path: Path) -> None:
    backup_storage(database_url, tmp_path / "backup.zip")
    with pytest.raises(ConflictError, match="empty"):
        restore_storage(tmp_path / "backup.zip", database_url)


@pytest.mark.parametrize("name", ["kept.zip", "digest.sqlite", "link", "."])
def test_backup_overwrites_nothing(lived: Storage, database_url: str, tmp_path: Path, name: str) -> None:
    (tmp_path / "kept.zip").write_bytes(b"kept")
    (tmp_path / "link").symlink_to(tmp_path / "kept.zip")
    if not (tmp_path / "digest.sqlite").exists():
        (tmp_path / "digest.sqlite").write_bytes(b"kept")
    before = {path.name: path.stat().st_ino for path in tmp_path.iterdir()}
    with pytest.raises(ConflictError, match="left as it is"):
        backup_storage(database_url, tmp_path / name if name != "." else Path(name))
    assert {path.name: path.stat().st_ino for path in tmp_path.iterdir()} == before


def test_backup_that_cannot_be_written_leaves_nothing(lived: Storage, database_url: str, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="none was made"):
        backup_storage(database_url, tmp_path / "nowhere" / "backup.zip")
    backup_storage(database_url, tmp_path / "backup.zip")
    assert [path.name for path in tmp_path.glob("*.zip*")] == ["backup.zip"]
    assert list(tmp_path.glob(".*partial")) == []
