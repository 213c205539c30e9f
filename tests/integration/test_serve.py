"""`digest serve` keeps the day by itself: real processes, a real channel, a clock that starts before the hour."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psutil
import pytest

from digest.demo.press import SamplePress, serve_press
from digest.demo.receivers import Receivers, serve_receivers
from digest.demo.samples import read_samples, samples_folder
from digest.serve import free_port

HOUR = datetime(2026, 11, 23, 18, 0, tzinfo=ZoneInfo("Europe/London"))


@pytest.fixture(scope="module")
def press() -> Iterator[SamplePress]:
    with serve_press(read_samples(samples_folder()), anchor=HOUR.astimezone(UTC) - timedelta(minutes=10)) as running:
        yield running


@pytest.fixture
def receivers() -> Iterator[Receivers]:
    with serve_receivers() as running:
        yield running


class Served:
    """A `digest serve` of a campaign that publishes automatically."""

    def __init__(self, folder: Path, press: SamplePress, receivers: Receivers, database_url: str) -> None:
        self.port = free_port()
        text = (
            (samples_folder() / "sources.yaml").read_text(encoding="utf-8").replace("http://press.example", press.base)
        )
        kept = text.split("  - id: ")
        text = "  - id: ".join([*kept[:-14], kept[-14], *kept[-7:-4]])
        text = text.replace("publish: approved", "publish: automatic").replace(
            "  sample: true", "  # a campaign of its own"
        )
        text = text.replace("Wilhelmina Oddy", "Rosalind Threlfall").replace(
            "3 Lamp Lane, Brackmouth, Tolmere", "9 Ropewalk, Hull"
        )
        (folder / "sources.yaml").write_text(text, encoding="utf-8")
        self.environment = os.environ | {
            "DIGEST_DATA": str(folder / "data"),
            "DIGEST_SOURCES": str(folder / "sources.yaml"),
            "DIGEST_ALLOW_PRIVATE": press.base.removeprefix("http://"),
            "DIGEST_HOST_SPACING_SECONDS": "0",
            "DIGEST_DATABASE_URL": "" if database_url.startswith("sqlite") else database_url,
            "DIGEST_PORT": str(self.port),
            "DIGEST_BASE_URL": f"http://127.0.0.1:{self.port}",
            "DIGEST_CHANNELS": f"supporters={receivers.channel_url}",
        }
        self.digest("upgrade")
        self.log = folder / "serve.log"
        self.process: subprocess.Popen[bytes] | None = None

    def digest(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "digest", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def start(self, now: datetime) -> None:
        environment = self.environment | {"DIGEST_NOW": now.isoformat()}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "digest", "serve"], env=environment, stdout=log, stderr=log
            )

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=40)

    def children(self) -> list[psutil.Process]:
        assert self.process is not None
        children = psutil.Process(self.process.pid).children(recursive=True)
        return list(filter(is_alive, children))

    def parts(self, name: str) -> list[psutil.Process]:
        """The processes that the supervisor started as this part, not those that they started."""
        assert self.process is not None
        found = []
        for child in self.children():
            with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):  # it ended while we looked
                if name in child.cmdline() and child.ppid() == self.process.pid:
                    found.append(child)
        return found

    def page(self, path: str) -> str:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return str(answer.read().decode())
        except (urllib.error.HTTPError, OSError):
            return ""


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def until(holds: Callable[[], bool], *, seconds: float) -> bool:
    """Whether something came to hold within a time; the only waiting here, on processes that have their own pace."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.2)
    return False


@pytest.mark.timeout(170)
def test_day_is_kept_through_the_hour_a_crash_and_a_restart(
    tmp_path: Path, press: SamplePress, receivers: Receivers, database_url: str
) -> None:
    served = Served(tmp_path, press, receivers, database_url)
    served.start(HOUR - timedelta(seconds=8))
    try:
        # The hour comes while it runs: the edition is published once and the channel hears of it.
        assert until(lambda: len(receivers.pushes) == 1, seconds=70), served.log.read_text()
        assert until(lambda: "Published by Rosalind Threlfall" in served.page("/editions/2026-11-23"), seconds=10)
        # A part that is killed comes back; nothing is published or sent again.
        (pipeline,) = served.parts("pipeline")
        pipeline.kill()
        assert until(
            lambda: any(child.pid != pipeline.pid for child in served.parts("pipeline")),
            seconds=20,
        )
        parts = served.children()
    finally:
        assert served.stop() == 0
    assert not any(map(is_alive, parts))
    # A restart at the same hour of the same day finds the day done.
    served.start(HOUR + timedelta(minutes=2))
    try:
        assert until(lambda: "end of this edition" in served.page("/"), seconds=30)
        until(lambda: len(receivers.pushes) > 1, seconds=8)
    finally:
        served.stop()
    assert len(receivers.pushes) == 1


@pytest.mark.timeout(120)
def test_what_is_killed_leaves_nothing_behind_and_a_second_supervisor_is_refused(
    tmp_path: Path, press: SamplePress, receivers: Receivers, sqlite_url: str
) -> None:
    served = Served(tmp_path, press, receivers, sqlite_url)
    served.environment["DIGEST_PORT"] = "0"
    served.start(HOUR - timedelta(hours=2))
    try:
        assert until(lambda: "http://" in served.log.read_text(), seconds=30)
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", served.log.read_text())
        assert found is not None
        served.port = int(found[1])
        assert served.port > 0
        assert until(lambda: served.page("/health") != "", seconds=30)
        second = subprocess.run(
            [sys.executable, "-m", "digest", "serve"],
            env=served.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert second.returncode == 2
        assert "Another `digest serve`" in second.stderr
        (web,) = served.parts("web")
        workers = web.children(recursive=True)
        web.kill()
        assert until(lambda: not any(map(is_alive, workers)), seconds=10)
        assert until(lambda: served.page("/health") != "", seconds=30)
        parts = served.children()
        assert len(parts) >= 3
    finally:
        served.kill()
    assert until(lambda: not any(map(is_alive, parts)), seconds=30)
