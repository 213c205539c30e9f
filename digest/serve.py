"""`digest serve`: one command that supervises three kinds of process, and what two of them do.

    web        web workers under granian: no model, no parser
    pipeline   the schedule and the stages; the model is loaded on first need and freed when idle
    sender     the outbox

A part that dies is started again, with growing pauses; Ctrl-C or SIGTERM ends them all, and a part whose supervisor was
killed ends by itself.
"""

import fcntl
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import FrameType

from apscheduler.schedulers.background import BackgroundScheduler
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from digest.assembly import open_channels, open_mails, open_tools
from digest.clock import Clock
from digest.errors import ConfigError, DigestError
from digest.jobs import Handler, Jobs
from digest.model.job import Job, JobKind
from digest.model.source import Campaign
from digest.pipeline import deliver_due, run_pass
from digest.schedule import due_jobs
from digest.settings import Settings
from digest.storage import Storage

logger = logging.getLogger(__name__)

TICK_SECONDS = 2.0
SCHEDULE_SECONDS = 10
IDLE_RELEASE_SECONDS = 600.0
LONGEST_PAUSE_SECONDS = 60.0
STOP_SECONDS = 20.0


class Part(StrEnum):
    WEB = "web"
    PIPELINE = "pipeline"
    SENDER = "sender"


class Stop:
    """Set by SIGTERM or SIGINT; loops wait on it instead of sleeping."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def listen(self) -> "Stop":
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        return self

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._event.set()

    def is_set(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        return self._event.wait(seconds)


def check_port(host: str, port: int) -> None:
    """Raises ConfigError when something else listens there, or when we may not."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError as error:
            raise ConfigError(
                f"Port {port} is not ours to take; choose one above 1023 with --port or DIGEST_PORT."
            ) from error
        except OSError as error:
            raise ConfigError(
                f"Port {port} on {host} is taken ({error.strerror}). Stop what listens there, or choose another with "
                "--port or DIGEST_PORT."
            ) from error


def free_port(host: str = "127.0.0.1") -> int:
    """A port of `host` that nobody listens on now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def part_command(part: Part) -> list[str]:
    return [sys.executable, "-m", "digest", "serve", "--part", part.value]


def start_part(part: Part, environment: Mapping[str, str], *, folder: Path | None = None) -> subprocess.Popen[bytes]:
    """The part as a process of its own session: Ctrl-C reaches whoever started it, which stops it in order.

    folder: where it runs, and so looks for `.env`; here, where left out.
    Its standard input is a pipe that we hold: it closes when we end, however we end, and `end_with_parent` hears it.
    """
    return subprocess.Popen(  # noqa: S603
        part_command(part), env=dict(environment), cwd=folder, stdin=subprocess.PIPE, bufsize=0, start_new_session=True
    )


def end_with_parent() -> None:
    """From now on this part ends, in order, when the process that started it is gone; lingering, it is killed."""

    def watch() -> None:
        while os.read(0, 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(STOP_SECONDS)
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=watch, name="parent watch", daemon=True).start()


@contextmanager
def only_one(data: Path) -> Iterator[None]:
    """Raises ConfigError when another `digest serve` of this machine keeps the same data folder."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = (data / "serve.lock").open("ab")
    except OSError as error:
        raise ConfigError(f"{data.absolute()} can't be written ({error.strerror}); DIGEST_DATA names it.") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigError(
                f"Another `digest serve` keeps {data.absolute()} already. Stop that one, or give this one a data "
                "folder and a database of its own with DIGEST_DATA."
            ) from error
        yield


def supervise(
    parts: Sequence[Part],
    *,
    environment: Mapping[str, str],
    stop: Stop,
    on_start: Callable[[Part], None] = lambda _: None,
) -> None:
    """Run the parts until `stop`; start again what dies, after 1, 2, 4 … 60 seconds."""
    processes: dict[Part, subprocess.Popen[bytes]] = {}
    again_at = dict.fromkeys(parts, 0.0)
    pauses = dict.fromkeys(parts, 1.0)
    began: dict[Part, float] = {}
    while not stop.is_set():
        for part in parts:
            process = processes.get(part)
            if process is not None and process.poll() is None:
                continue
            now = time.monotonic()
            if process is not None:
                if now - began[part] > LONGEST_PAUSE_SECONDS:
                    pauses[part] = 1.0
                again_at[part] = now + pauses[part]
                logger.error(
                    "part ended by itself, starting it again",
                    extra={"part": part.value, "exit": process.returncode, "pause_seconds": pauses[part]},
                )
                pauses[part] = min(pauses[part] * 2, LONGEST_PAUSE_SECONDS)
                _close(process)
                del processes[part]
            if now >= again_at[part]:
                processes[part] = start_part(part, environment)
                began[part] = now
                on_start(part)
        stop.wait(0.5)
    end(list(processes.values()))


def end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Ask processes to stop, and kill what has not within STOP_SECONDS."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for process in processes:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        _close(process)


def _close(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()


def run_web(settings: Settings) -> None:
    """Web workers until stopped. They build their own settings and storage from the environment."""
    Granian(
        "web.app:from_environment",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.web_workers,
        log_level=LogLevels.warning,
        websockets=False,
        respawn_failed_workers=True,
        respawn_interval=3.5,
    ).serve()


def run_sender(settings: Settings, storage: Storage, *, clock: Clock, stop: Stop) -> None:
    """Send what is due, look again every few seconds, until stopped."""
    channels, mails = open_channels(settings), open_mails(settings, clock)
    try:
        while not stop.is_set():
            try:
                done = deliver_due(storage, clock, notifies=channels, mails=mails, is_stopping=stop.is_set)
            except DigestError:
                logger.exception("sender could not work; it tries again")
            else:
                for failure in done.failures:
                    logger.warning("delivery failed", extra={"failure": failure})
            stop.wait(TICK_SECONDS)
    finally:
        if mails is not None:
            mails.close()


def run_pipeline(
    settings: Settings,
    read_campaign: Callable[[], Campaign],
    storage: Storage,
    *,
    clock: Clock,
    stop: Stop,
    is_demo: bool,
) -> None:
    """Keep the day: insert what is due, do it, until stopped.

    sources.yaml is read again before every job, so an edit counts from the next pass on; a broken one is told in the
    log, and the last good one is kept.
    """
    campaign = read_campaign()
    model_used_at = time.monotonic()

    def insert_due() -> None:
        now = clock.now()
        with storage.begin() as tx:
            for due in due_jobs(campaign.site, now=now):
                tx.jobs.add(due.kind, due.key, due_at=due.due_at)
            tx.jobs.announce_due(now=now)

    with open_tools(settings, campaign, storage, clock=clock, is_everything_due=False, is_demo=is_demo) as tools:

        def one_pass(_: Job) -> str:
            nonlocal campaign, model_used_at
            try:
                campaign = read_campaign()
            except ConfigError as error:
                logger.error(
                    "sources.yaml cannot be used, the last good one is kept", extra={"problems": error.problems}
                )
            report = run_pass(tools.with_campaign(campaign))
            if report.is_model_loaded:
                model_used_at = time.monotonic()
            return f"{report.added} new articles, {report.stories} stories"

        def release_if_idle() -> None:
            if time.monotonic() - model_used_at > IDLE_RELEASE_SECONDS:
                tools.embedder.release()

        handlers: dict[JobKind, Handler] = {
            JobKind.PASS: one_pass,
            JobKind.COMPOSE: one_pass,
            JobKind.PUBLISH: one_pass,
            JobKind.DELETE_TEXTS: lambda _: "done by every pass",
        }
        with _ticking(insert_due):
            Jobs(storage=storage, clock=clock, handlers=handlers, wait=stop.wait, on_idle=release_if_idle).work()


@contextmanager
def _ticking(insert_due: Callable[[], None]) -> Iterator[None]:
    """The scheduler: inserts the rows that have become due, now and every few seconds, and does nothing else."""
    scheduler = BackgroundScheduler(timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1})
    scheduler.add_job(insert_due, "interval", seconds=SCHEDULE_SECONDS, next_run_time=datetime.now(UTC))
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=True)
