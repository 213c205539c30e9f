"""`digest demo`: the whole product as a newcomer meets it, once, from the command line."""

import os
import re
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

import httpx2
import pytest

from digest.demo.receivers import ReceivedPush, serve_receivers


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def demo(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "digest", "demo", "--once"],
        env=os.environ | {"TMPDIR": str(folder)},
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
        receivers.pushes.append(ReceivedPush(title="The Evening Quill", text="One answer."))
        receivers.mails.append(mail)
        page = httpx2.get(receivers.address).text
        html = httpx2.get(f"{receivers.address}mails/0").text
        assert httpx2.get(f"{receivers.address}mails/1").status_code == 404
    assert "One answer." in page
    assert "In words." in page
    assert "<script>" not in page
    assert html.strip() == "<p lang=en>In <b>HTML</b>.</p>"


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
