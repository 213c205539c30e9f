"""How commands talk: results to stdout, talk to stderr, a bar on long work while a person watches."""

import json
import logging
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
    logging.basicConfig(level=level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("alembic", "apscheduler"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


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
