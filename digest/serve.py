"""`digest serve`: one command that supervises three kinds of process, and what two of them do.

    web        web workers under granian: no model, no parser
    pipeline   the schedule and the stages; the model is loaded on first need and freed when idle
    sender     the outbox

A part that dies is started again, with growing pauses; Ctrl-C or SIGTERM ends them all, and a part whose supervisor was
killed ends by itself.
"""

import errno
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
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import FrameType

from apscheduler.schedulers.background import BackgroundScheduler
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from digest.assembly import open_channels, open_mails, open_staff_channels, open_tools
from digest.clock import Clock
from digest.errors import ConfigError, DeliveryError, DigestError
from digest.jobs import Handler, Jobs
from digest.model.job import Job, JobKind
from digest.model.source import Campaign
from digest.pipeline import Tools, alert_of, deliver_due, keep_hubs, keep_the_hour, read_pushes, run_pass
from digest.ports import Notifies
from digest.schedule import due_jobs
from digest.settings import Settings
from digest.stages.deliver import MESSAGE_SECONDS, Routes
from digest.storage import Storage

logger = logging.getLogger(__name__)

TICK_SECONDS = 2.0
SCHEDULE_SECONDS = 10
IDLE_RELEASE_SECONDS = 600.0
MOST_ALERT_ATTEMPTS = 10
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


def listening_at(host: str, port: int) -> tuple[str, int]:
    """The numeric address and port to listen on for a host by name or number; port 0 becomes a free one.

    Raises ConfigError when the host is not this machine, when something else listens there, or when we may not.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"Nobody knows the name {host!r}; {_HOST_WORDS}") from error
    # `localhost` has two addresses: everybody reaches the older kind.
    family, _, _, _, place = min(found, key=lambda each: each[0] != socket.AF_INET)
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(place)
        except PermissionError as error:
            raise ConfigError(
                f"Port {port} is not ours to take; choose one above 1023 with --port or DIGEST_PORT."
            ) from error
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise ConfigError(
                    f"Port {port} on {host} is taken. Stop what listens there, or choose another with --port or "
                    "DIGEST_PORT."
                ) from error
            raise ConfigError(
                f"{host} is no address of this machine to listen on ({error.strerror}); {_HOST_WORDS}"
            ) from error
        return str(place[0]), int(probe.getsockname()[1])


_HOST_WORDS = "write 127.0.0.1 for this machine alone, or one of its own addresses, with --host or DIGEST_HOST."


def free_port() -> int:
    """A port of this machine's loopback address that nobody listens on now."""
    _, port = listening_at("127.0.0.1", 0)
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
                # What it had started would go on by itself: a web worker beside the new ones, on the same port.
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                _close(process)
                del processes[part]
            if now >= again_at[part]:
                processes[part] = start_part(part, environment)
                began[part] = now
                on_start(part)
        stop.wait(0.5)
    end(processes)


def end(processes: Mapping[Part, subprocess.Popen[bytes]]) -> None:
    """Ask the parts to stop, and kill what has not in its time."""
    for process in processes.values():
        if process.poll() is None:
            process.terminate()
    asked_at = time.monotonic()
    for part in sorted(processes, key=stop_seconds):
        process = processes[part]
        try:
            process.wait(max(0.1, asked_at + stop_seconds(part) - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        _close(process)


def _close(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()


def stop_seconds(part: Part) -> float:
    """How long a part may take to stop.

    The sender finishes the message in hand: killed in the middle of it, nobody would know whether it left. The systemd
    unit's TimeoutStopSec is longer still.
    """
    return MESSAGE_SECONDS + 10.0 if part is Part.SENDER else STOP_SECONDS


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
    channels, mails, routes = open_channels(settings), open_mails(settings, clock), Routes()
    try:
        while not stop.is_set():
            try:
                deliver_due(storage, clock, notifies=channels, mails=mails, routes=routes, is_stopping=stop.is_set)
            except DigestError:
                logger.exception("sender could not work; it tries again")
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
) -> None:
    """Keep the day: insert what is due, do it, until stopped."""
    campaign = read_campaign()
    with open_tools(settings, campaign, storage, clock=clock, is_everything_due=False) as tools:
        day = _Day(tools, read_campaign, open_staff_channels(settings))
        with _ticking(day.insert_due):
            Jobs(
                storage=storage, clock=clock, handlers=day.handlers, wait=stop.wait, on_idle=day.release_if_idle
            ).work()


class _Day:
    """What the pipeline process does, job by job.

    sources.yaml is read again before every job, so an edit counts from the next one on; a broken one is told in the
    log, and the last good one is kept.
    """

    def __init__(self, tools: Tools, read_campaign: Callable[[], Campaign], staff: Notifies) -> None:
        self._tools = tools
        self._staff = staff
        self._read_campaign = read_campaign
        self._model_used_at = time.monotonic()

    @property
    def handlers(self) -> Mapping[JobKind, Handler]:
        return {
            JobKind.PASS: self._pass,
            JobKind.PUBLISH: self._hour,
            JobKind.TELL_STAFF: self._tell_staff,
            JobKind.HUBS: lambda _: keep_hubs(self._tools_of_now()),
            JobKind.PUSH: lambda _: read_pushes(self._tools_of_now()),
        }

    def insert_due(self) -> None:
        now = self._tools.clock.now()
        with self._tools.storage.begin() as tx:
            for due in due_jobs(self._tools.campaign.site, now=now):
                # One pass, one look at the hubs, does what ten that were missed would have done.
                if due.kind is JobKind.PUBLISH or not tx.jobs.pending(due.kind):
                    tx.jobs.add(due.kind, due.key, due_at=due.due_at)
            tx.jobs.announce_due(now=now)

    def release_if_idle(self) -> None:
        if time.monotonic() - self._model_used_at > IDLE_RELEASE_SECONDS:
            self._tools.embedder.release()

    def _pass(self, _: Job) -> str:
        report = run_pass(self._tools_of_now())
        if report.is_model_loaded:
            self._model_used_at = time.monotonic()
        return f"{report.added} new articles, {report.stories} stories"

    def _hour(self, _: Job) -> str:
        report = keep_the_hour(self._tools_of_now())
        return "published" if report.published else "nothing was due"

    def _tell_staff(self, job: Job) -> str:
        alert = alert_of(job.payload, self._tools)
        try:
            return self._staff.send(alert.channel, alert.message)
        except DeliveryError as error:
            # Unlike a reader's, this message may come twice rather than never, but not for ever.
            if job.attempts < MOST_ALERT_ATTEMPTS:
                raise
            return f"given up: {error}"

    def _tools_of_now(self) -> Tools:
        try:
            self._tools = self._tools.with_campaign(self._read_campaign())
        except ConfigError as error:
            logger.error("sources.yaml cannot be used, the last good one is kept", extra={"problems": error.problems})
        return self._tools


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
