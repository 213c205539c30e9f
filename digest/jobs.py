"""Jobs get done: rows that are due are handed, one at a time, to the one handler of their kind.

    SQLite        the rows are polled
    PostgreSQL    Procrastinate carries them: a row that is due was queued with it in one transaction, and a worker that
                  listens is told at once

Either way the row is the record. A claim says who is at it and until when, so what a queue says twice is done once, and
what a dead process left is done by another.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from procrastinate import App, PsycopgConnector
from procrastinate.jobs import DeleteJobCondition, Status

from digest.clock import Clock
from digest.errors import ConflictError, DigestError
from digest.model.ids import JobId
from digest.model.job import Job, JobKind
from digest.storage import CARRIER_QUEUE, CARRIER_SCHEMA, CARRIER_TASK, Storage

logger = logging.getLogger(__name__)

TICK_SECONDS = 2.0
LEASE = timedelta(minutes=30)
RETRY = timedelta(minutes=1)
HEARTBEAT_SECONDS = 10.0
DEAD_AFTER_SECONDS = 40.0

Handler = Callable[[Job], str]
"""Does a job and says in a few words what came of it. Raises DigestError when it could not; it is tried again then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs:
    """Whoever does jobs: what there is to do them with."""

    storage: Storage
    clock: Clock
    handlers: Mapping[JobKind, Handler]
    wait: Callable[[float], bool]
    """Waits so many seconds; True: stop now."""
    on_idle: Callable[[], None] = lambda: None
    """Called every few seconds in which nothing was to do."""

    def work(self) -> None:
        """Do what is due until told to stop."""
        match self.storage.dialect:
            case "sqlite":
                self._poll()
            case "postgresql":
                asyncio.run(self._be_told())

    def do_next(self) -> bool:
        """Do the job that has been due longest; whether there was one. Raises StorageError."""
        now = self.clock.now()
        with self.storage.begin() as tx:
            job = tx.jobs.claim(tuple(self.handlers), now=now, until=now + LEASE)
        return job is not None and self._do(job)

    def do(self, job_id: JobId) -> bool:
        """Do this job, if it is due and nobody is at it; whether it was done. Raises StorageError."""
        now = self.clock.now()
        with self.storage.begin() as tx:
            job = tx.jobs.claim_one(job_id, now=now, until=now + LEASE)
        return job is not None and self._do(job)

    def _poll(self) -> None:
        while not self.wait(0):
            try:
                has_worked = self.do_next()
            except DigestError:
                logger.exception("jobs could not be read; it tries again")
                has_worked = False
            if not has_worked:
                self.on_idle()
                self.wait(TICK_SECONDS)

    async def _be_told(self) -> None:
        connector = PsycopgConnector(
            conninfo=self.storage.conninfo,
            kwargs={"options": f"-c search_path={CARRIER_SCHEMA}"},
            min_size=1,
            max_size=4,
        )
        app = App(connector=connector)

        @app.task(name=CARRIER_TASK, queue=CARRIER_QUEUE)
        def carry(job_id: int) -> None:
            self.do(JobId(job_id))

        async with app.open_async():
            worker = asyncio.create_task(
                app.run_worker_async(
                    queues=[CARRIER_QUEUE],
                    concurrency=1,
                    delete_jobs=DeleteJobCondition.ALWAYS,
                    fetch_job_polling_interval=TICK_SECONDS,
                    install_signal_handlers=False,
                    update_heartbeat_interval=HEARTBEAT_SECONDS,
                    stalled_worker_timeout=DEAD_AFTER_SECONDS,
                )
            )
            while not worker.done() and not await asyncio.to_thread(self.wait, TICK_SECONDS):
                # What a dead worker held is queued again with the next tick of the schedule; its note may go.
                for stalled in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_SECONDS):
                    await app.job_manager.finish_job(stalled, status=Status.FAILED, delete_job=True)
                self.on_idle()
            worker.cancel()
            with suppress(asyncio.CancelledError):
                await worker

    def _do(self, job: Job) -> bool:
        try:
            result = self.handlers[job.kind](job)
        except DigestError as error:
            if not isinstance(error, ConflictError):  # somebody else is at it: that is no failure
                logger.exception("job failed", extra={"job": job.key})
            with self.storage.begin() as tx:
                tx.jobs.fail(job.id, now=self.clock.now(), error=str(error), retry_at=self.clock.now() + RETRY)
        else:
            with self.storage.begin() as tx:
                tx.jobs.finish(job.id, now=self.clock.now(), result=result)
            logger.info("job done", extra={"job": job.key, "result": result})
        return True
