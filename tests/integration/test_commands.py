"""The commands as an operator types them: exit codes, words, and nothing lost when something is wrong."""

import ctypes
import json
import os
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.demo.press import SamplePress, serve_press
from digest.demo.samples import read_samples, samples_folder
from digest.pipeline.lease import hold_lease
from digest.storage import open_storage

PR_CAPBSET_DROP = 24
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2


@pytest.fixture(scope="module")
def press() -> Iterator[SamplePress]:
    with serve_press(read_samples(samples_folder()), anchor=datetime.now(UTC)) as running:
        yield running


class Place:
    """A folder with a sources.yaml and the environment of an operator."""

    def __init__(self, folder: Path, press: SamplePress, *, sources: int = 14) -> None:
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "DIGEST_DATA": str(folder / "data"),
            "DIGEST_SOURCES": str(folder / "sources.yaml"),
            "DIGEST_ALLOW_PRIVATE": press.base.removeprefix("http://"),
            "DIGEST_HOST_SPACING_SECONDS": "0",
        }
        text = (
            (samples_folder() / "sources.yaml").read_text(encoding="utf-8").replace("http://press.example", press.base)
        )
        if sources < 14:
            kept = text.split("  - id: ")
            topics, rows = kept[:-14], kept[-14:]
            text = "  - id: ".join([*topics, *rows[:1], *rows[7 : 6 + sources]])
        (folder / "sources.yaml").write_text(text, encoding="utf-8")

    def digest(self, *arguments: str, **how: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # type: ignore[call-overload, no-any-return]  # how: user, preexec_fn
            [sys.executable, "-m", "digest", *arguments],
            env=self.environment,
            cwd=how.pop("cwd", self.folder),
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
            **how,
        )

    def count(self, query: str) -> int:
        with sqlite3.connect(self.folder / "data" / "digest.sqlite") as database:
            number: int = database.execute(query).fetchone()[0]
        return number


@pytest.fixture
def place(tmp_path: Path, press: SamplePress) -> Place:
    made = Place(tmp_path, press, sources=4)
    assert made.digest("upgrade").returncode == 0
    return made


def test_run_twice_doubles_nothing_and_ends_with_a_summary(place: Place) -> None:
    first = place.digest("run")
    assert first.returncode == 0, first.stderr
    assert "Sources      4 reached" in first.stdout
    assert "Edition" in first.stdout
    articles = place.count("SELECT count(*) FROM articles")
    second = json.loads(place.digest("run", "--json").stdout)
    assert second["added"] == 0
    assert not second["is_model_loaded"]
    assert place.count("SELECT count(*) FROM articles") == articles > 0


def test_an_article_is_explained_by_its_number_and_by_its_address(place: Place) -> None:
    place.digest("run")
    number = place.count(
        # As its outlet's feed gives it: with a parameter that counts readers, which is no part of an article's address.
        "SELECT min(article_id) FROM article_events JOIN articles ON articles.id = article_id "
        "WHERE url LIKE '%?utm_source=feed' GROUP BY event_id ORDER BY count(*) DESC, event_id LIMIT 1"
    )
    by_number = place.digest("explain", str(number))
    assert by_number.returncode == 0, by_number.stderr
    assert "Same event" in by_number.stdout
    assert "meaning +" in by_number.stdout
    assert "In short     " in by_number.stdout
    whole = json.loads(place.digest("explain", str(number), "--json").stdout)
    assert whole["summary"] in by_number.stdout
    assert (whole["summary_article_id"] is None) == (not whole["summary"])
    with sqlite3.connect(place.folder / "data" / "digest.sqlite") as database:
        ((address,),) = database.execute("SELECT url FROM articles WHERE id = ?", (number,))
    assert json.loads(place.digest("explain", address, "--json").stdout) == whole
    for asked, code, words in (
        ("https://nobody.example/", 1, "No article has the address https://nobody.example/. Copy its address from"),
        ("999999", 1, "There is no article 999999. Copy its address from"),
        (" ", 2, "Say which article. Copy its address from"),
    ):
        missing = place.digest("explain", asked)
        assert (missing.returncode, missing.stdout) == (code, "")
        assert words in missing.stderr
    late = place.digest("explain", str(number), "--now", "2099-01-01")
    assert late.returncode == 1
    assert "look at it as of its day" in late.stderr


def test_sample_campaign_is_refused_outside_the_demo(place: Place) -> None:
    place.digest("run")
    answer = place.digest("publish", "--as", "ann", "--yes")
    assert answer.returncode == 1
    assert "sample" in answer.stderr
    assert place.count("SELECT count(*) FROM outbox") == 0


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("kind: campaign", "kind: campain", "did you mean campaign"),
        ("  - id: ledger", "  - id: quill-posts", "quill-posts"),
        ("kind: campaign", "kind:\tcampaign\n\t", "tab"),
        ("kind: campaign", "kind: campaign\n    colour: red", "colour"),
    ],
)
def test_wrong_sources_file_exits_2_and_changes_nothing(place: Place, before: str, after: str, says: str) -> None:
    file = place.folder / "sources.yaml"
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), encoding="utf-8")
    answer = place.digest("run")
    assert answer.returncode == 2, answer.stdout + answer.stderr
    assert "sources.yaml line" in answer.stderr
    assert says.casefold() in answer.stderr.casefold()
    assert "Traceback" not in answer.stderr
    assert place.count("SELECT count(*) FROM articles") == 0


def test_every_source_down_fails_in_words_and_keeps_what_is_there(place: Place) -> None:
    assert place.digest("run").returncode == 0
    articles = place.count("SELECT count(*) FROM articles")
    file = place.folder / "sources.yaml"
    text = file.read_text(encoding="utf-8")
    base = "http://" + place.environment["DIGEST_ALLOW_PRIVATE"]
    file.write_text(text.replace(base, "http://nowhere.invalid"), encoding="utf-8")
    answer = place.digest("run")
    assert answer.returncode == 1
    assert "4 failed" in answer.stdout
    assert "Traceback" not in answer.stderr
    assert place.count("SELECT count(*) FROM articles") == articles


def test_clock_never_goes_back_without_force(place: Place) -> None:
    now = datetime.now(UTC)
    assert place.digest("run", "--now", now.isoformat()).returncode == 0
    back = (now - timedelta(hours=1)).isoformat()
    refused = place.digest("run", "--now", back)
    assert refused.returncode == 1
    assert "--force" in refused.stderr
    assert place.digest("run", "--now", back, "--force").returncode == 0


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01"])
def test_time_that_is_no_time_is_misuse(place: Place, text: str) -> None:
    answer = place.digest("run", "--now", text)
    assert answer.returncode == 2
    assert "2026-11-23T18:00" in answer.stderr


def test_database_that_was_never_made_names_the_command(tmp_path: Path, press: SamplePress) -> None:
    answer = Place(tmp_path, press).digest("run")
    assert answer.returncode == 1
    assert "digest upgrade" in answer.stderr


def test_port_that_is_taken_is_told(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        answer = place.digest("serve", "--port", str(taken.getsockname()[1]))
    assert answer.returncode == 2
    assert "taken" in answer.stderr
    assert "--port" in answer.stderr


def obey_modes() -> None:
    """Root may write anywhere; the program that comes next is held to the modes like everybody."""
    if os.geteuid() == 0:
        for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
            assert ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0


def test_data_folder_that_cannot_be_written_is_told(place: Place) -> None:
    articles = place.count("SELECT count(*) FROM articles")
    data = place.folder / "data"
    (data / "digest.sqlite").chmod(0o400)
    data.chmod(0o500)
    try:
        answer = place.digest("run", preexec_fn=obey_modes)
    finally:
        data.chmod(0o700)
    assert answer.returncode == 1, answer.stderr
    assert "Traceback" not in answer.stderr
    assert "data" in answer.stderr
    assert place.count("SELECT count(*) FROM articles") == articles


@pytest.mark.parametrize("room", [0, 40_000, 200_000, 1_000_000])
def test_full_disk_is_told_and_loses_nothing(place: Place, room: int) -> None:
    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    answer = place.digest("run", preexec_fn=little_room)
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert "Traceback" not in answer.stderr
    assert "full" in answer.stderr
    stored = place.count("SELECT count(*) FROM articles")
    again = json.loads(place.digest("run", "--json").stdout)
    assert again["failed"] == {}
    assert stored + again["added"] == place.count("SELECT count(*) FROM articles") > 0


DIES_AT = """
import os, signal, sys
import digest.cli, digest.pipeline.passes, digest.pipeline.storing
room, _, name = sys.argv.pop(1).partition(".")
setattr(getattr(digest.pipeline, room), name, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
digest.cli.main()
"""


@pytest.mark.parametrize(
    "stage",
    [
        "passes.gather",
        "storing.store_sources",
        "passes.embed_articles",
        "passes.update_stories",
        "passes.update_pairings",
        "passes.compose_edition",
        "passes.publish_due",
        "passes.deliver_due",
    ],
)
def test_run_killed_before_a_stage_is_finished_by_the_next(place: Place, stage: str) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", DIES_AT, stage, "run"], env=place.environment, cwd=place.folder, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    answer = place.digest("run", "--json")
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["failed"] == {}
    articles = place.count("SELECT count(*) FROM articles")
    assert articles == place.count("SELECT count(DISTINCT canonical_url) FROM articles") > 80
    assert articles == place.count("SELECT count(DISTINCT article_id) FROM article_events")
    assert place.count("SELECT count(*) FROM editions") == place.count("SELECT count(*) FROM leases") + 1 == 1


def test_publish_needs_a_name(place: Place) -> None:
    answer = place.digest("publish")
    assert answer.returncode == 2
    assert "--as" in answer.stderr


def test_channel_that_makes_no_sense_is_told_without_its_secret(place: Place) -> None:
    place.environment["DIGEST_CHANNELS"] = "supporters=nosuch://very-secret@host"
    answer = place.digest("run")
    assert answer.returncode == 2
    assert "supporters" in answer.stderr
    assert "very-secret" not in answer.stderr


def test_backup_restores_into_an_empty_database_and_leaves_sending_paused(place: Place, tmp_path: Path) -> None:
    place.digest("run")
    file = tmp_path / "backup.zip"
    assert place.digest("backup", str(file)).returncode == 0
    articles = place.count("SELECT count(*) FROM articles")
    place.environment["DIGEST_DATA"] = str(tmp_path / "elsewhere")
    assert place.digest("upgrade").returncode == 0
    restored = place.digest("restore", str(file))
    assert restored.returncode == 0, restored.stderr
    assert place.digest("sending", "status").stdout.startswith("paused")
    with sqlite3.connect(tmp_path / "elsewhere" / "digest.sqlite") as database:
        assert database.execute("SELECT count(*) FROM articles").fetchone()[0] == articles


def test_doctor_says_what_to_do(place: Place) -> None:
    answer = place.digest("doctor")
    assert answer.returncode == 1
    assert "digest keys" in answer.stdout
    assert "ok    database" in answer.stdout


def test_second_of_two_runs_says_so_exits_1_and_does_no_harm(place: Place) -> None:
    storage = open_storage(f"sqlite:///{place.folder / 'data' / 'digest.sqlite'}")
    with closing(storage), hold_lease(storage):
        second = place.digest("run")
    assert second.returncode == 1
    assert "Another `digest run` or `digest serve` is in the middle of a pass" in second.stderr
    assert "Traceback" not in second.stderr
    assert place.count("SELECT count(*) FROM articles") == 0
    assert place.digest("run").returncode == 0


def test_two_runs_at_once_store_everything_once(place: Place) -> None:
    with ThreadPoolExecutor(2) as both:
        first, second = both.map(lambda _: place.digest("run"), range(2))
    assert {first.returncode, second.returncode} <= {0, 1}
    assert 0 in {first.returncode, second.returncode}
    for answer in (first, second):
        assert "Traceback" not in answer.stderr
        assert answer.returncode == 0 or "Another `digest run`" in answer.stderr
    articles = place.count("SELECT count(*) FROM articles")
    assert articles == place.count("SELECT count(DISTINCT canonical_url) FROM articles") > 80
    assert place.count("SELECT count(*) FROM leases") == 0
