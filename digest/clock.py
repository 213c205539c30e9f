"""The one clock: the real time, or the time that `--now` (DIGEST_NOW) says."""

import time
from datetime import UTC, datetime
from typing import Protocol

FIRST_YEAR, LAST_YEAR = 1990, 2200


class Clock(Protocol):
    """The only clock anything reads."""

    def now(self) -> datetime:
        """The present, aware UTC."""
        ...


def parse_now(text: str) -> datetime:
    """An aware UTC datetime from ISO 8601; a time without a zone is UTC. Raises ValueError.

    A year that nobody can mean is refused: a database remembers the latest time it has seen, and takes no earlier one.
    """
    moment = datetime.fromisoformat(text.strip())
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"the year {moment.year} is not between {FIRST_YEAR} and {LAST_YEAR}")
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """Stands still: one command at one stated moment."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def now(self) -> datetime:
        return self._moment


class RunningClock:
    """Starts at a stated moment and runs: `digest serve` with DIGEST_NOW.

    since: the machine's time (seconds of the epoch) at which the stated moment was; now, where left out. The parts
    of one `digest serve` are given the same, and so have one clock.
    """

    def __init__(self, start: datetime, *, since: float | None = None) -> None:
        self._start = start
        self._since = time.time() if since is None else since

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._start.timestamp() + time.time() - self._since, UTC)
