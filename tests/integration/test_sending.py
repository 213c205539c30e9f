"""`digest sending`, through its own functions: what is seen, what is settled, and that staff's acts are kept."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy
from typer.testing import CliRunner, Result

from digest import editorial
from digest.cli.commands import app
from digest.cli.running import _print_next
from digest.clock import FixedClock
from digest.doctor import Finding, examine
from digest.errors import ConfigError, ConflictError
from digest.init import Answers, init_files, write_init
from digest.model.delivery import Delivery, DeliveryResult, Medium, UnknownPolicy
from digest.model.edition import Cadence
from digest.model.fetch import FetchState
from digest.model.ids import SourceId
from digest.pipeline import PassReport, deliver_due
from digest.settings import Settings
from digest.sources import read_campaign
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


def test_a_clock_that_went_back_stops_resuming_but_never_pausing(storage: Storage) -> None:
    with storage.begin() as tx:
        tx.clock.advance(LATER + timedelta(hours=1))
    assert sending("pause", "--as", "Ann").exit_code == 0
    refused = sending("resume", "--as", "Ann")
    assert isinstance(refused.exception, ConflictError)
    with storage.read() as tx:
        assert tx.switches.is_sending_paused()


@pytest.fixture
def campaign(storage: Storage, tmp_path: Path) -> Storage:
    """The same beside a sources.yaml that names no source yet."""
    write_init(tmp_path, init_files(Answers(title="The Quill", campaign="Oddy", candidate="Wilhelmina Oddy")))
    return storage


def test_run_tells_what_earlier_runs_left_unknown_and_what_to_do(campaign: Storage) -> None:
    said = CliRunner().invoke(app, ["run"]).stdout
    assert "Delivered" not in said
    assert "unknown    2 for email: the line broke; look whether they arrived, then `digest sending settle" in said
    assert f"unknown    1 for {CHANNEL}: the line broke" in said


def test_run_tells_what_waits_and_why(campaign: Storage) -> None:
    sending("settle", "--as", "Ann", "--send-again")
    said = CliRunner().invoke(app, ["run"]).stdout
    assert "waiting    2 for email: no mail relay is set; set DIGEST_SMTP_URL and DIGEST_EMAIL_FROM; `digest" in said
    sending("pause", "--as", "Ann")
    assert "Sending      paused; `digest sending resume --as NAME`" in CliRunner().invoke(app, ["run"]).stdout


def test_run_ends_with_the_command_that_publishes_a_draft_that_could_go(capsys: pytest.CaptureFixture[str]) -> None:
    report = PassReport(edition_on=NOON.date(), edition_state="draft", cards=2)
    _print_next(report)
    assert capsys.readouterr().out == f"Next         digest publish {NOON.date()} --as NAME\n"
    _print_next(replace(report, holds=("The imprint is empty.",)))
    _print_next(replace(report, edition_state="approved"))
    assert capsys.readouterr().out == ""


def test_retracting_says_how_many_had_left_already(campaign: Storage) -> None:
    sending("settle", "--as", "Ann", "--taken-as-sent", "--channel", CHANNEL)
    with campaign.read() as tx:
        revision = tx.editions.latest_published(Cadence.DAILY)
    assert revision is not None
    said = CliRunner().invoke(app, ["retract", str(revision.document.edition_on), "--as", "Ann", "--reason", "wrong"])
    assert said.stdout.endswith("1 of its messages had left already and can't be called back.\n")


def test_doctor_tells_of_messages_that_wait_for_a_person(campaign: Storage, tmp_path: Path) -> None:
    def looked_at(subject: str) -> Finding:
        settings = Settings.isolated(
            data=tmp_path / "data", sources=tmp_path / "sources.yaml", now=LATER.isoformat(), secret_key="k" * 31
        )
        return next(finding for finding in examine(settings) if finding.subject == subject)

    assert not looked_at("messages").is_fine
    assert looked_at("messages").words.startswith("3 may or may not have left, 0 failed")
    assert looked_at("secret key").words.startswith("it is shorter than 32 characters")
    sending("settle", "--as", "Ann", "--taken-as-sent")
    assert looked_at("messages").is_fine


def test_doctor_tells_which_sources_failed_last_time(campaign: Storage, tmp_path: Path) -> None:
    file = tmp_path / "sources.yaml"
    row = "\nsources:\n  - id: a\n    name: A\n    kind: mainstream\n    feed: https://a.org/feed\n    site: https://a.org/\n"
    file.write_text(file.read_text(encoding="utf-8").partition("\nsources:")[0] + row, encoding="utf-8")
    with campaign.begin() as tx:
        tx.sources.mirror(read_campaign(file).sources, now=NOON)
        tx.fetches.save_all(
            [FetchState(source_id=SourceId("a"), url="https://a.org/feed", failures=1, last_error="it answered 503")]
        )
    settings = Settings.isolated(data=tmp_path / "data", sources=file)
    found = next(finding for finding in examine(settings) if finding.subject == "feeds")
    assert not found.is_fine
    assert found.words.startswith("1 of 1 sources need a look")
    assert found.words.endswith("\nA: failed when last asked: it answered 503")
