"""How commands talk: results to stdout, talk to stderr, a bar on long work while a person watches."""

import json
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

talk = Console(stderr=True, highlight=False)


def print_rows(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(rows, indent=2, default=str))
        return
    table = Table(box=None, pad_edge=False)
    for name in rows[0] if rows else ():
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    Console(highlight=False, markup=False).print(table)


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
        return " ".join([super().formatMessage(record), *(f"{name}={_value(extra[name])}" for name in extra)])

    def format(self, record: logging.LogRecord) -> str:
        return _ADDRESS.sub("[address]", _NOTIFIER.sub("[url]", super().format(record)))


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
