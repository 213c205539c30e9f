"""Column types that give back the same Python values on SQLite and PostgreSQL."""

import json
import re
from datetime import UTC, datetime
from typing import Any, TypeAlias

from sqlalchemy import DateTime, Dialect, Row, Text
from sqlalchemy.types import TypeDecorator

from digest.model.job import JSON

AnyRow: TypeAlias = Row[*tuple[Any, ...]]
"""A row on its way to becoming one of our own values, in the same module that asked for it."""

# PostgreSQL refuses NUL in text, and neither engine can encode half of a surrogate pair.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """`text` with each character that no database takes replaced by one "�": its length, so every span, stays."""
    if text.isascii() and "\x00" not in text:
        return text
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)


class Words(TypeDecorator[str]):
    """Text from outside, stored as `storable` gives it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002  (SQLAlchemy's)
        return None if value is None else storable(value)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime: any zone in, UTC out. A naive one raises ValueError."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} is naive; storage takes aware datetimes")
        moment = value.astimezone(UTC)
        # SQLite keeps text without a zone: one zone for all, so that text order is the order in time.
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class Json(TypeDecorator[JSON]):
    """A JSON value as text: the same on both engines, and the same text for the same value."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: JSON, dialect: Dialect) -> str | None:  # noqa: ARG002  (SQLAlchemy's)
        return None if value is None else json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> JSON:  # noqa: ARG002  (SQLAlchemy's)
        return None if value is None else json.loads(value)
