"""Every statement that SQLite and PostgreSQL say differently, one function each, both forms side by side."""

from collections.abc import Collection, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, Table, Text, cast, func, select, text
from sqlalchemy.dialects import postgresql, sqlite

from digest.errors import StorageError

T = TypeVar("T")
Insert = sqlite.Insert | postgresql.Insert

CHUNK = 500
"""Ids in one statement: SQLite before 3.32 takes 999 variables, and long lists are no faster."""


def chunked(values: Collection[T]) -> Iterator[list[T]]:
    """`values` in order, in lists short enough to name in one statement."""
    rest = iter(values)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def insert_into(connection: Connection, table: Table) -> Insert:
    """An INSERT that knows ON CONFLICT, which SQLAlchemy keeps apart by dialect though both engines spell it alike."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def insert_missing(connection: Connection, table: Table, rows: Sequence[dict[str, object]]) -> None:
    """Insert the rows that break no uniqueness; leave out those that do."""
    if rows:
        connection.execute(insert_into(connection, table).on_conflict_do_nothing(), rows)


def put(connection: Connection, table: Table, row: dict[str, object]) -> None:
    """Insert one row, or replace every other column of the row that has its primary key."""
    put_all(connection, table, [row])


def put_all(connection: Connection, table: Table, rows: Sequence[dict[str, object]]) -> None:
    """`put` each row; all name the same columns."""
    if rows:
        connection.execute(_putting(connection.dialect.name, table, tuple(rows[0])), rows)


@cache  # SQLAlchemy takes longer to build a statement than SQLite to run it
def _putting(dialect: str, table: Table, names: tuple[str, ...]) -> Insert:
    keys = [column.name for column in table.primary_key]
    statement = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    rest = {name: statement.excluded[name] for name in names if name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=rest)


def begin_words(connection: Connection) -> str:
    """How a SQLite transaction opens: a writer takes the write lock at once, so that it never has to give up halfway.

    PostgreSQL needs no such word: psycopg opens its transactions, at the isolation level of the connection.
    """
    return "BEGIN IMMEDIATE" if connection.get_execution_options().get("is_writer") else "BEGIN"


def prepare_reader(connection: Connection) -> Connection:
    """Let `connection` see one snapshot and change nothing in its next transaction."""
    if connection.dialect.name == "sqlite":
        # The snapshot is WAL's own: it stands from the first read of a transaction on.
        return connection.execution_options(is_writer=False)
    return connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def prepare_writer(connection: Connection) -> Connection:
    """Let `connection` write in its next transaction."""
    if connection.dialect.name == "sqlite":
        return connection.execution_options(is_writer=True)
    return connection.execution_options(isolation_level="READ COMMITTED", postgresql_readonly=False)


def lock_schema(connection: Connection) -> None:
    """Let only one process at a time change the schema, until the transaction ends."""
    if connection.dialect.name == "sqlite":
        return  # BEGIN IMMEDIATE has locked the whole database
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('rejoinder schema'))"))


def reset_sequence(connection: Connection, table: Table) -> None:
    """Let the next id of `table` follow its largest one, after rows were inserted with their ids."""
    if connection.dialect.name == "sqlite":
        return  # AUTOINCREMENT notes explicit ids by itself
    largest = connection.scalar(select(func.max(table.c.id)))
    sequence = func.pg_get_serial_sequence(table.name, "id")
    connection.execute(select(func.setval(sequence, largest or 1, largest is not None)))


def check_references(connection: Connection) -> None:
    """Raises StorageError when a row points to nothing, after work on a connection that did not enforce references."""
    if connection.dialect.name != "sqlite":
        return  # PostgreSQL has enforced them
    broken = connection.execute(text("PRAGMA foreign_key_check")).first()
    if broken is not None:
        raise StorageError(
            f"A row of {broken[0]} points to a row of {broken[2]} that is not there; nothing was changed."
        )


CARRIER_SCHEMA = "procrastinate"
CARRIER_QUEUE = "jobs"
CARRIER_TASK = "carry"


def announce_job(connection: Connection, job_id: int) -> None:
    """Queue a job, in this transaction, with what carries jobs; once while it waits there. SQLite is polled."""
    if connection.dialect.name == "sqlite":
        return
    # Procrastinate's functions and triggers name their tables without a schema.
    path = str(connection.scalar(select(func.current_setting("search_path"))))
    if CARRIER_SCHEMA not in path:
        connection.execute(select(func.set_config("search_path", f"{CARRIER_SCHEMA},{path}", True)))
    connection.execute(
        text(
            "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(CAST(:queue AS varchar), CAST(:task AS varchar), 0, NULL,"
            " CAST(:lock AS text), jsonb_build_object('job_id', CAST(:job_id AS bigint)), NULL)"
            "::procrastinate_job_to_defer_v1])"
            " WHERE NOT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = :lock AND status = 'todo')"
        ),
        {"queue": CARRIER_QUEUE, "task": CARRIER_TASK, "lock": f"{CARRIER_TASK}/{job_id}", "job_id": job_id},
    )


def text_of(number: ColumnElement[int]) -> ColumnElement[str]:
    """A number as text: both engines cast alike."""
    return cast(number, Text)
