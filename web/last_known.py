"""What the web workers ask again and again: at most once a second, and the last answer while asking fails."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

from digest.errors import DigestError

logger = logging.getLogger(__name__)

ASK_SECONDS = 1.0
"""Readers see a new edition, a retraction or an edited sources.yaml this much later at most."""

T = TypeVar("T")


class LastKnown:
    """Answers by name. Threads share it.

    ticks: a monotonic clock, seconds; time that passes for caching only, never the product's one clock.
    """

    def __init__(self, *, ticks: Callable[[], float] = time.monotonic) -> None:
        self._ticks = ticks
        self._lock = threading.Lock()
        self._answers: dict[str, Any] = {}
        self._asked_at: dict[str, float] = {}
        self._told: dict[str, str] = {}

    def get(self, name: str, ask: Callable[[], T]) -> T:
        """What `ask` gave within the last second, else what it gives now, else what it gave last.

        Raises the DigestError of `ask` while it has never given anything. A failure is logged once, until it changes.
        """
        with self._lock:
            is_fresh = self._ticks() - self._asked_at.get(name, float("-inf")) < ASK_SECONDS
            if is_fresh and name in self._answers:
                return cast(T, self._answers[name])
            self._asked_at[name] = self._ticks()
        try:
            answer = ask()
        except DigestError as error:
            self._tell(name, error)
            with self._lock:
                if name in self._answers:
                    return cast(T, self._answers[name])
            raise
        with self._lock:
            self._answers[name] = answer
            is_well_again = self._told.pop(name, None) is not None
        if is_well_again:
            logger.warning("%s can be read again", name)
        return answer

    def is_failing(self, name: str) -> bool:
        """Whether the last asking for this failed, so that an earlier answer stands in for it."""
        with self._lock:
            return name in self._told

    def _tell(self, name: str, error: DigestError) -> None:
        with self._lock:
            is_news = self._told.get(name) != str(error)
            self._told[name] = str(error)
        if is_news:
            logger.error("%s cannot be read; pages stay as they were: %s", name, error)
