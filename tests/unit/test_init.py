"""What `digest init` writes: valid whatever was answered, secret where it must be, and never over anything."""

import io
import json
import os
import pty
import re
import shutil
import stat
import subprocess
import sys
from dataclasses import fields, replace
from datetime import time
from pathlib import Path, PurePosixPath

import pytest
import typer
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from digest.cli.commands import app
from digest.doctor import Finding, examine
from digest.errors import ConfigError, ConflictError, StorageError
from digest.init import Answers, init_files, problems_with, setting_default, write_init
from digest.model.source import PublishMode
from digest.serve import Part, stop_seconds
from digest.settings import Settings
from digest.sources import parse_campaign, placeholder_problems

ROOT = Path(__file__).parents[2]
ANSWERS = Answers(
    title="The Marsh Letter",
    campaign="Marsh for Leader",
    candidate="Ada Marsh",
    promoter="Jo Okafor",
    address="12 Mill Lane, Ludlow SY8 1AA",
    on_behalf_of="Ada Marsh",
    base_url="https://news.marsh.org.uk",
)
EMPTY = Answers(title="The Daily Answer", campaign="The campaign", candidate="The candidate")


def text_of(name: str, answers: Answers = ANSWERS, *, folder: Path = Path("/srv/rejoinder")) -> str:
    return init_files(answers, folder=folder, command=Path("/opt/it/bin/digest"))[PurePosixPath(name)][0]


def test_the_campaign_reads_back_as_answered_and_waits_for_a_person() -> None:
    site = parse_campaign(text_of("sources.yaml").encode()).site
    assert (site.title, site.campaign, site.candidates[0].name) == ("The Marsh Letter", "Marsh for Leader", "Ada Marsh")
    assert (site.publish, site.show_above) == (PublishMode.APPROVED, None)
    assert placeholder_problems(site) == []


def test_an_imprint_left_empty_holds_everything_back() -> None:
    site = parse_campaign(text_of("sources.yaml", EMPTY).encode()).site
    assert len(placeholder_problems(site)) == 3


def test_the_example_at_the_root_is_what_init_writes() -> None:
    assert (ROOT / "sources.yaml").read_text(encoding="utf-8") == text_of("sources.yaml", EMPTY)


def test_the_commented_example_sources_are_valid_once_the_marks_are_gone() -> None:
    head, _, examples = text_of("sources.yaml").partition("\nsources:\n")
    text = head + "\nsources:\n" + re.sub(r"^  # ?", "  ", examples, flags=re.MULTILINE)
    assert [source.id for source in parse_campaign(text.encode()).sources] == [
        "our-news",
        "our-mastodon",
        "friendly-review",
        "daily-herald",
    ]


anything = st.text(max_size=60)


@given(title=anything, campaign=anything, address=anything, base_url=st.one_of(anything, st.just("https://a.org")))
def test_any_answer_is_either_refused_in_words_or_reads_back_as_it_was_given(
    title: str, campaign: str, address: str, base_url: str
) -> None:
    answers = Answers(title=title, campaign=campaign, candidate="Ada", address=address, base_url=base_url)
    said = answers.tidied()
    if problems_with(answers):
        with pytest.raises(ConfigError):
            init_files(answers)
        return
    files = init_files(answers, secret_key="k")
    site = parse_campaign(files[PurePosixPath("sources.yaml")][0].encode()).site
    assert (site.title, site.campaign) == (said.title, said.campaign)
    assert site.imprint.address == said.address.rstrip(",")
    env = dotenv_values(stream=io.StringIO(files[PurePosixPath(".env")][0]))
    assert env == {"DIGEST_BASE_URL": said.base_url, "DIGEST_SECRET_KEY": "k"}


@pytest.mark.parametrize(
    "title", ['The "Marsh" Letter', "a\\b", "50% off: now #1", "- x", "one\ntwo", "{{ title }}", "null", "é 🎈"]
)
def test_a_title_with_signs_that_mean_something_stays_itself(title: str) -> None:
    answers = Answers(title=title, campaign="c", candidate="Ada")
    assert parse_campaign(text_of("sources.yaml", answers).encode()).site.title == " ".join(title.split())


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"title": " "}, "title: is empty; write the public name"),
        ({"candidate": ""}, "candidate: is empty; write one name"),
        ({"time_zone": "London"}, "(did you mean Europe/London?)"),
        ({"edition_hour": "6pm"}, "edition hour: '6pm' is not a time of day"),
        ({"base_url": "https://a.org/path"}, "write it whole and without a path"),
        ({"base_url": "ftp://a.org"}, "base url: 'ftp://a.org' is not a site's address"),
        ({"base_url": "https://a.org; rm"}, "is not a site's address"),
        ({"base_url": "https://me@a.org"}, "is not a site's address"),
    ],
)
def test_an_answer_that_will_not_do_is_told_by_its_name(answer: dict[str, str], said: str) -> None:
    given_answers = {"title": "t", "campaign": "c", "candidate": "Ada", **answer}
    with pytest.raises(ConfigError) as caught:
        init_files(Answers(**given_answers))
    assert said in caught.value.problems[0]


def test_an_address_may_be_typed_without_its_scheme() -> None:
    answers = Answers(title="t", campaign="c", candidate="Ada", base_url=" News.Marsh.org.uk/ ")
    assert "DIGEST_BASE_URL=https://news.marsh.org.uk\n" in text_of(".env", answers)
    assert "\nnews.marsh.org.uk {\n" in text_of("deploy/Caddyfile", answers)


def test_an_address_typed_in_capitals_is_kept_in_its_plain_spelling() -> None:
    answers = replace(ANSWERS, base_url="HTTPS://News.Marsh.org.uk/")
    assert "DIGEST_BASE_URL=https://news.marsh.org.uk\n" in text_of(".env", answers)


def test_the_settings_file_names_every_setting_and_sets_the_two_that_must_be() -> None:
    text = text_of(".env")
    names = re.findall(r"^(?:# )?(DIGEST_\w+)=", text, re.MULTILINE)
    assert sorted(names) == sorted(f"DIGEST_{name.upper()}" for name in Settings.model_fields if name != "now_since")
    key = dotenv_values(stream=io.StringIO(text))["DIGEST_SECRET_KEY"]
    assert key is not None
    assert len(key) >= 64


def test_every_line_of_the_settings_file_holds_the_default_and_may_be_switched_on(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text(re.sub(r"^# (?=DIGEST_)", "", text_of(".env"), flags=re.MULTILINE), encoding="utf-8")
    written, default = Settings(_env_file=path).model_dump(), Settings(_env_file=None).model_dump()
    for name in set(written) - {"base_url", "secret_key"}:
        assert (written[name] or None) == (default[name] or None), name


@pytest.mark.parametrize("base_url", ["", "http://localhost:8000", "http://127.0.0.1"])
def test_an_address_of_this_machine_gets_no_server_that_would_pass_requests_to_itself(base_url: str) -> None:
    files = init_files(replace(ANSWERS, base_url=base_url))
    assert {PurePosixPath("deploy/Caddyfile"), PurePosixPath("deploy/nginx.conf")}.isdisjoint(files)
    assert "run `digest init` with it" in files[PurePosixPath("deploy/README")][0]
    assert "nginx.conf    where nginx runs" in text_of("deploy/README")


def test_two_runs_make_two_keys() -> None:
    assert text_of(".env") != text_of(".env")


def test_the_secret_file_is_for_its_owner_alone_whatever_the_umask(tmp_path: Path) -> None:
    write_init(tmp_path / "new" / "place", init_files(ANSWERS))
    assert stat.S_IMODE((tmp_path / "new" / "place" / ".env").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new" / "place" / "sources.yaml").stat().st_mode) == 0o644


def test_nothing_is_written_over_and_then_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "sources.yaml").write_text("mine")
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "Caddyfile").symlink_to("/nowhere")
    with pytest.raises(ConflictError, match=r"holds sources\.yaml, deploy/Caddyfile already, and nothing was written"):
        write_init(tmp_path, init_files(ANSWERS))
    assert (tmp_path / "sources.yaml").read_text() == "mine"
    assert not (tmp_path / ".env").exists()


def test_a_place_that_cannot_be_written_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "deploy").write_text("a file where a folder must be")
    with pytest.raises(StorageError, match="nothing was left behind"):
        write_init(tmp_path, init_files(ANSWERS))
    assert [path.name for path in tmp_path.iterdir()] == ["deploy"]


@pytest.mark.parametrize("folder", [".", "a/new/place"])
def test_a_disk_that_fills_up_halfway_keeps_no_file_and_no_folder(tmp_path: Path, folder: str) -> None:
    files = init_files(ANSWERS)
    full = {**files, PurePosixPath("deploy") / ("x" * 300): ("a name that no disk takes", 0o644)}
    with pytest.raises(StorageError, match="nothing was left behind"):
        write_init(tmp_path / folder, full)
    assert list(tmp_path.iterdir()) == []


def test_the_units_name_a_folder_with_any_signs_as_systemd_wants_it() -> None:
    unit = text_of("deploy/rejoinder.service", folder=Path("/srv/a b%c"))
    assert "\nWorkingDirectory=/srv/a b%%c\n" in unit
    assert '\nReadWritePaths="/srv/a b%%c"\n' in unit
    assert "\nExecStart=/opt/it/bin/digest serve\n" in unit


def test_a_folder_under_home_is_not_hidden_from_the_service() -> None:
    assert "ProtectHome=yes" in text_of("deploy/rejoinder.service")
    at_home = text_of("deploy/rejoinder.service", folder=Path("/home/jo/letter"))
    assert "ProtectHome=read-only" in at_home
    assert "ReadWritePaths=/home/jo/letter" in at_home
    assert "(chmod o+x)" in text_of("deploy/README", folder=Path("/home/jo/letter"))


def test_a_python_under_home_is_not_hidden_from_the_service() -> None:
    files = init_files(ANSWERS, python=Path("/home/jo/.pyenv/versions/3.11.9/bin/python3.11"))
    assert "ProtectHome=read-only" in files[PurePosixPath("deploy/rejoinder.service")][0]


def test_systemd_waits_longer_than_the_sender_may_take_to_stop() -> None:
    (seconds,) = re.findall(r"^TimeoutStopSec=(\d+)$", text_of("deploy/rejoinder.service"), re.MULTILINE)
    assert int(seconds) >= stop_seconds(Part.SENDER) + 10


def test_the_nightly_backup_deletes_its_own_old_files_and_nobody_elses(tmp_path: Path) -> None:
    names = {
        "rejoinder-2026-10-01-0320.zip": 40,
        "sources-2026-10-01-0320.yaml": 40,
        "rejoinder-2026-11-20-0320.zip": 3,
        "pre-upgrade-2026-10-01.zip": 40,
        "rejoinder-2026-10-01-keep.zip": 40,
        "first.zip": 40,
    }
    (tmp_path / "backups").mkdir()
    for name, days in names.items():
        path = tmp_path / "backups" / name
        path.touch()
        os.utime(path, (path.stat().st_mtime - days * 86_400,) * 2)
    (command,) = re.findall(r"^ExecStart=(\S+/find .*)$", text_of("deploy/rejoinder-backup.service"), re.MULTILINE)
    subprocess.run(command.split(), cwd=tmp_path, check=True, timeout=20)
    left = {path.name for path in (tmp_path / "backups").iterdir()}
    assert set(names) - left == {"rejoinder-2026-10-01-0320.zip", "sources-2026-10-01-0320.yaml"}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    command = tmp_path / "digest"
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    write_init(tmp_path / "site", init_files(ANSWERS, folder=tmp_path / "site", command=command))
    units = sorted((tmp_path / "site" / "deploy").glob("rejoinder*"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False, timeout=60
    )
    complaints = [line for line in done.stderr.splitlines() if "rejoinder" in line]
    assert (done.returncode, complaints) == (0, []), done.stderr


def test_both_proxies_let_hubs_bring_bodies_as_large_as_we_read_and_readers_none() -> None:
    most = int(setting_default("fetch_max_bytes"))
    nginx, caddy = text_of("deploy/nginx.conf"), text_of("deploy/Caddyfile")
    hubs = nginx.partition("location /websub/ {")[2].partition("}")[0]
    assert "client_max_body_size 10m;" in hubs
    assert "proxy_pass http://127.0.0.1:8000;" in hubs
    assert "request_body @hubs {\n\t\tmax_size 10MB" in caddy
    assert most <= 10_000_000
    assert "client_max_body_size 1m;" in nginx.partition("location")[0]


def test_no_template_leaves_a_mark_unfilled() -> None:
    for text, _ in init_files(ANSWERS).values():
        assert "{{" not in text
        assert "{%" not in text


def test_the_answers_stand_nowhere_in_the_public_server_files_but_the_address() -> None:
    for name in ("deploy/README", "deploy/rejoinder.service", "deploy/nginx.conf"):
        text = text_of(name)
        assert "Okafor" not in text
        assert json.dumps(ANSWERS.title) not in text


def at_a_terminal(folder: Path, typed: list[str]) -> subprocess.CompletedProcess[str]:
    """`digest init` for somebody who types these lines at its questions."""
    keyboard, terminal = pty.openpty()
    try:
        os.write(keyboard, ("\n".join(typed) + "\n").encode())
        return subprocess.run(
            [sys.executable, "-m", "digest", "init", str(folder)],
            stdin=terminal,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    finally:
        os.close(keyboard)
        os.close(terminal)


def test_a_wrong_or_missing_answer_is_asked_again_before_the_next_question(tmp_path: Path) -> None:
    typed = ["", "The Letter", "", "Marsh for Leader", " ", "Ada Marsh", "", "", ""]
    done = at_a_terminal(tmp_path, [*typed, "ftp://a.org", "https://a.org", "London", "Europe/London", "6pm", ""])
    assert done.returncode == 0, done.stderr
    asked = done.stderr
    assert asked.index("is empty; write the public name") < asked.index("Name of the campaign")
    assert asked.index("is empty; write the campaign's own name") < asked.index("Name of the candidate")
    assert asked.index("is empty; write one name") < asked.index("Imprint: the promoter's name")
    assert asked.index("is not a site's address") < asked.index("Time zone [Europe/London]")
    assert asked.index("did you mean Europe/London?") < asked.index("Hour of the edition [18:00]")
    assert "'6pm' is not a time of day" in asked
    assert "DIGEST_BASE_URL=https://a.org\n" in (tmp_path / ".env").read_text()
    assert parse_campaign((tmp_path / "sources.yaml").read_bytes()).site.edition_hour == time(18)


def test_without_a_terminal_nothing_is_asked_and_the_rest_is_as_usual(tmp_path: Path) -> None:
    options = ["--title", "The Letter", "--campaign", "Marsh for Leader", "--candidate", "Ada Marsh"]
    done = CliRunner().invoke(app, ["init", str(tmp_path), *options])
    assert done.exit_code == 0, done.output
    assert "Time zone" not in done.output
    site = parse_campaign((tmp_path / "sources.yaml").read_bytes()).site
    assert (str(site.zone), site.edition_hour) == ("Europe/London", time(18))


def test_without_a_terminal_every_missing_answer_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["init", str(tmp_path), "--campaign", "Marsh for Leader"])
    assert isinstance(done.exception, ConfigError)
    assert [problem.split(" ")[0] for problem in done.exception.problems] == ["--title", "--candidate"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [field.name for field in fields(Answers)])
def test_the_help_explains_every_question_with_an_example(name: str) -> None:
    command = typer.main.get_command(app).commands["init"]  # type: ignore[attr-defined]  # a group has commands
    (option,) = (parameter for parameter in command.params if parameter.name == name)
    assert ", such as " in option.help


def test_doctor_names_an_address_that_readers_could_not_reach(tmp_path: Path) -> None:
    write_init(tmp_path, init_files(replace(ANSWERS, base_url="")))

    def looked_at(base_url: str) -> Finding:
        settings = Settings.isolated(data=tmp_path, sources=tmp_path / "sources.yaml", base_url=base_url)
        return next(finding for finding in examine(settings) if finding.subject == "address")

    assert "their own machine" in looked_at("http://127.0.0.1:8000").words
    assert looked_at("https://news.marsh.org.uk").is_fine
