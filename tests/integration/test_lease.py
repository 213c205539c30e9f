"""The lease of a pass: one at a time, kept for as long as the pass lives, lost for good when it was."""

import os
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from digest.errors import ConflictError
from digest.pipeline.lease import LEASE_NAME, hold_lease
from digest.storage import Storage

SHORT = timedelta(seconds=0.5)


def keep_asking(check: Callable[[], None]) -> None:
    """Until it raises, or for twenty seconds."""
    ends = time.monotonic() + 20
    while time.monotonic() < ends:
        check()


def holder(storage: Storage) -> str | None:
    with storage.read() as tx:
        return tx.leases.holder(LEASE_NAME, datetime.now(UTC))


def test_lease_outlasts_its_time_while_its_pass_lives_and_ends_with_it(storage: Storage) -> None:
    with hold_lease(storage, lasts=SHORT) as check:
        first, ends = holder(storage), time.monotonic() + 2 * SHORT.total_seconds()
        assert first is not None
        while time.monotonic() < ends:
            assert holder(storage) == first
            check()
        with pytest.raises(ConflictError, match="Another"), hold_lease(storage):
            pass
    assert holder(storage) is None


def test_lease_of_a_process_whose_number_another_one_has_by_now_is_free(storage: Storage) -> None:
    now = datetime.now(UTC)
    with storage.begin() as tx:
        earlier = f"{socket.gethostname()}/{os.getppid()}/another-start.1/x.0"
        assert tx.leases.take(LEASE_NAME, holder=earlier, now=now, until=now + timedelta(hours=1))
    with hold_lease(storage) as check:
        check()
        assert holder(storage) != earlier


def test_pass_that_lost_its_lease_is_told_and_takes_nothing_from_who_has_it(storage: Storage) -> None:
    with hold_lease(storage, lasts=SHORT) as check:
        with storage.begin() as tx:
            tx.leases.release(LEASE_NAME, holder(storage) or "")
            now = datetime.now(UTC)
            assert tx.leases.take(LEASE_NAME, holder="elsewhere/1/x/y.1", now=now, until=now + timedelta(hours=1))
        with pytest.raises(ConflictError, match="taken over"):
            keep_asking(check)
    assert holder(storage) == "elsewhere/1/x/y.1"
