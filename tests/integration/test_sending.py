"""`digest sending`, through its own functions: what is seen, what is settled, and that staff's acts are kept."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy
from typer.testing import CliRunner, Result

from digest import editorial
from digest.cli.commands import app
from digest.clock import FixedClock
from digest.errors import ConfigError
from digest.model.delivery import Delivery, DeliveryResult, Medium, UnknownPolicy
from digest.pipeline import deliver_due
from digest.storage import Storage, open_storage, upgrade_storage
from tests.factories import NOON
from tests.fakes import FakeNotifier
from tests.integration.storage.lives import ANN, CHANNEL, published

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    """The database that the commands open, an hour after every row of an edition became unknown."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIGEST_NOW", LATER.isoformat())
    (tmp_path / "data").mkdir()
    url = f"sqlite:///{tmp_path / 'data' / 'digest.sqlite'}"
    upgrade_storage(url)
    opened = open_storage(url)
    published(opened)
    ledger = opened.ledger("dies")
    for row in ledger.claim(limit=10, media=tuple(Medium), now=NOON):
        ledger.intend(row.id, now=NOON)
        unknown = Delivery(
            outbox_id=row.id,
            attempt=1,
            result=DeliveryResult.UNKNOWN,
            detail="the line broke",
            started_at=NOON,
            finished_at=NOON,
        )
        ledger.record(unknown, retry_at=None)
    yield opened
    opened.close()


def sending(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["sending", *arguments])


def acts(storage: Storage) -> list[tuple[str, str, str, str]]:
    engine = sqlalchemy.create_engine(storage._engine.url)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT by, act, subject, detail FROM audit ORDER BY id").all()
    engine.dispose()
    return [tuple(row) for row in rows if "sending" in row[1]]


def test_status_shows_each_medium_and_channel_with_what_was_said_last(storage: Storage) -> None:
    said = sending("status")
    assert said.stdout.startswith("running\n")
    rows = json.loads(sending("status", "--json").stdout)
    same = {"due": 0, "sent": 0, "failed": 0, "last said": "the line broke"}
    assert rows == [
        {"medium": "channel", "channel": CHANNEL, "unknown": 1} | same,
        {"medium": "email", "channel": "", "unknown": 2} | same,
    ]
    assert "@" not in said.stdout


def test_stored_edition_that_is_damaged_fails_in_words_and_blocks_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'digest.sqlite'}"
    upgrade_storage(url)
    with closing(open_storage(url)) as storage:
        published(storage)
        with closing(sqlite3.connect(tmp_path / "digest.sqlite")) as database, database:
            database.execute("UPDATE edition_revisions SET document = '{'")
        done = deliver_due(storage, FixedClock(NOON), notifies=FakeNotifier(), mails=None)
        assert (done.sent, done.failed) == (0, 1)
        assert "can't be read" in done.failures[0]
        assert "DIGEST_SMTP_URL" in done.failures[1]  # and the emails wait for a relay


def test_dry_run_of_settling_changes_nothing(storage: Storage) -> None:
    said = sending("settle", "--as", "Ann", "--send-again", "--dry-run")
    assert said.stdout == "3 to be sent again (--dry-run: nothing was changed)\n"
    with storage.read() as tx:
        assert sum(tx.outbox.troubles(since=NOON, now=LATER).values()) == 3
    assert acts(storage) == []


def test_settling_is_kept_with_who_and_what(storage: Storage) -> None:
    assert sending("settle", "--as", "Ann", "--send-again", "--channel", CHANNEL).stdout == "1 to be sent again\n"
    assert sending("settle", "--as", "Ann", "--taken-as-sent").stdout == "2 taken as sent\n"
    assert acts(storage) == [
        ("Ann", "settle sending", f"channel/{CHANNEL}", "send_again: 1"),
        ("Ann", "settle sending", "sending", "take_as_sent: 2"),
    ]
    with storage.read() as tx:
        assert tx.outbox.troubles(since=NOON, now=LATER) == {}


def test_settling_wants_to_know_which_way(storage: Storage) -> None:
    for options in ((), ("--send-again", "--taken-as-sent")):
        assert isinstance(sending("settle", "--as", "Ann", *options).exception, ConfigError)


def test_what_is_too_old_to_go_again_is_told(storage: Storage) -> None:
    with storage.begin() as tx:
        done = editorial.settle_sending(
            tx, UnknownPolicy.SEND_AGAIN, channel=None, by=ANN, now=NOON + timedelta(hours=13)
        )
    assert (done.settled, done.too_late) == (0, 3)


def test_pausing_and_resuming_are_kept(storage: Storage) -> None:
    assert sending("pause", "--as", "Ann").stdout == "paused\n"
    assert sending("status").stdout.startswith("paused\n")
    assert sending("resume", "--as", "Ben").stdout == "running\n"
    assert acts(storage) == [("Ann", "pause sending", "sending", ""), ("Ben", "resume sending", "sending", "")]
