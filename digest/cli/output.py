"""How commands talk: results to stdout, talk to stderr, a bar on long work while a person watches."""

import json
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import wrap
from typing import Any

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.status import Status
from rich.text import Text

from digest.errors import DigestError

GAP = "  "
LONG_CELL = 24
"""Columns. A moment, a size or a word fits; a sentence, an address or a full name may not."""
NO_BREAK = "\N{NO-BREAK SPACE}"

# Nothing that is said is markup: a name in a message, or an outlet's headline, may hold brackets.
talk = Console(stderr=True, highlight=False, markup=False, emoji=False)


# A terminal obeys these: ESC and its eight-bit twin begin orders, others ring, go back, or turn a line round. What an
# outlet, a server or a file wrote may hold them; a tab or a line end it may have.
_ORDERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ud800-\udfff]")


def harmless(text: str) -> str:
    """The text without what a terminal would take for an order; U+FFFD stands where something was."""
    return _ORDERS.sub("\ufffd", text)


def say(words: str) -> None:
    """A line of talk, whole: not folded at a width that nobody has."""
    talk.print(harmless(words), soft_wrap=True)


def busy_with(words: str) -> Status:
    """A sign of life beside these words until the block ends, while a person watches; silence otherwise."""
    return talk.status(Text(harmless(words)))


def tell_problem(words: str) -> None:
    """One thing that is wrong, whole, on a line of stderr."""
    talk.print("✗ ", style="bold red", end="")
    say(words)


def print_json(value: list[dict[str, Any]] | dict[str, Any]) -> None:
    print(json.dumps(value, indent=2, default=str))


def print_rows(rows: list[dict[str, Any]]) -> None:
    """A table with a heading per key. Into a file or a pipe: a line per row, untruncated, its cells parted by tabs.

    Where a terminal is too narrow for it, what is long stands below its row, and words and addresses stay whole.
    """
    headings = list(rows[0]) if rows else []
    cells = [[harmless(" ".join(str(value).split())) for value in row.values()] for row in rows]
    if not sys.stdout.isatty():
        for line in [headings, *cells] if rows else ():
            print("\t".join(line))
        return
    console = Console(highlight=False, markup=False, emoji=False)
    for words in table_lines(headings, cells, width=console.width):
        console.print(words, soft_wrap=True)


def table_lines(headings: list[str], rows: list[list[str]], *, width: int) -> Iterator[str]:
    """The lines of a table: in columns, of which the long ones go below the rows, or all of them if that is too wide.

    The first column stays: it names the row.
    """
    widths = [max(map(cell_len, column)) for column in zip(headings, *rows, strict=True)]
    long_ones = sorted((i for i in range(1, len(widths)) if widths[i] > LONG_CELL), key=lambda i: -widths[i])
    inside = set(range(len(widths)))
    while long_ones and _table_width(widths, inside) > width:
        inside.remove(long_ones.pop(0))
    if _table_width(widths, inside) > width:
        inside = {0}
    if len(inside) > 1:
        yield _in_columns(headings, widths, inside)
    for row in rows:
        yield _in_columns(row, widths, inside)
        below = [i for i in range(len(row)) if i not in inside and row[i]]
        if len(inside) > 1:
            for i in below:
                yield from _folded(f"{headings[i]}: {row[i]}", width=width)
        elif below:
            yield from _folded(" · ".join(f"{headings[i]} {row[i]}".replace(" ", NO_BREAK) for i in below), width=width)


def _table_width(widths: list[int], columns: set[int]) -> int:
    return sum(widths[i] for i in columns) + len(GAP) * (len(columns) - 1)


def _in_columns(row: list[str], widths: list[int], columns: set[int]) -> str:
    return GAP.join(row[i] + " " * (widths[i] - cell_len(row[i])) for i in sorted(columns)).rstrip()


def _folded(text: str, *, width: int) -> list[str]:
    """Lines of whole words below a row; an address that is longer than a line stays whole too, to be copied."""
    lines = wrap(
        text,
        max(width, 20),
        initial_indent="  ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(NO_BREAK, " ") for line in lines]


def exit_unless(is_fine: bool) -> None:
    if not is_fine:
        raise typer.Exit(1)


def log_to_stderr(level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter())
    logging.basicConfig(level=level, handlers=[handler])
    for chatty in ("alembic", "apscheduler"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


class LineFormatter(logging.Formatter):
    """One line a record, its extra fields behind it as key=value: `… delivery recorded row=7 result=retry`.

    Who follows a campaign is sensitive. We log ids; what still looks like a mail address or a notifier's URL, in the
    trace of somebody else's error for one, is blotted out here.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's name
        extra = {name: value for name, value in vars(record).items() if name not in _ALWAYS_THERE}
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, DigestError):
            extra["failure"] = error
        return " ".join([super().formatMessage(record), *(f"{name}={_value(extra[name])}" for name in extra)])

    def formatException(self, ei: Any) -> str:  # noqa: N802  # logging's name
        # What we foresaw has its words; where it was raised helps nobody.
        return "" if isinstance(ei[1], DigestError) else super().formatException(ei)

    def format(self, record: logging.LogRecord) -> str:
        return harmless(_ADDRESS.sub("[address]", _NOTIFIER.sub("[url]", super().format(record))))


_ALWAYS_THERE = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime", "color_message"})
# A page's address may stand in a log; one that carries a user or comes with another scheme is a way to somebody.
_NOTIFIER = re.compile(r"\b(?!https?://[^\s/@]*(?:[\s/\"'?#]|$))[a-z][a-z0-9+.-]*://[^\s\"']+", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s<>\"'=,;:()]+@[^\s<>\"'=,;:()]+\.[^\s<>\"'=,;:()]+")


def _value(value: object) -> str:
    text = str(value)
    return text if re.fullmatch(r"[^\s\"=]+", text) else json.dumps(text, ensure_ascii=False)


class Bars:
    """A bar per stage while a person watches, silence otherwise."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("  {task.description:<18}"),
            BarColumn(bar_width=32),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=talk,
            disable=not talk.is_terminal,
            transient=True,
        )
        self._task: TaskID | None = None

    def stage(self, name: str, *, total: int) -> None:
        self.finish()
        self._task = self._progress.add_task(name, total=total)
        self._progress.start()

    def advance(self, steps: int = 1) -> None:
        if self._task is not None:
            self._progress.advance(self._task, steps)

    def finish(self) -> None:
        if self._task is not None:
            self._progress.stop()
            self._progress.remove_task(self._task)
            self._task = None


@contextmanager
def show_bars() -> Iterator[Bars]:
    bars = Bars()
    try:
        yield bars
    finally:
        bars.finish()
