"""Whose turn it is at one host and port: how many at a time, how far apart, and when to leave it alone."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from digest.errors import FetchError, HeldBackError

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
        self._asked_to_wait: tuple[int, Mapping[str, str]] | None = None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a slot and for the pause, then hold the slot. Raises FetchError when the host is left alone."""
        if self._slots is None:
            self._let_through()
            yield
            return
        async with self._slots:
            if self._silences >= MOST_SILENCES:
                raise FetchError(
                    f"{self._host} has let {MOST_SILENCES} requests in a row run out of time; left alone for now"
                )
            await asyncio.sleep(self.next_pause(time.monotonic()))
            self._let_through()
            yield

    def next_pause(self, now: float) -> float:
        """Seconds until the caller's turn, which is taken with this call."""
        starts_at = max(now, self._free_at)
        self._free_at = starts_at + self._spacing_seconds
        return starts_at - now

    def answered(self) -> None:
        self._silences = 0

    def hear(self, status: int, headers: Mapping[str, str]) -> None:
        """Take note of an answer: a host that asks us to wait is left alone for as long as this door stands."""
        if status == 429 or (status == 503 and "retry-after" in headers):
            self._asked_to_wait = (status, headers)

    def _let_through(self) -> None:
        if self._asked_to_wait is not None:
            status, headers = self._asked_to_wait
            raise HeldBackError(
                f"{self._host} has asked us to come less often ({status}); left alone for now",
                status=status,
                headers=headers,
            )

    def ran_out_of_time(self) -> None:
        self._silences += 1
