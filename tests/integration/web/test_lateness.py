"""An edition that is owed: the front page and /health say so, for as long as it is."""

import re
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from digest import editorial
from digest.clock import FixedClock
from digest.demo.samples import samples_folder
from digest.model.edition import Cadence
from digest.storage import Storage
from tests.factories import NOON
from tests.integration.storage.lives import ANN, TODAY, drafted, published
from tests.integration.web.conftest import reader_of

EVENING = NOON.replace(hour=18)
DAY = timedelta(days=1)


def ran(storage: Storage, moment: datetime) -> None:
    with storage.begin() as tx:
        tx.passes.finish(tx.passes.start(moment), now=moment, summary={})


def seen(storage: Storage, now: datetime, *, hour: str = "18:00") -> tuple[str, list[str]]:
    """The front page's words and what /health calls late."""
    with tempfile.TemporaryDirectory() as folder:
        sources = Path(folder) / "sources.yaml"
        text = (samples_folder() / "sources.yaml").read_text(encoding="utf-8")
        sources.write_text(re.sub(r"edition_hour: .*", f'edition_hour: "{hour}"', text), encoding="utf-8")
        with reader_of(storage, sources, clock=FixedClock(now)) as reader:
            return reader.get("/").text, reader.get("/health").json()["late"]


def test_day_before_the_first_pass_is_not_owed(sqlite_storage: Storage) -> None:
    ran(sqlite_storage, NOON)
    front, late = seen(sqlite_storage, NOON)
    assert "late" not in front
    assert late == []


def test_first_edition_of_all_is_late_too(sqlite_storage: Storage) -> None:
    ran(sqlite_storage, NOON)
    front, late = seen(sqlite_storage, EVENING + timedelta(minutes=6))
    assert "was due at 18:00 and is late" in front
    assert "edition" in late


def test_edition_stays_late_after_midnight_until_it_is_out(sqlite_storage: Storage) -> None:
    ran(sqlite_storage, NOON)
    drafted(sqlite_storage)
    front, late = seen(sqlite_storage, EVENING + timedelta(hours=9))
    assert "The edition of Monday 23 November was due at 18:00 and is late" in front
    assert "edition" in late
    published(sqlite_storage)
    front, late = seen(sqlite_storage, EVENING + timedelta(hours=9))
    assert "is late" not in front
    assert "edition" not in late


def test_hour_just_before_midnight_can_be_late(sqlite_storage: Storage) -> None:
    ran(sqlite_storage, NOON)
    assert "edition" in seen(sqlite_storage, NOON + timedelta(hours=12, minutes=10), hour="23:58")[1]


def test_edition_that_was_taken_back_is_told_as_that(sqlite_storage: Storage) -> None:
    ran(sqlite_storage, NOON)
    published(sqlite_storage, on=TODAY - DAY)
    edition = published(sqlite_storage)
    with sqlite_storage.begin() as tx:
        editorial.retract(tx, tx.editions.get(edition.id), by=ANN, now=EVENING, reason="wrong")
    front, late = seen(sqlite_storage, EVENING + timedelta(hours=1))
    assert "edition has been taken back" in front
    assert "edition" not in late
    with sqlite_storage.read() as tx:
        assert tx.editions.latest_published(Cadence.DAILY) is not None


def test_clock_that_went_back_shows_as_no_pass(sqlite_storage: Storage) -> None:
    ran(sqlite_storage, NOON)
    assert "pass" in seen(sqlite_storage, NOON - timedelta(hours=1))[1]
