"""The readers' pages over a copy of the demo's database."""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from digest import editorial
from digest.clock import Clock, FixedClock
from digest.model.edition import Cadence, EditionDocument
from digest.model.ids import StaffName
from digest.settings import Settings
from digest.storage import Storage, open_storage
from web.app import create_app

BASE = "https://news.quill.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    folder: Path
    storage: Storage
    edition: EditionDocument
    """Today's."""

    @property
    def today(self) -> date:
        return self.edition.edition_on

    @property
    def now(self) -> datetime:
        return self.edition.cut_off_at

    def client(self, *, later: timedelta = timedelta(), ticks: Callable[[], float] = time.monotonic) -> TestClient:
        """A reader, this long after today's edition was published. ticks: what the pages' memory takes for time."""
        return reader_of(self.storage, self.folder / "sources.yaml", clock=FixedClock(self.now + later), ticks=ticks)

    def retract_today(self) -> None:
        with self.storage.begin() as tx:
            edition = tx.editions.find(Cadence.DAILY, self.today)
            assert edition is not None
            editorial.retract(tx, edition, by=StaffName("Ann"), now=self.now, reason="wrong figure")


class Ticks:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def pass_a_second(self) -> None:
        self.seconds += 1.0


def reader_of(
    storage: Storage, sources: Path, *, clock: Clock, ticks: Callable[[], float] = time.monotonic
) -> TestClient:
    """A reader of the pages that this storage and this sources.yaml make."""
    app = create_app(Settings.isolated(base_url=BASE, sources=sources), storage, clock=clock, ticks=ticks)
    return TestClient(app, raise_server_exceptions=False, follow_redirects=False)


@pytest.fixture
def site(demo_data: Path, tmp_path: Path) -> Iterator[Site]:
    folder = tmp_path / "data"
    shutil.copytree(demo_data, folder)
    storage = open_storage(f"sqlite:///{folder / 'digest.sqlite'}")
    with storage.read() as tx:
        newest = tx.editions.latest_published(Cadence.DAILY)
    assert newest is not None
    yield Site(folder=folder, storage=storage, edition=newest.document)
    storage.close()


@pytest.fixture
def reader(site: Site) -> Iterator[TestClient]:
    with site.client() as client:
        yield client
