"""Jobs are done once, by the handler of their kind, whichever engine carries them."""

import threading
from datetime import datetime, timedelta

import psycopg
import pytest

from digest.clock import FixedClock
from digest.errors import ConflictError, StorageError
from digest.jobs import RETRY, Jobs
from digest.model.job import Job, JobKind
from digest.storage import Storage, open_storage, upgrade_storage
from tests.factories import NOON

HOUR = timedelta(hours=1)


class Worker:
    """Somebody doing jobs in a thread, until what was wanted has been done."""

    def __init__(self, storage: Storage, *, now: datetime = NOON, wants: int, fails: Exception | None = None) -> None:
        self.done: list[str] = []
        self._wants, self._fails = wants, fails
        self._enough = threading.Event()
        self._jobs = Jobs(
            storage=storage,
            clock=FixedClock(now),
            handlers={JobKind.PASS: self._handle, JobKind.PUBLISH: self._handle},
            wait=self._enough.wait,
        )
        self._thread = threading.Thread(target=self._jobs.work)

    def _handle(self, job: Job) -> str:
        self.done.append(job.key)
        if len(self.done) >= self._wants:
            self._enough.set()
        if self._fails is not None:
            raise self._fails
        return "done"

    def __enter__(self) -> "Worker":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(timeout=30)
        self._enough.set()
        assert not self._thread.is_alive()


def add(storage: Storage, *keys: str, due_at: datetime = NOON) -> None:
    with storage.begin() as tx:
        for key in keys:
            tx.jobs.add(JobKind.PASS, key, due_at=due_at)


def pending(storage: Storage) -> int:
    with storage.read() as tx:
        return tx.jobs.pending(JobKind.PASS)


def test_what_waits_and_what_comes_is_done_once(storage: Storage) -> None:
    add(storage, "pass/1", "pass/2")
    with Worker(storage, wants=4) as worker:
        add(storage, "pass/3", "pass/1", "pass/4")
    assert sorted(worker.done) == ["pass/1", "pass/2", "pass/3", "pass/4"]
    assert pending(storage) == 0


def test_two_workers_share_the_work(storage: Storage) -> None:
    add(storage, *(f"pass/{number}" for number in range(12)))
    with Worker(storage, wants=99) as one, Worker(storage, wants=99) as other:
        while pending(storage):
            pass
        one._enough.set()
        other._enough.set()
    assert sorted(one.done + other.done) == sorted(f"pass/{number}" for number in range(12))


def test_job_of_a_transaction_that_failed_was_never_there(storage: Storage) -> None:
    def half() -> None:
        with storage.begin() as tx:
            tx.jobs.add(JobKind.PASS, "pass/never", due_at=NOON)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    add(storage, "pass/1")
    with Worker(storage, wants=1) as worker:
        pass
    assert worker.done == ["pass/1"]


@pytest.mark.parametrize("error", [StorageError("the disk is full"), ConflictError("x")])
def test_job_that_failed_is_tried_again_when_its_time_has_come(storage: Storage, error: Exception) -> None:
    add(storage, "pass/1")
    with Worker(storage, wants=1, fails=error):
        pass
    assert pending(storage) == 1
    with storage.begin() as tx:
        tx.jobs.announce_due(now=NOON + RETRY / 2)
        assert tx.jobs.claim([JobKind.PASS], now=NOON + RETRY / 2, until=NOON + HOUR) is None
    with storage.begin() as tx:
        tx.jobs.announce_due(now=NOON + RETRY)
    with Worker(storage, now=NOON + RETRY, wants=1) as worker:
        pass
    assert worker.done == ["pass/1"]
    assert pending(storage) == 0


def test_what_a_dead_process_left_is_done_by_the_next(storage: Storage) -> None:
    add(storage, "pass/1")
    with storage.begin() as tx:
        assert tx.jobs.claim([JobKind.PASS], now=NOON, until=NOON + HOUR) is not None
    with storage.begin() as tx:
        tx.jobs.announce_due(now=NOON + HOUR)
        tx.jobs.announce_due(now=NOON + HOUR)
    with Worker(storage, now=NOON + HOUR, wants=1) as worker:
        pass
    assert worker.done == ["pass/1"]


@pytest.mark.postgres
def test_postgresql_queues_with_procrastinate_in_the_same_transaction(postgres_url: str) -> None:
    upgrade_storage(postgres_url)
    storage = open_storage(postgres_url)
    add(storage, "pass/1", "pass/1", "pass/2")
    with storage.begin() as tx:
        tx.jobs.announce_due(now=NOON)
    with psycopg.connect(storage.conninfo) as connection:
        waiting = connection.execute(
            "SELECT queue_name, status::text, key FROM procrastinate.procrastinate_jobs AS queued"
            " JOIN jobs ON jobs.id = (queued.args ->> 'job_id')::bigint ORDER BY queued.id"
        ).fetchall()
    assert waiting == [("jobs", "todo", "pass/1"), ("jobs", "todo", "pass/2")]
    with Worker(storage, wants=2):
        pass
    with psycopg.connect(storage.conninfo) as connection:
        assert connection.execute("SELECT count(*) FROM procrastinate.procrastinate_jobs").fetchone() == (0,)
    storage.close()
