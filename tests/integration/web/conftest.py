"""The readers' pages over a copy of the demo's database."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from digest.clock import FixedClock
from digest.model.edition import Cadence, EditionDocument
from digest.settings import Settings
from digest.sources import read_campaign
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

    def client(self, *, later: timedelta = timedelta()) -> TestClient:
        """A reader, this long after today's edition was published."""
        app = create_app(
            Settings.isolated(base_url=BASE),
            self.storage,
            read_campaign(self.folder / "sources.yaml"),
            clock=FixedClock(self.now + later),
        )
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
