"""One pass at a time: a row that says who is at it, taken over when its holder is dead."""

import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from digest.errors import ConflictError, StorageError
from digest.storage import Storage

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
LEASE_NAME = "pipeline"
_PROCESS = secrets.token_hex(4)
"""Tells this process from an earlier one that had the same number."""
_numbers = count()


@contextmanager
def hold_lease(storage: Storage, *, lasts: timedelta = LEASE) -> Iterator[Callable[[], None]]:
    """Hold the lease of the pass until the block ends, however long a stage takes; a thread keeps it.

    Yields what a pass asks before it stores anything: it raises ConflictError when another process has taken over (this
    one was stopped or cut off for longer than the lease). Raises ConflictError when a living process holds it.
    lasts: without a renewal, as when its process was killed on another machine.
    Leases go by the machine's clock and not by `--now`: they say whether a process lives, not what day its edition has.
    """
    holder = f"{socket.gethostname()}/{os.getpid()}/{_born(os.getpid())}/{_PROCESS}.{next(_numbers)}"
    if not _take(storage, holder, lasts):
        raise ConflictError(
            "Another `digest run` or `digest serve` is in the middle of a pass; this one has done nothing. "
            "Wait until it ends, or stop it first."
        )
    is_over, is_lost = threading.Event(), threading.Event()

    def keep() -> None:
        while not is_over.wait(lasts.total_seconds() / 5):
            try:
                if not _renew(storage, holder, lasts):
                    is_lost.set()
                    return
            except StorageError:  # a full disk, a database that is away: the next try, or the work itself, will tell
                logger.warning("the lease of the pass could not be renewed; it tries again")

    def check() -> None:
        if is_lost.is_set():
            raise ConflictError("This pass was held up for so long that another one has taken over; it stops here.")

    keeper = threading.Thread(target=keep, name="lease", daemon=True)
    keeper.start()
    try:
        yield check
    finally:
        is_over.set()
        keeper.join()
        with storage.begin() as tx:
            tx.leases.release(LEASE_NAME, holder)


def _take(storage: Storage, holder: str, lasts: timedelta) -> bool:
    now = datetime.now(UTC)
    with storage.begin() as tx:
        other = tx.leases.holder(LEASE_NAME, now)
        if other is not None and _is_dead(other):
            tx.leases.release(LEASE_NAME, other)
        return tx.leases.take(LEASE_NAME, holder=holder, now=now, until=now + lasts)


def _renew(storage: Storage, holder: str, lasts: timedelta) -> bool:
    now = datetime.now(UTC)
    with storage.begin() as tx:
        return tx.leases.renew(LEASE_NAME, holder=holder, now=now, until=now + lasts)


def _is_dead(holder: str) -> bool:
    """Whether a lease's holder was a process of this machine that is no longer there (killed, say)."""
    host, pid, born, process = holder.split("/")
    is_ours = process.partition(".")[0] == _PROCESS
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    # Numbers are given out again, after a restart of the machine above all (in a container everybody is process 1).
    return _born(int(pid)) != born or (int(pid) == os.getpid() and not is_ours)


def _born(pid: int) -> str:
    """When a process began, as Linux tells it: the machine's start and the ticks since; "" elsewhere."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        ticks = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    except OSError:
        return ""
    return f"{boot}.{ticks}"
