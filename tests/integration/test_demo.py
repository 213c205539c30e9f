"""`digest demo`: the whole product as a newcomer meets it, once, from the command line."""

import os
import re
import signal
import subprocess
import sys
import time
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

import httpx2
import psutil
import pytest
from ruamel.yaml import YAML

from digest.demo import environment
from digest.demo.press import serve_press
from digest.demo.receivers import ReceivedPush, serve_receivers
from digest.demo.samples import read_samples, samples_folder
from digest.settings import Settings


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a live campaign: every setting in its `.env` would break or change the demo."""
    live = tmp_path_factory.mktemp("live")
    (live / ".env").write_text(
        "DIGEST_DATABASE_URL=postgresql://live@127.0.0.1:1/live\nDIGEST_SMTP_URL=smtp://127.0.0.1:1\n"
        "DIGEST_SOURCES=/nowhere/sources.yaml\nDIGEST_BASE_URL=https://live.example\nDIGEST_PORT=no-number\n"
    )
    return live


@pytest.fixture(scope="module")
def demo(folder: Path, live: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "digest", "demo", "--once"],
        env=os.environ | {"TMPDIR": str(folder), "DIGEST_PORT": "99999", "digest_web_workers": "many"},
        cwd=live,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def test_demo_builds_publishes_delivers_and_exits_0(demo: subprocess.CompletedProcess[str]) -> None:
    assert demo.returncode == 0, demo.stderr
    assert re.search(r"Five days read in \d+ s: 208 articles", demo.stdout)
    assert len(re.findall("^  answered ", demo.stdout, re.MULTILINE)) >= 2
    assert len(re.findall("^  unchecked ", demo.stdout, re.MULTILINE)) == 1
    assert "The push that arrived:" in demo.stdout
    assert "The email that arrived:" in demo.stdout


def test_receivers_show_what_arrived_and_run_nothing_of_it() -> None:
    mail = EmailMessage()
    mail["Subject"] = "<script>alert(1)</script>"
    mail["From"], mail["To"] = "a@demo.invalid", "b@demo.invalid"
    mail.set_content("In words.")
    mail.add_alternative("<p lang=en>In <b>HTML</b>.</p>", subtype="html")
    with serve_receivers() as receivers:
        receivers.pushes.append(ReceivedPush(title="The Evening Quill", text="One answer.\nhttps://news.example/today"))
        receivers.mails.append(mail)
        page = httpx2.get(receivers.address).text
        html = httpx2.get(f"{receivers.address}mails/0").text
        assert httpx2.get(f"{receivers.address}mails/1").status_code == 404
    assert "One answer." in page
    assert "In words." in page
    assert "<script>" not in page
    assert html.strip() == '<base target="_blank"><p lang=en>In <b>HTML</b>.</p>'
    assert '<a href="https://news.example/today"' in page


def test_push_of_the_demo_is_an_answer_with_count_link_and_imprint(demo: subprocess.CompletedProcess[str]) -> None:
    push = re.findall(r"^  \| (.*)$", demo.stdout, re.MULTILINE)
    assert len(push) == 5
    assert push[1].endswith((".", "!", "?", "”"))
    assert re.fullmatch(r"\d+ stories answered today\.", push[2])
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/editions/\d{4}-\d\d-\d\d", push[3])
    assert "Wilhelmina Oddy" in push[4]


def test_demo_leaves_nothing_behind(demo: subprocess.CompletedProcess[str], folder: Path) -> None:
    assert demo.returncode == 0
    assert list(folder.glob("rejoinder-demo-*")) == []


def test_processes_of_the_demo_take_its_settings_and_none_of_the_operators(
    live: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(live)
    monkeypatch.setenv("DIGEST_DATABASE_URL", "postgresql://live@127.0.0.1:1/live")
    monkeypatch.setenv("digest_email_list", "reader@live.example")
    own = Settings.isolated(data=tmp_path, sources=tmp_path / "sources.yaml", port=4711, now="2026-10-25T18:00+00:00")
    show = "import sys; from digest.settings import Settings; print(Settings().model_dump_json(exclude={'now_since'}))"
    seen = subprocess.run(
        [sys.executable, "-c", show], env=environment(own), cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert seen.strip() == own.model_dump_json(exclude={"now_since"})


@pytest.mark.timeout(170)
@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no terminals to hang up here")
def test_closed_terminal_ends_the_demo_and_leaves_nothing_behind(live: Path, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "digest", "demo"],
        env=os.environ | {"TMPDIR": str(tmp_path), "DIGEST_NOW": "2026-10-25T23:30:00+00:00"},
        cwd=live,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as demo:
        assert demo.stdout is not None
        said: list[str] = []
        for line in demo.stdout:
            said.append(line)
            if "Ctrl-C ends" in line:
                break
        text = "".join(said)
        # The night on which the clocks go back has its own five days, one line each.
        assert re.findall(r"^Day \d of 5: (\w+ \d+ \w+)$", text, re.MULTILINE) == [
            "Wednesday 21 October",
            "Thursday 22 October",
            "Friday 23 October",
            "Saturday 24 October",
            "Sunday 25 October",
        ]
        found = re.search(r"Today's edition\s+(\S+)", text)
        assert found is not None, text
        page = the_page(found[1])
        assert "25 October" in page
        assert "live.example" not in page
        parts = psutil.Process(demo.pid).children(recursive=True)
        assert parts
        demo.send_signal(signal.SIGHUP)
        assert demo.wait(timeout=40) == 0
    assert not [part for part in parts if part.is_running() and part.status() != psutil.STATUS_ZOMBIE]
    assert list(tmp_path.glob("rejoinder-demo-*")) == []


def the_page(address: str) -> str:
    """Once the web workers, which have their own pace, are up."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            return httpx2.get(address).raise_for_status().text
        except httpx2.TransportError:
            continue
    pytest.fail(f"nothing answers at {address}")


def test_samples_keep_the_hour_they_were_written_for_across_the_change_to_winter_time() -> None:
    samples = read_samples(samples_folder())
    anchor = datetime(2026, 10, 26, 18, 0, tzinfo=samples.zone)
    written = {
        row["id"]: f"{anchor.day + row['day']} {row['time']}"
        for path in (samples_folder() / "articles").glob("*.yaml")
        for row in YAML(typ="safe").load(path)
    }
    dated = {article.id: article.published_at(anchor).strftime("%d %H:%M") for article in samples.articles}
    assert dated == written


def test_campaigns_own_site_has_no_adverts_and_the_press_has() -> None:
    samples = read_samples(samples_folder())
    with serve_press(samples, anchor=datetime(2026, 11, 23, 18, 0, tzinfo=samples.zone)) as press:
        for outlet in samples.outlets:
            article = next(article for article in samples.articles if article.outlet == outlet.id)
            page = httpx2.get(press.address(article)).text
            is_commercial = "Advertise" in page or "cookie-banner" in page or 'class="ad"' in page
            assert is_commercial != outlet.id.startswith(("quill-", "hester-")), outlet.id
