"""The `digest` command. Results to stdout, talk to stderr; exit 0 done, 1 failed, 2 misused, 130 stopped by Ctrl-C.

This file is the one place where what we foresaw becomes a message and an exit code; the list of commands stands in
`commands.py`, each file beside it holds those on one noun.
"""

import errno
import io
import os
import sys
from typing import Any

from digest.errors import ConfigError, DigestError

STOPPED = 130


def main() -> None:
    """What we foresaw ends in one clear message, never in a traceback; a bug ends loudly."""
    sys.exit(_exit_code())


class _UnheardError(OSError):
    """The results could not be written to stdout."""


class _Stdout(io.FileIO):
    """Standard output, whose errors are told from those of any other file."""

    def write(self, written: Any) -> int:
        try:
            return super().write(written)
        except OSError as error:
            raise _UnheardError(error.errno, error.strerror) from None


def _exit_code() -> int:
    try:
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(_Stdout(sys.stdout.fileno(), "w", closefd=False)),
            encoding=sys.stdout.encoding,
            errors=sys.stdout.errors,
            line_buffering=bool(sys.stdout.line_buffering),
        )
        # Inside, for it takes a second: Ctrl-C must not end in a trace of imports.
        from digest.cli.commands import app  # noqa: PLC0415

        app(standalone_mode=True)
    except SystemExit as ended:
        if ended.code == STOPPED:
            _say_stopped()
        return _unless_unheard(ended.code if isinstance(ended.code, int) else int(ended.code is not None))
    except KeyboardInterrupt:
        _say_stopped()
        return STOPPED
    except DigestError as error:
        from digest.cli.output import tell_problem  # noqa: PLC0415

        for line in str(error).splitlines():
            tell_problem(line)
        return 2 if isinstance(error, ConfigError) else 1
    except _UnheardError as error:
        return _unheard(error)
    return _unless_unheard(0)


def _say_stopped() -> None:
    print("Stopped.", file=sys.stderr)


def _unless_unheard(code: int) -> int:
    """The exit code, or 1 when the results could not be written to stdout, which is told then."""
    try:
        sys.stdout.flush()
    except _UnheardError as error:
        return _unheard(error)
    return code


def _unheard(error: _UnheardError) -> int:
    # Python flushes once more when it ends; what is left goes nowhere.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if error.errno != errno.EPIPE:  # `… | head` has seen enough
        print(f"✗ The results can't be written to where they should go ({error.strerror}).", file=sys.stderr)
    return 1
