"""Storage: the way to a transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from sqlalchemy import Engine

from digest.errors import StorageError
from digest.ports import Ledger
from digest.storage.dialects import prepare_reader, prepare_writer
from digest.storage.engine import check_pages, in_words, make_engine, parse_url
from digest.storage.ledger import StoredLedger
from digest.storage.schema import check_schema
from digest.storage.transaction import Transaction


class Storage:
    """One database, safe to share between threads. Made by `open_storage`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def dialect(self) -> Literal["sqlite", "postgresql"]:
        return "sqlite" if self._engine.dialect.name == "sqlite" else "postgresql"

    @property
    def conninfo(self) -> str:
        """Where a PostgreSQL database is, for whom its own driver connects to it. Holds the password."""
        return self._engine.url.set(drivername="postgresql").render_as_string(hide_password=False)

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """One write transaction: commits at the end of the block, rolls back when anything is raised in it.

        Raises StorageError in words that say what to do, ConflictError when somebody else was first.
        """
        with in_words(self._engine.url), self._engine.connect() as connection, prepare_writer(connection).begin():
            yield Transaction(connection)

    @contextmanager
    def trial(self) -> Iterator[Transaction]:
        """A write transaction of which nothing is kept: to see what would come of it. Raises like `begin`."""
        with in_words(self._engine.url), self._engine.connect() as connection:
            transaction = prepare_writer(connection).begin()
            try:
                yield Transaction(connection)
            finally:
                transaction.rollback()

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """One snapshot: all that is read in the block is of one moment; nothing can be written. Raises StorageError."""
        with in_words(self._engine.url), self._engine.connect() as connection, prepare_reader(connection).begin():
            yield Transaction(connection)

    def check(self) -> None:
        """Raises StorageError when the database is damaged. Reads all of it: seconds on a large one."""
        with in_words(self._engine.url), self._engine.connect() as connection, prepare_reader(connection).begin():
            check_pages(connection, self._engine.url)

    def ledger(self, holder: str) -> Ledger:
        """What `deliver` works through. holder: names one sender; no two that run at the same time share a name."""
        return StoredLedger(begin=self.begin, read=self.read, holder=holder)

    def close(self) -> None:
        """Close every connection; on SQLite the write-ahead log is folded into the file."""
        self._engine.dispose()


def open_storage(url: str) -> Storage:
    """The database at `url`, which must be of this version: `upgrade_storage` makes it so.

    url: `sqlite:///path/to/file` or `postgresql://user:password@host/name`.
    Raises SchemaOutdatedError with the command to run, or StorageError.
    """
    address = parse_url(url)
    engine = make_engine(address)
    try:
        with in_words(address):
            check_schema(engine)
    except StorageError:
        engine.dispose()
        raise
    return Storage(engine)
