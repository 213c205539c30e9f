"""How a database is reached, and how its errors become words that say what to do.

The one place where exceptions of SQLAlchemy, SQLite and psycopg are met.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy import exc as sql
from sqlalchemy.engine import URL, make_url

from digest.errors import ConfigError, ConflictError, StorageError
from digest.storage.dialects import begin_words

LOCK_SECONDS = 30
"""How long a statement waits for another writer; a write transaction lasts well under a second."""
OLDEST_SQLITE = (3, 35)
"""The first with RETURNING; `make_engine` says it in words."""


def parse_url(text: str) -> URL:
    """The address of a database, with our driver. Raises ConfigError in words that repeat no password."""
    try:
        url = make_url(text)
    except (sql.ArgumentError, ValueError) as error:  # ValueError: a port that is no number
        raise ConfigError(_NO_ADDRESS) from error
    if url.drivername in {"postgresql", "postgres", "postgresql+psycopg"}:
        if "@" in f"{url.host}{url.database}":
            raise ConfigError("DIGEST_DATABASE_URL holds an @ too many; in user and password write @ as %40.")
        try:
            make_conninfo(**{name: str(value) for name, value in url.query.items()})
        except psycopg.ProgrammingError as error:
            raise ConfigError(
                "DIGEST_DATABASE_URL has behind its ? what PostgreSQL does not know; write "
                "postgresql://user:password@host/name, and options as in ?sslmode=require."
            ) from error
        return url.set(drivername="postgresql+psycopg")
    if url.drivername != "sqlite":
        raise ConfigError(f"Rejoinder keeps its data in SQLite or PostgreSQL, not in {url.drivername}.")
    if not url.database or url.database == ":memory:":
        raise ConfigError("A database in memory is no use to several processes; write sqlite:///FOLDER/digest.sqlite")
    return url


_NO_ADDRESS = (
    "DIGEST_DATABASE_URL is no database address; write postgresql://user:password@host/name, or leave it out for "
    "SQLite in the data folder."
)


def place_of(text: str) -> str:
    """Where the database at this address is, for a person to read. Raises ConfigError like `parse_url`."""
    url = parse_url(text)
    return str(sqlite_file(url) or _postgres_place(url))


def _postgres_place(url: URL) -> str:
    return f"PostgreSQL database {url.database} at {url.host or 'the local socket'}"


def sqlite_file(url: URL) -> Path | None:
    """The file of a SQLite database, or None on PostgreSQL."""
    return Path(url.database) if url.drivername == "sqlite" and url.database else None


def make_engine(url: URL, *, is_enforcing: bool = True) -> Engine:
    """An engine whose connections are set up alike, whoever opens them.

    is_enforcing: False leaves SQLite's foreign keys off, for migrations, which make tables anew to alter them.
    """
    # Values stay out of error messages and logs: an address may be among them.
    if sqlite_file(url) is None:
        return create_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=True,
            pool_size=5,
            max_overflow=15,
            connect_args={
                "connect_timeout": 10,
                "application_name": "rejoinder",
                "options": f"-c timezone=UTC -c lock_timeout={LOCK_SECONDS}s",
            },
        )
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise StorageError(
            f"This Python carries SQLite {sqlite3.sqlite_version}, and Rejoinder needs 3.35 or later. Use a newer "
            "Python, or PostgreSQL by DIGEST_DATABASE_URL."
        )
    engine = create_engine(
        url, hide_parameters=True, pool_size=5, max_overflow=-1, connect_args={"timeout": LOCK_SECONDS}
    )
    foreign_keys = "ON" if is_enforcing else "OFF"

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _: object) -> None:
        # Python's own transactions begin too late and as readers; ours are begun below.
        connection.isolation_level = None
        for pragma in (f"foreign_keys = {foreign_keys}", "journal_mode = WAL", "synchronous = FULL"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        words = begin_words(connection)
        connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if words != 'BEGIN' else 'ON'}")
        connection.exec_driver_sql(words)

    return engine


@contextmanager
def in_words(url: URL) -> Iterator[None]:
    """Turn what the database says into StorageError or ConflictError with what to do about it.

    A wrong statement of ours is a bug and passes as it is, loudly.
    """
    try:
        yield
    except sql.IntegrityError as error:
        raise ConflictError(
            "Somebody else stored the same thing at the same moment, or something it points to is gone; nothing was "
            f"changed ({_first_line(error.orig)}). Look again and repeat."
        ) from error
    except sql.DatabaseError as error:
        if getattr(error.orig, "sqlstate", None) in {"40001", "40P01"}:  # serialization failure, deadlock
            raise ConflictError(
                "Somebody else changed the same rows at the same moment; nothing was changed. Run it again."
            ) from error
        file = sqlite_file(url)
        words = _sqlite_words(error.orig, file) if file is not None else _postgres_words(error.orig, url)
        if words is None:
            raise
        raise StorageError(words) from error
    except sql.TimeoutError as error:
        raise StorageError(
            "No connection to the database came free within half a minute: this process asks for more at once than it "
            "may open. Try again; if it lasts, start more web workers."
        ) from error


def check_pages(connection: Connection, url: URL) -> None:
    """Raises StorageError when SQLite finds its file damaged; PostgreSQL looks after its own."""
    file = sqlite_file(url)
    if file is not None:
        said = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        if said != "ok":
            raise StorageError(_DAMAGED.format(file=file, said=_first_line(said)))


def _first_line(error: object) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


_DAMAGED = (
    "{file} is damaged or no database of ours ({said}). Move it and its -wal and -shm files away, and bring the last "
    "backup back with `digest restore FILE`."
)
_UNREACHED = "{where} can't be reached ({said}). Start it, or correct DIGEST_DATABASE_URL."

# How an error's name begins → what to tell. {file} and {said} are filled in.
_SQLITE_WORDS = {
    "SQLITE_FULL": ("The disk of {file} is full; nothing of this step was stored. Free some space and run it again."),
    "SQLITE_IOERR": (
        "The disk did not take or give what {file} needed ({said}); nothing of this step was stored. It is full, over "
        "a quota or failing: free some space and run it again."
    ),
    "SQLITE_READONLY": "{file} can't be written; make the file and its folder writable for the user that runs this.",
    "SQLITE_CANTOPEN": (
        "{file} can't be opened; its folder must exist, and file and folder be writable for the user that runs this."
    ),
    "SQLITE_BUSY": (
        f"Another process has been writing to {{file}} for more than {LOCK_SECONDS} seconds; nothing of this step was "
        "stored. Wait until it is done and run it again."
    ),
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_NOTADB": _DAMAGED,
}

# The same for the first letters of PostgreSQL's SQLSTATE (appendix A of its manual). {database} is filled in too.
_POSTGRES_WORDS = {
    "53": "{where} is out of room or connections ({said}); nothing of this step was stored. Make room and run again.",
    "28": "{where} does not let this user in; check user and password in DIGEST_DATABASE_URL.",
    "3D000": "{where} does not exist; make it with `createdb {database}`.",
    "42501": "{where} does not allow this ({said}); give the user of DIGEST_DATABASE_URL the right to it.",
    "25006": "{where} takes no writes: it is a standby.",
    "55P03": f"{{where}}: another process has held these rows for more than {LOCK_SECONDS} seconds. Run it again.",
    "57P": _UNREACHED,
    "08": _UNREACHED,
    "58": _UNREACHED,
}


def _sqlite_words(error: Any, file: Path) -> str | None:
    name = str(getattr(error, "sqlite_errorname", ""))
    words = next((words for prefix, words in _SQLITE_WORDS.items() if name.startswith(prefix)), None)
    return words.format(file=file, said=_first_line(error)) if words else None


def _postgres_words(error: Any, url: URL) -> str | None:
    state = getattr(error, "sqlstate", None) or ""
    if not state and isinstance(error, psycopg.OperationalError):
        state = "08"  # it never came to a connection
    words = next((words for prefix, words in _POSTGRES_WORDS.items() if state.startswith(prefix)), None)
    where = f"The {_postgres_place(url)}"
    return words.format(where=where, database=url.database, said=_first_line(error)) if words else None
