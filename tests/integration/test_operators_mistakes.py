"""What an operator does by mistake: one clear message, the right exit code, never a traceback."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.test_commands import obey_modes

START = [sys.executable, "-m", "digest"]


class Desk:
    """A folder as `digest init` leaves it, with a database and without a source."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {"PATH": os.environ["PATH"]}
        answers = ("--title", "T", "--campaign", "C", "--candidate", "Ada", "--promoter", "", "--address", "")
        more = ("--on-behalf-of", "", "--base-url", "", "--time-zone", "Europe/London", "--edition-hour", "18:00")
        assert self.digest("init", ".", *answers, *more).returncode == 0
        self.upgraded = self.digest("upgrade").stdout

    def digest(self, *arguments: str, **how: object) -> subprocess.CompletedProcess[str]:
        done: subprocess.CompletedProcess[str] = subprocess.run(  # type: ignore[call-overload]  # how: preexec_fn
            [*START, *arguments],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            **how,
        )
        assert "Traceback" not in done.stderr
        return done


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture
def desk(made: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(made, "environment", dict(made.environment))
    return made


def test_upgrade_names_the_database_it_made(desk: Desk) -> None:
    assert desk.upgraded.startswith(f"{desk.folder}/data/digest.sqlite: schema ")


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("DIGEST_CHANNELS=[/red]", "its 1st entry is not name=APPRISE_URL"),
        ("DIGEST_SMTP_URL=smtp://host:abc", "DIGEST_SMTP_URL is not a relay"),
        ("DIGEST_SMTP_URL=smtp://host:99999", "DIGEST_SMTP_URL is not a relay"),
        ("DIGEST_DATABASE_URL=postgresql://u:secret@127.0.0.1:abc/db", "DIGEST_DATABASE_URL is no database address"),
        ("DIGEST_DATABASE_URL=postgresql:///?foo=bar", "what PostgreSQL does not know"),
        ("DIGEST_DATABASE_URL=postgresql://u:p@secret@127.0.0.1/db", "write @ as %40"),
        ("DIGEST_DATABASE_URL=postgresql://u:p@127.0.0.1/x@secret", "write @ as %40"),
        ("DIGEST_ALLOW_PRIVATE=nonsense", "DIGEST_ALLOW_PRIVATE has 'nonsense'; write host:port"),
        ("DIGEST_ALLOW_PRIVATE=http://127.0.0.1:1", "leave out http://"),
        ("DIGEST_NOW=9999-12-31T23:59", "of 1990 to 2200"),
    ],
)
def test_setting_that_will_not_do_is_misuse_for_a_server_too(desk: Desk, setting: str, says: str) -> None:
    name, _, value = setting.partition("=")
    desk.environment |= {name: value, "DIGEST_EMAIL_FROM": "A <a@b.org>", "DIGEST_PORT": "0"}
    answer = desk.digest("serve")
    assert answer.returncode == 2, answer.stderr
    assert says in answer.stderr
    assert "secret" not in answer.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("serve", "--host", "nonsense.invalid"), "Nobody knows the name 'nonsense.invalid'"),
        (("serve", "--host", "192.0.2.1"), "192.0.2.1 is no address of this machine"),
        (("serve", "--port", "abc"), "--port is 'abc'; write a whole number from 0 to 65535."),
        (("run", "--now", "0001-01-01"), "--now is '0001-01-01'; write a time like"),
        (("publish", "--as", " "), "write your name"),
        (("retract", "2020-01-01", "--as", "Ann\nBen"), "write your name"),
        (("sending", "pause", "--as", "A" * 101), "write your name"),
    ],
)
def test_misused_option_is_told_with_what_would_be_right(desk: Desk, arguments: tuple[str, ...], says: str) -> None:
    answer = desk.digest(*arguments)
    assert answer.returncode == 2, answer.stderr
    assert says in answer.stderr


def test_settings_file_of_another_user_names_its_owner(desk: Desk) -> None:
    file = desk.folder / ".env"
    file.chmod(0)
    try:
        answer = desk.digest("doctor", preexec_fn=obey_modes)
    finally:
        file.chmod(0o600)
    assert answer.returncode == 2
    assert f"{file} can't be read by this user; run it as its owner: `sudo -u {file.owner()} digest …`" in answer.stderr


def test_unknown_setting_is_a_warning(desk: Desk) -> None:
    desk.environment["DIGEST_PROT"] = "9"
    answer = desk.digest("sources", "list")
    assert answer.returncode == 0
    assert "DIGEST_PROT is no setting and changes nothing. Did you mean DIGEST_PORT?" in answer.stderr


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("command", [("upgrade",), ("--help",)])
def test_results_that_cannot_be_written_are_a_failure(desk: Desk, command: tuple[str, ...], unbuffered: str) -> None:
    desk.environment["PYTHONUNBUFFERED"] = unbuffered
    with Path("/dev/full").open("wb") as full:
        answer = subprocess.run(
            [*START, *command], env=desk.environment, cwd=desk.folder, stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert answer.returncode == 1
    assert answer.stderr.decode() == (
        "✗ The results can't be written to where they should go (No space left on device).\n"
    )


INTERRUPTED_AT = """
import os, signal, sys
wanted = sys.argv.pop(1)
class Interrupts:
    def find_spec(self, name, *_):
        if name == wanted:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupts())
from digest.cli import main
main()
"""


@pytest.mark.parametrize("module", ["digest.cli.commands", "typer", "sqlalchemy", "apscheduler"])
def test_ctrl_c_while_a_command_loads_ends_it_in_one_word(desk: Desk, module: str) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_AT, module, "run"],
        env=desk.environment,
        cwd=desk.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 128 + signal.SIGINT
    assert answer.stderr == "Stopped.\n"


def test_day_that_is_over_gets_no_edition_any_more(desk: Desk) -> None:
    answer = desk.digest("publish", "2020-01-01", "--as", "Ann", "--dry-run")
    assert answer.returncode == 1
    assert "none can be made of a day that is over" in answer.stderr


@pytest.mark.parametrize("command", [("-h",), ("sources", "-h"), ("evaluate", "pairings", "-h")])
def test_short_option_helps_everywhere(desk: Desk, command: tuple[str, ...]) -> None:
    answer = desk.digest(*command)
    assert answer.returncode == 0
    assert "Usage: " in answer.stdout


def test_no_source_yet_says_what_to_do(desk: Desk) -> None:
    for command in ("list", "check"):
        answer = desk.digest("sources", command)
        assert answer.stdout == ""
        assert "No source yet: `digest sources add URL`" in answer.stderr


def test_list_into_a_pipe_is_a_whole_line_a_source(desk: Desk) -> None:
    name, file = "An Outlet " * 15, desk.folder / "other.yaml"
    text = (desk.folder / "sources.yaml").read_text(encoding="utf-8")
    before, found, _ = text.partition("\nsources:")
    assert found
    file.write_text(
        f"{before}\nsources:\n  - id: outlet\n    name: {name.strip()}\n    kind: mainstream\n"
        "    feed: http://127.0.0.1:1/feed\n    site: http://127.0.0.1:1/\n",
        encoding="utf-8",
    )
    desk.environment["DIGEST_SOURCES"] = str(file)
    listed = desk.digest("sources", "list")
    heading, row = listed.stdout.splitlines()
    assert heading.split("\t") == [
        "id",
        "kind",
        "state",
        "reached",
        "due",
        "asked",
        "unchanged",
        "failed",
        "pages",
        "size",
    ]
    assert row.split("\t")[:5] == ["outlet", "mainstream", "new", "", ""]
    assert "outlet: not asked yet at this address; `digest run` asks it\n" in listed.stderr
    assert "Nothing was asked in the last 7 days: `digest run` asks every source once" in listed.stderr
    checked = desk.digest("sources", "check").stdout.splitlines()
    assert checked[0].split("\t")[3:] == ["fine", "entries", "newest", "what it answered"]
    assert "DIGEST_ALLOW_PRIVATE=127.0.0.1:1" in checked[1].split("\t")[6]


def test_doctor_tells_of_a_relay_that_does_not_answer_and_of_what_no_part_would_take(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    desk.environment |= {
        "DIGEST_SMTP_URL": f"smtp://127.0.0.1:{port}",
        "DIGEST_EMAIL_FROM": "A <a@b.org>",
        "DIGEST_ALLOW_PRIVATE": "nonsense",
        "DIGEST_STAFF_CHANNELS": "chat=nosuch://very-secret@host",
        "DIGEST_SECRET_KEY": "short",
    }
    answer = desk.digest("doctor")
    assert answer.returncode == 1
    for words in (
        "LOOK  mail: the relay could not be reached (ConnectionRefusedError)",
        "LOOK  private addresses: DIGEST_ALLOW_PRIVATE has 'nonsense'",
        "LOOK  staff channels: DIGEST_STAFF_CHANNELS: Apprise does not understand",
        "LOOK  secret key: it is shorter than 32 characters",
        "LOOK  sources.yaml: none yet",
    ):
        assert words in answer.stdout
    assert "very-secret" not in answer.stdout
