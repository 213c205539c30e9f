"""docs/going-live.md is true: its commands, in its order, take an empty folder to a first edition."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import typer

from digest.cli.commands import app
from digest.model.ids import SourceId
from digest.model.source import Source, SourceKind
from digest.sources import add_source

DOCUMENT = Path(__file__).parents[2] / "docs" / "going-live.md"
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)", re.MULTILINE)

REPORT = (
    "The harbour company raised the ferry fare to nine crowns on Monday. A campaign spokesman called the new fare "
    "the highest on the coast. Islanders who commute to the mainland said they had not been asked. The company "
    "answered that fuel had become dearer and that the boats were old. The council will discuss it on Thursday."
)
ANSWER = (
    "The ferry fare should be four crowns, and we will pay for it from the harbour levy. Ada Marsh said that nobody "
    "who lives on the islands should pay nine crowns to get to work. The harbour company raised the fare unasked."
)
ENTRIES = {
    "press": ("Ferry fare rises to nine crowns", REPORT),
    "ours": ("Our answer on the ferry fare", ANSWER),
}


class Press(BaseHTTPRequestHandler):
    """Two feeds with one article each; every article has its page."""

    def do_GET(self) -> None:
        name, _, kind = self.path.strip("/").partition("/")
        if name not in ENTRIES or kind not in {"feed", "article"}:
            self.send_error(404)
            return
        headline, text = ENTRIES[name]
        here = f"http://{self.headers['Host']}/{name}/article"
        if kind == "feed":
            published = format_datetime(datetime.now(UTC) - timedelta(hours=2))
            body = (
                f'<rss version="2.0"><channel><title>{name}</title><link>{here}</link><description>d</description>'
                f"<item><title>{headline}</title><link>{here}</link><guid>{here}</guid><pubDate>{published}</pubDate>"
                f"<description>{text}</description></item></channel></rss>"
            )
        else:
            body = (
                f"<!doctype html><html lang=en><title>{headline}</title><body><article><h1>{headline}</h1>"
                f"<p>{text}</p></article></body></html>"
            )
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml" if kind == "feed" else "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
        """Silence."""


@pytest.fixture
def press() -> Iterator[str]:
    """host:port of a small press on loopback."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Press) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def commands() -> list[str]:
    """What the document tells an ordinary user to type, in order."""
    blocks = CONSOLE.findall(DOCUMENT.read_text(encoding="utf-8"))
    return [command for block in blocks for command in COMMAND.findall(block)]


def choose_sources(folder: Path, press: str) -> None:
    """What the document asks a person to do in an editor."""
    for name, kind in (("press", SourceKind.MAINSTREAM), ("ours", SourceKind.CAMPAIGN)):
        add_source(
            folder / "sources.yaml",
            Source(
                id=SourceId(name),
                name=f"The {name}",
                kind=kind,
                feed=f"http://{press}/{name}/feed",
                site=f"http://{press}/",
            ),
        )


@pytest.mark.slow
@pytest.mark.timeout(300)  # fourteen commands, each a process of its own
def test_the_commands_of_going_live_take_an_empty_folder_to_a_first_edition(tmp_path: Path, press: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    environment["DIGEST_ALLOW_PRIVATE"] = press
    environment["DIGEST_HOST_SPACING_SECONDS"] = "0"
    said = {}
    for command in commands():
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )
        assert done.returncode == 0, f"$ {command}\n{done.stdout}{done.stderr}"
        said[command] = done.stdout
        if command.startswith("digest init"):
            choose_sources(tmp_path, press)

    assert "2 reached" in said["digest run"]
    assert "Published https://news.marsh.org.uk/editions/" in said['digest publish --as "Jo Okafor" --yes']
    assert said["DIGEST_DATA=restored digest sending status"].startswith("paused")


def test_every_command_that_the_document_names_is_one_of_ours() -> None:
    named = set(re.findall(r"\bdigest ([a-z]+)\b", DOCUMENT.read_text(encoding="utf-8")))
    ours = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]  # a group has commands
    assert named <= ours
