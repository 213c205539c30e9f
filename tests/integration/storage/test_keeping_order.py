"""What keeps processes out of each other's way: the clock, leases, jobs; and what is remembered of fetching."""

import threading
from datetime import timedelta

import numpy as np
import pytest

from digest.errors import ConflictError, StorageError
from digest.model.fetch import FetchState, FetchTally
from digest.model.job import JobKind
from digest.storage import Storage
from tests.factories import NOON, OURS, PRESS, RIVAL_PRESS

HOUR = timedelta(hours=1)


def test_the_clock_goes_back_only_by_force(storage: Storage) -> None:
    with storage.begin() as tx:
        assert tx.clock.last() is None
        tx.clock.advance(NOON)
        tx.clock.advance(NOON)
    with storage.begin() as tx, pytest.raises(ConflictError):
        tx.clock.advance(NOON - timedelta(seconds=11))
    with storage.begin() as tx:
        tx.clock.advance(NOON - HOUR, force=True)
        assert tx.clock.last() == NOON - HOUR


def test_who_looked_at_the_clock_first_may_write_second(storage: Storage) -> None:
    with storage.begin() as tx:
        tx.clock.advance(NOON)
        tx.clock.advance(NOON - timedelta(seconds=1))
        assert tx.clock.last() == NOON


def test_a_lease_has_one_holder_until_it_runs_out(storage: Storage) -> None:
    with storage.begin() as tx:
        assert tx.leases.take("pass", holder="a", now=NOON, until=NOON + HOUR)
        assert not tx.leases.take("pass", holder="b", now=NOON, until=NOON + HOUR)
        assert tx.leases.renew("pass", holder="a", now=NOON, until=NOON + 2 * HOUR)
        assert not tx.leases.renew("pass", holder="b", now=NOON, until=NOON + 2 * HOUR)
        tx.leases.release("pass", "b")
        assert tx.leases.holder("pass", NOON) == "a"
        assert tx.leases.take("pass", holder="b", now=NOON + 2 * HOUR, until=NOON + 3 * HOUR)
        assert tx.leases.holder("pass", NOON + 3 * HOUR) is None


def test_a_job_is_added_once_for_ever(storage: Storage) -> None:
    with storage.begin() as tx:
        assert tx.jobs.add(JobKind.PASS, "pass/1", due_at=NOON)
        assert not tx.jobs.add(JobKind.PASS, "pass/1", due_at=NOON + HOUR)
        job = tx.jobs.claim([JobKind.PASS], now=NOON, until=NOON + HOUR)
        assert job is not None
        tx.jobs.finish(job.id, now=NOON)
        assert not tx.jobs.add(JobKind.PASS, "pass/1", due_at=NOON)
        assert tx.jobs.claim([JobKind.PASS], now=NOON + HOUR, until=NOON + 2 * HOUR) is None


def test_a_job_whose_process_died_is_done_by_another(storage: Storage) -> None:
    with storage.begin() as tx:
        tx.jobs.add(JobKind.PASS, "pass/1", due_at=NOON)
        tx.jobs.add(JobKind.PUBLISH, "publish/1", due_at=NOON)
        assert tx.jobs.claim([JobKind.PASS], now=NOON - HOUR, until=NOON) is None
        first = tx.jobs.claim([JobKind.PASS], now=NOON, until=NOON + HOUR)
        assert tx.jobs.claim([JobKind.PASS], now=NOON, until=NOON + HOUR) is None
        again = tx.jobs.claim([JobKind.PASS], now=NOON + HOUR, until=NOON + 2 * HOUR)
        assert first is not None
        assert again is not None
        assert (again.id, again.attempts) == (first.id, 2)
        tx.jobs.fail(again.id, now=NOON, error="no", retry_at=NOON + 3 * HOUR)
        assert tx.jobs.pending(JobKind.PASS) == 1


def test_two_workers_never_get_the_same_job(storage: Storage) -> None:
    with storage.begin() as tx:
        for number in range(20):
            tx.jobs.add(JobKind.PASS, f"pass/{number}", due_at=NOON)
    got: list[str] = []

    def work() -> None:
        while True:
            with storage.begin() as tx:
                job = tx.jobs.claim([JobKind.PASS], now=NOON, until=NOON + HOUR)
            if job is None:
                return
            got.append(job.key)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(got) == sorted(f"pass/{number}" for number in range(20))


def test_source_that_left_the_file_is_kept_but_not_read(storage: Storage) -> None:
    with storage.begin() as tx:
        tx.sources.mirror([PRESS, OURS], now=NOON)
        tx.sources.mirror([OURS, RIVAL_PRESS], now=NOON)
        assert {source.id for source in tx.sources.all()} == {OURS.id, RIVAL_PRESS.id}
        tx.sources.mirror([PRESS], now=NOON)
        assert tx.sources.all() == [PRESS]


def test_fetch_states_and_daily_sums_come_back(storage: Storage) -> None:
    state = FetchState(source_id=PRESS.id, url=PRESS.feed, etag='W/"é"', failures=2, next_due_at=NOON)
    with storage.begin() as tx:
        tx.sources.mirror([PRESS], now=NOON)
        tx.fetches.save_all([state])
        tx.fetches.save_all([state])
        asked = FetchTally(
            source_id=PRESS.id, day=NOON.date(), requests=1, not_modified=1, wire_bytes=10, failures=0, pages=3
        )
        for _ in range(2):
            tx.fetches.tally_all([asked])
        assert tx.fetches.states() == {PRESS.id: state}
        (tally,) = tx.fetches.tallies(NOON.date())
    assert (tally.requests, tally.not_modified, tally.wire_bytes, tally.pages) == (2, 2, 20, 6)


def test_vectors_belong_to_the_arithmetic_that_made_them(storage: Storage) -> None:
    row = np.arange(4, dtype=np.float32)
    with storage.begin() as tx:
        tx.vectors.put("onnx", {"k": row[::-1].copy()}, now=NOON)
        tx.vectors.put("onnx", {"k": row}, now=NOON)
        assert tx.vectors.load(["k"], backend="torch") == {}
        (kept,) = tx.vectors.load(["k", "other"], backend="onnx").items()
        assert kept[0] == "k"
        np.testing.assert_array_equal(kept[1], row)


def test_a_reader_cannot_write(storage: Storage) -> None:
    with pytest.raises(StorageError), storage.read() as tx:
        tx.clock.advance(NOON)


def test_what_fails_leaves_nothing(storage: Storage) -> None:
    def half() -> None:
        with storage.begin() as tx:
            tx.clock.advance(NOON)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    with storage.read() as tx:
        assert tx.clock.last() is None


def test_passes_and_jobs_are_forgotten_after_their_time_but_for_the_first_pass(storage: Storage) -> None:
    with storage.begin() as tx:
        for days in (0, 1, 40):
            number = tx.passes.start(NOON + timedelta(days=days))
            tx.passes.finish(number, now=NOON + timedelta(days=days), summary={})
            tx.jobs.add(JobKind.PASS, f"pass/{days}", due_at=NOON)
            job = tx.jobs.claim([JobKind.PASS], now=NOON, until=NOON + timedelta(hours=1))
            assert job is not None
            tx.jobs.finish(job.id, now=NOON + timedelta(days=days))
        tx.passes.delete(NOON + timedelta(days=30))
        tx.jobs.delete_finished(NOON + timedelta(days=30))
        assert tx.passes.first_started_at() == NOON
        assert tx.passes.last_finished_on() == (NOON + timedelta(days=40)).date()
        assert not tx.jobs.add(JobKind.PASS, "pass/40", due_at=NOON)
        assert tx.jobs.add(JobKind.PASS, "pass/1", due_at=NOON)


def test_a_trial_keeps_nothing(storage: Storage) -> None:
    with storage.trial() as tx:
        tx.clock.advance(NOON)
        assert tx.clock.last() == NOON
    with storage.read() as tx:
        assert tx.clock.last() is None
