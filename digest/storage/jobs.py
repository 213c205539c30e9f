"""Jobs: what is to be done at a time, once per (kind, key), by whoever claims it first."""

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select, update

from digest.errors import NotFoundError
from digest.model.ids import JobId
from digest.model.job import Job, JobKind
from digest.storage.columns import AnyRow
from digest.storage.dialects import announce_job, insert_into
from digest.storage.tables import jobs


class _State(StrEnum):
    DUE = "due"
    CLAIMED = "claimed"
    DONE = "done"
    FAILED = "failed"


class Jobs:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, kind: JobKind, key: str, *, due_at: datetime, payload: Mapping[str, str] | None = None) -> bool:
        """Whether the job is new. A (kind, key) that was ever added stays as it was: done, failed or still due."""
        statement = (
            insert_into(self._connection, jobs)
            .values(
                kind=kind.value,
                key=key,
                state=_State.DUE.value,
                due_at=due_at,
                attempts=0,
                payload=dict(payload or {}),
                result="",
            )
            .on_conflict_do_nothing()
            .returning(jobs.c.id)
        )
        job_id = self._connection.scalar(statement)
        if job_id is not None:
            announce_job(self._connection, job_id)
        return job_id is not None

    def announce_due(self, *, now: datetime) -> None:
        """Tell who carries jobs of every one that is due and that nobody is at: a retry, or what a dead process left.

        PostgreSQL only; on SQLite whoever polls sees them.
        """
        if self._connection.dialect.name == "sqlite":
            return
        for job_id in self._connection.scalars(select(jobs.c.id).where(_is_free(now)).order_by(jobs.c.id)).all():
            announce_job(self._connection, job_id)

    def claim(self, kinds: Collection[JobKind], *, now: datetime, until: datetime) -> Job | None:
        """The job of these kinds that has been due longest, now claimed until `until`; None when nothing is due.

        A claim that ran out (its process died) is due again. No job goes to two callers.
        """
        return self._claim(jobs.c.kind.in_([kind.value for kind in kinds]), now=now, until=until)

    def claim_one(self, job_id: JobId, *, now: datetime, until: datetime) -> Job | None:
        """This job, now claimed until `until`; None when it is not due, or somebody is at it."""
        return self._claim(jobs.c.id == job_id, now=now, until=until)

    def _claim(self, is_wanted: ColumnElement[bool], *, now: datetime, until: datetime) -> Job | None:
        oldest = (
            select(jobs.c.id)
            .where(_is_free(now), is_wanted)
            .order_by(jobs.c.due_at, jobs.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)  # on PostgreSQL; a SQLite writer is alone already
        )
        job_id = self._connection.scalar(oldest)
        if job_id is None:
            return None
        row = self._connection.execute(
            update(jobs)
            .where(jobs.c.id == job_id)
            .values(state=_State.CLAIMED.value, claimed_until=until, attempts=jobs.c.attempts + 1)
            .returning(jobs)
        ).one()
        return _job(row)

    def finish(self, job_id: JobId, *, now: datetime, result: str = "") -> None:
        """The job is done. Raises NotFoundError."""
        self._settle(job_id, state=_State.DONE, finished_at=now, result=result)

    def fail(self, job_id: JobId, *, now: datetime, error: str, retry_at: datetime | None = None) -> None:
        """The job failed: for good, or until `retry_at`. Raises NotFoundError."""
        if retry_at is None:
            self._settle(job_id, state=_State.FAILED, finished_at=now, result=error)
        else:
            self._settle(job_id, state=_State.DUE, due_at=retry_at, result=error)

    def delete_finished(self, before: datetime) -> None:
        """Forget the jobs that were finished before this: their keys name moments that do not come again."""
        over = jobs.c.state.in_([_State.DONE.value, _State.FAILED.value])
        self._connection.execute(delete(jobs).where(over, jobs.c.finished_at < before))

    def pending(self, kind: JobKind) -> int:
        """How many jobs of this kind are due, will be, or are being done."""
        unfinished = jobs.c.state.in_([_State.DUE.value, _State.CLAIMED.value])
        return self._connection.scalar(select(func.count()).where(jobs.c.kind == kind.value, unfinished)) or 0

    def _settle(self, job_id: JobId, *, state: _State, **values: object) -> None:
        change = update(jobs).where(jobs.c.id == job_id).values(state=state.value, claimed_until=None, **values)
        if self._connection.execute(change).rowcount == 0:
            raise NotFoundError(f"There is no job {job_id}.")


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(
        and_(jobs.c.state == _State.DUE.value, jobs.c.due_at <= now),
        and_(jobs.c.state == _State.CLAIMED.value, jobs.c.claimed_until <= now),
    )


def _job(row: AnyRow) -> Job:
    return Job(
        id=JobId(row.id),
        kind=JobKind(row.kind),
        key=row.key,
        due_at=row.due_at,
        attempts=row.attempts,
        payload=row.payload,
    )
