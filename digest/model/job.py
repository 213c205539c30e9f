"""A job: a thing to do at a time, at most once per key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from digest.model.ids import JobId


class JobKind(StrEnum):
    PASS = "pass"  # noqa: S105  # a pass of the pipeline
    """One full pass of the pipeline."""
    PUBLISH = "publish"
    """The edition hour of a day: publish what is due by then, where every gate passes."""
    TELL_STAFF = "tell_staff"
    """Tell one channel of staff something (an edition is late, a source needs a look); the payload says what."""

    HUBS = "hubs"
    """Ask WebSub hubs for what is due: subscriptions, renewals, ends."""
    PUSH = "push"
    """Read what hubs have brought; one for each body, whichever it reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    id: JobId
    kind: JobKind
    key: str
    """Unique for ever: inserting it twice is one job, so two schedulers make one edition."""
    due_at: datetime
    attempts: int
    payload: dict[str, str]


JSON: TypeAlias = "Mapping[str, JSON] | Sequence[JSON] | str | int | float | bool | None"
"""What a JSON column can hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassRecord:
    """One pass of the pipeline. `finished_at` None: it runs still, or died."""

    id: int
    started_at: datetime
    finished_at: datetime | None
    summary: Mapping[str, JSON]
