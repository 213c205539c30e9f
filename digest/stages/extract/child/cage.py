"""The cage around the parsers: limits of the operating system, and an audit hook that refuses what no parser needs.

The hook is a fence against our own libraries doing what they can do by mistake or by design (fetching a picture,
opening a path that a feed names), not against code that has taken over the process: that is what the limits, the
bare environment and the parent's clock are for. While a feed is read, a limit of open files says the same to libraries
in C, which no hook can see.
"""

import os
import resource
import signal
import site
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import digest

_REFUSED_PREFIXES = ("socket.", "subprocess.", "os.exec", "os.spawn", "os.posix_spawn", "os.fork", "pty.", "shutil.")
_REFUSED = frozenset(
    {
        "os.system",
        "os.startfile",
        "os.kill",
        "os.killpg",
        "os.remove",
        "os.rename",
        "os.mkdir",
        "os.rmdir",
        "os.link",
        "os.symlink",
        "os.chmod",
        "os.chown",
        "os.truncate",
        "signal.pthread_kill",
        "webbrowser.open",
        "urllib.Request",
    }
)
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC
_OPEN_FILES = 64


class OutOfTimeError(BaseException):
    """The input took all the computing it may have. No Exception: parsers catch those and go on."""


@contextmanager
def computing_for_at_most(seconds: float) -> Iterator[None]:
    """Raises OutOfTimeError inside the block once it has computed for so long, on the main thread.

    What waits for others on a busy machine does not count, and the child lives on: replacing one costs 0.3 to 1 s.
    It ends Python code and regular expressions; the parent's clock ends what is stuck inside a library in C.
    """

    def stop(_signal: int, _frame: object) -> None:
        raise OutOfTimeError

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextmanager
def opening_nothing() -> Iterator[None]:
    """Inside the block the system itself lets this process open neither file nor socket, whichever library asks."""
    before, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before, hard))


def lock_in(*, memory_mb: int) -> None:
    """From here on this process has little memory, writes no file, and reaches nothing but the installed packages."""
    sys.dont_write_bytecode = True
    tempfile.tempdir = "/nonexistent"  # newspaper asks for it on import, and finding one means writing one
    _lower(resource.RLIMIT_AS, memory_mb * 1024 * 1024)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _lower(resource.RLIMIT_CORE, 0)
    readable = _readable_folders()

    def refuse(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if isinstance(path, int):
                return
            if (isinstance(flags, int) and flags & _WRITES) or not _is_within(path, readable):
                raise PermissionError(f"a parser may not open {path!r}")
        elif event in _REFUSED or event.startswith(_REFUSED_PREFIXES):
            raise PermissionError(f"a parser may not do {event}")

    sys.addaudithook(refuse)


def limit_processor(seconds: float) -> None:
    """Let this process compute for `seconds` more. The parent's clock is stricter; this one holds when it is gone."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime + seconds) + 60
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (until if hard == resource.RLIM_INFINITY else min(until, hard), hard))


def _lower(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    # macOS knows RLIMIT_AS and refuses to set it; there the parent's clock is what holds.
    with suppress(ValueError, OSError):
        resource.setrlimit(which, (value, value))


def _readable_folders() -> tuple[str, ...]:
    """Where modules, their data and the time zones lie. Never the folder that holds the `digest` package: a checkout
    keeps `.env` and the database there."""
    paths = sysconfig.get_paths()
    folders = [
        paths["stdlib"],
        paths["platstdlib"],
        paths["purelib"],
        paths["platlib"],
        *site.getsitepackages(),
        str(Path(digest.__file__).parent),
        "/usr/share/zoneinfo",
        "/etc/localtime",
    ]
    return tuple({os.path.realpath(folder) for folder in folders} | set(folders))


def _is_within(path: object, folders: tuple[str, ...]) -> bool:
    if not isinstance(path, str | bytes | os.PathLike):
        return False
    real = os.path.realpath(os.fsdecode(path))
    return any(real == folder or real.startswith(folder + os.sep) for folder in folders)
