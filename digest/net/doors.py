"""Whose turn it is at one host and port: how many at a time, how far apart, and when to leave it alone."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from digest.errors import FetchError

MOST_SILENCES = 3
"""Deadlines in a row after which a host is left alone: sixty pages of a dead site would hold up a pass for minutes."""


class Door:
    """One host and port. Serves one event loop.

    slots: requests at a time; None: any number.   spacing_seconds: between the starts of two requests.
    """

    def __init__(self, host: str, *, slots: int | None, spacing_seconds: float) -> None:
        self._host = host
        self._slots = asyncio.Semaphore(slots) if slots is not None else None
        self._spacing_seconds = spacing_seconds
        self._free_at = 0.0
        self._silences = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a slot and for the pause, then hold the slot. Raises FetchError when the host is left alone."""
        if self._slots is None:
            yield
            return
        async with self._slots:
            if self._silences >= MOST_SILENCES:
                raise FetchError(
                    f"{self._host} has let {MOST_SILENCES} requests in a row run out of time; left alone for now"
                )
            await asyncio.sleep(self.next_pause(time.monotonic()))
            yield

    def next_pause(self, now: float) -> float:
        """Seconds until the caller's turn, which is taken with this call."""
        starts_at = max(now, self._free_at)
        self._free_at = starts_at + self._spacing_seconds
        return starts_at - now

    def answered(self) -> None:
        self._silences = 0

    def ran_out_of_time(self) -> None:
        self._silences += 1
