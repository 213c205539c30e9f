"""Backup and restore: one archive that either engine can make and either can take.

    manifest.json        what it is, of which schema, and for each table its columns with their types, rows and SHA-256
    tables/NAME.jsonl    one row a line, a list of values in the order of the manifest's columns

The manifest names the types itself, so that an archive of an older schema is read without that version's code: it is
restored into the schema that it was made from, which is then upgraded.
"""

import base64
import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any, Literal, assert_never

import sqlalchemy
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import (
    Boolean,
    Connection,
    Date,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Text,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.types import TypeEngine

from digest import __version__
from digest.errors import ConflictError, StorageError
from digest.model.delivery import OutboxState
from digest.model.ids import StaffName
from digest.storage.columns import Json, UtcDateTime, Words
from digest.storage.dialects import check_references, prepare_reader, prepare_writer, reset_sequence
from digest.storage.engine import in_words, make_engine, parse_url, sqlite_file
from digest.storage.schema import check_schema, current_revision, head_revision, is_known, upgrade
from digest.storage.switches import Switches
from digest.storage.tables import leases, metadata, outbox

FORMAT = 1
BATCH_BYTES = 1_000_000
"""Of lines read before they are written: memory stays flat however large a table is."""
_MANIFEST = "manifest.json"
_RESTORE = StaffName("digest restore")

_Type = Literal["text", "integer", "real", "boolean", "date", "datetime", "bytes"]
_Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    columns: dict[str, _Type]
    rows: int
    sha256: str
    """Of its lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Manifest:
    format: int
    version: str
    schema: str
    created: datetime
    tables: dict[str, _Table]
    """In an order in which each may be filled after those it points to."""


_MANIFESTS = TypeAdapter(_Manifest)


# --- backup -------------------------------------------------------------------------------------------------


def backup_storage(url: str, file: Path, *, now: datetime | None = None) -> dict[str, int]:
    """Write everything in the database at `url` to `file`, as it stands at one moment; rows by table.

    It may be in use meanwhile. `file` is whole or not there: it is written beside itself and then renamed. Only its
    owner can read it, since addresses are in it. Raises ConflictError when something of this name is there,
    SchemaOutdatedError, StorageError when it can't be written.
    """
    if os.path.lexists(file) or not file.name:
        raise ConflictError(f"{file} is there already and is left as it is; name a file that is not there yet.")
    address = parse_url(url)
    engine = make_engine(address)
    partial = file.with_name(f".{file.name}.{os.getpid()}.partial")
    try:
        with in_words(address):
            check_schema(engine)
            with _private_file(partial) as stream, engine.connect() as connection, prepare_reader(connection).begin():
                manifest = _write_archive(connection, stream, created=now or datetime.now(UTC))
                stream.flush()
                os.fsync(stream.fileno())
        partial.replace(file)
    except OSError as error:
        raise StorageError(
            f"The backup {file} can't be written ({error.strerror}); none was made. Make room, or name a file in a "
            "folder that is there and writable."
        ) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        engine.dispose()
    return {name: table.rows for name, table in manifest.tables.items()}


def _private_file(file: Path) -> IO[bytes]:
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _write_archive(connection: Connection, stream: IO[bytes], *, created: datetime) -> _Manifest:
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        tables = {table.name: _write_table(connection, archive, table) for table in metadata.sorted_tables}
        manifest = _Manifest(format=FORMAT, version=__version__, schema=head_revision(), created=created, tables=tables)
        archive.writestr(_MANIFEST, _MANIFESTS.dump_json(manifest, indent=2))
    return manifest


def _write_table(connection: Connection, archive: zipfile.ZipFile, table: sqlalchemy.Table) -> _Table:
    digest, rows = hashlib.sha256(), 0
    columns = {column.name: _type_of(column.type) for column in table.columns}
    # Read as they are stored: JSON stays the text that it is.
    selected = [sqlalchemy.type_coerce(column, _SQL_TYPES[columns[column.name]]) for column in table.columns]
    query = select(*selected).select_from(table).order_by(*table.primary_key)
    with archive.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as lines:
        for row in connection.execution_options(yield_per=200).execute(query):
            line = json.dumps([_written(value) for value in row], ensure_ascii=False, separators=(",", ":")).encode()
            lines.write(line + b"\n")
            digest.update(line + b"\n")
            rows += 1
    return _Table(columns=columns, rows=rows, sha256=digest.hexdigest())


# --- restore ------------------------------------------------------------------------------------------------


def restore_storage(file: Path, url: str, *, now: datetime | None = None) -> dict[str, int]:
    """Fill the empty database at `url` from a backup; rows by table. Sending is paused in it until somebody resumes it.

    An archive of an older schema is upgraded. Raises ConflictError when the database holds anything already,
    StorageError when the archive is damaged, no backup of ours or a newer version's; then nothing has changed.
    """
    address = parse_url(url)
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = _checked(archive, file)
            target = sqlite_file(address)
            if target is not None:
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                target.touch(mode=0o600, exist_ok=True)
            engine = make_engine(address, is_enforcing=False)
            try:
                with in_words(address), engine.connect() as connection, prepare_writer(connection).begin():
                    _fill(connection, archive, manifest, now=now or datetime.now(UTC))
            finally:
                engine.dispose()
    except (zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise StorageError(f"{file} is damaged or no backup of ours ({error}); nothing was restored.") from error
    except OSError as error:
        raise StorageError(f"{file} can't be restored ({error.strerror}); nothing was restored.") from error
    return {name: table.rows for name, table in manifest.tables.items()}


def _checked(archive: zipfile.ZipFile, file: Path) -> _Manifest:
    """The manifest, once every table has been read through and found to be what the manifest says."""
    try:
        manifest = _MANIFESTS.validate_json(archive.read(_MANIFEST))
    except (KeyError, ValidationError) as error:
        raise StorageError(f"{file} is no backup of ours, or its manifest is damaged; nothing was restored.") from error
    if manifest.format > FORMAT or not is_known(manifest.schema):
        raise StorageError(
            f"{file} was made by Rejoinder {manifest.version}, which is newer than this one; install that version."
        )
    for name, table in manifest.tables.items():
        digest, rows = hashlib.sha256(), 0
        for line in _lines(archive, name):
            digest.update(line)
            rows += 1
        if digest.hexdigest() != table.sha256 or rows != table.rows:
            raise StorageError(f"{file} is damaged (its table {name} is not as it was written); nothing was restored.")
    return manifest


def _lines(archive: zipfile.ZipFile, table: str) -> Iterator[bytes]:
    try:
        with archive.open(f"tables/{table}.jsonl") as lines:
            yield from lines
    except KeyError as error:
        raise StorageError(f"The backup lacks the table {table}; nothing was restored.") from error


def _fill(connection: Connection, archive: zipfile.ZipFile, manifest: _Manifest, *, now: datetime) -> None:
    _make_empty(connection)
    upgrade(connection, manifest.schema)
    for name, described in manifest.tables.items():
        columns = [sqlalchemy.column(column, _SQL_TYPES[type_]) for column, type_ in described.columns.items()]
        statement = insert(sqlalchemy.table(name, *columns))
        for batch in _batches(archive, name, described):
            connection.execute(statement, batch)
    upgrade(connection)
    check_references(connection)
    for table in metadata.sorted_tables:
        if table.dialect_options["sqlite"]["autoincrement"]:
            reset_sequence(connection, table)
    connection.execute(leases.delete())  # their holders are of another place and time
    # What was on its way when the backup was made may have arrived since: nobody knows, so a person says.
    on_its_way = outbox.c.state.in_([OutboxState.DUE.value, OutboxState.CLAIMED.value, OutboxState.INTENDED.value])
    unknown = {"state": OutboxState.UNKNOWN.value, "claimed_by": None, "claimed_until": None}
    connection.execute(update(outbox).where(on_its_way).values(unknown))
    Switches(connection).pause_sending(by=_RESTORE, now=now)
    Switches(connection).note_restored(by=_RESTORE, now=now)


def _make_empty(connection: Connection) -> None:
    """Clear away a schema without rows. Raises ConflictError when there is anything else."""
    names = sqlalchemy.inspect(connection).get_table_names()
    if not names:
        return
    if current_revision(connection) is None:
        raise ConflictError("The database holds tables that are not ours; restore into an empty one.")
    for name in names:
        if name != "alembic_version" and connection.scalar(select(text("1")).select_from(text(f'"{name}"')).limit(1)):
            raise ConflictError(
                f"The database is in use (it has {name}); restore into an empty one, or move this one away first."
            )
    empty = MetaData()
    empty.reflect(connection)
    empty.drop_all(connection)


def _batches(archive: zipfile.ZipFile, name: str, described: _Table) -> Iterator[list[dict[str, object]]]:
    batch: list[dict[str, object]] = []
    size = 0
    for line in _lines(archive, name):
        values = json.loads(line)
        items = zip(described.columns.items(), values, strict=True)
        batch.append({column: _read(value, type_) for (column, type_), value in items})
        size += len(line)
        if size > BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


# --- values -------------------------------------------------------------------------------------------------

_SQL_TYPES: dict[_Type, TypeEngine[Any]] = {
    "text": Text(),
    "integer": Integer(),
    "real": Float(),
    "boolean": Boolean(),
    "date": Date(),
    "datetime": UtcDateTime(),
    "bytes": LargeBinary(),
}


def _type_of(type_: TypeEngine[Any]) -> _Type:
    match type_:
        case UtcDateTime():
            return "datetime"
        case Date():
            return "date"
        case Boolean():
            return "boolean"
        case Integer():
            return "integer"
        case Float():
            return "real"
        case LargeBinary():
            return "bytes"
        case Text() | Words() | Json():
            return "text"
    raise TypeError(f"a backup knows no columns of type {type_!r}")


def _written(value: object) -> _Value:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case bytes():
            return base64.b64encode(value).decode()
        case date():  # and datetime, which is one
            return value.isoformat()
    raise TypeError(f"a backup can't hold {value!r}")


def _read(value: Any, type_: _Type) -> object:
    if value is None:
        return None
    match type_:
        case "datetime":
            return datetime.fromisoformat(value)
        case "date":
            return date.fromisoformat(value)
        case "bytes":
            return base64.b64decode(value)
        case "text" | "integer" | "real" | "boolean":
            return value
        case _:
            assert_never(type_)
