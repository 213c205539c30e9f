"""The version of the schema: which one this code wants, which one a database has, and the way from one to the other."""

from functools import cache
from pathlib import Path

import alembic.command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from digest.errors import SchemaOutdatedError, StorageError
from digest.storage.dialects import check_references, lock_schema, prepare_reader, prepare_writer
from digest.storage.engine import in_words, make_engine, parse_url, sqlite_file

_MIGRATIONS = Path(__file__).parent / "migrations"


def head_revision() -> str:
    """The revision that this code works with; no database is asked."""
    head = _scripts().get_current_head()
    if head is None:
        raise StorageError("The migrations are missing from this installation; install Rejoinder again.")
    return head


def upgrade_storage(url: str) -> str:
    """Bring the database at `url` to this code's schema, making it where there is none; the revision it has then.

    On SQLite the file and its folder are made. Raises StorageError in words, and then nothing has changed.
    """
    address = parse_url(url)
    file = sqlite_file(address)
    if file is not None:
        try:
            # Who follows a campaign is in it: nobody else on the machine may read it. SQLite's other files follow suit.
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.touch(mode=0o600, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"{file} can't be made ({error.strerror}); make its folder, writable for the user that runs this."
            ) from error
    engine = make_engine(address, is_enforcing=False)
    try:
        with in_words(address), engine.connect() as connection, prepare_writer(connection).begin():
            upgrade(connection)
    finally:
        engine.dispose()
    return head_revision()


def upgrade(connection: Connection, revision: str | None = None) -> None:
    """Run the missing migrations up to `revision` (None: the newest), in the caller's transaction.

    Raises SchemaOutdatedError when the database was made by a newer version.
    """
    lock_schema(connection)
    _refuse_newer(current_revision(connection))
    wanted = revision or head_revision()
    if current_revision(connection) != wanted:
        alembic.command.upgrade(_config(connection), wanted)
        check_references(connection)


def check_schema(engine: Engine) -> None:
    """Raises SchemaOutdatedError, with what to do, unless the database has this code's schema."""
    file = sqlite_file(engine.url)
    if file is not None and not file.exists():  # connecting would make an empty one
        raise SchemaOutdatedError(f"There is no database at {file} yet; run `digest upgrade` to make it.")
    with engine.connect() as connection, prepare_reader(connection).begin():
        revision = current_revision(connection)
    _refuse_newer(revision)
    if revision is None:
        raise SchemaOutdatedError("The database is empty; run `digest upgrade` to prepare it.")
    if revision != head_revision():
        raise SchemaOutdatedError("The database was made by an older version; copy it away, then run `digest upgrade`.")


def current_revision(connection: Connection) -> str | None:
    """The revision that the database has; None when it has no schema of ours."""
    return MigrationContext.configure(connection).get_current_revision()


def is_known(revision: str) -> bool:
    """Whether this code has the migration: False for what a newer version made."""
    return revision in {script.revision for script in _scripts().walk_revisions()}


def _refuse_newer(revision: str | None) -> None:
    if revision is not None and not is_known(revision):
        raise SchemaOutdatedError(
            f"The database was made by a newer version of Rejoinder (schema {revision}); install that version, or "
            "restore a backup into a new database."
        )


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(_MIGRATIONS))


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
