"""What the pages keep in memory, what changes them, and what they say while something behind them is away."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from digest.clock import FixedClock
from digest.errors import StorageError
from digest.sources import read_campaign
from digest.stages.publish import edition_moment
from digest.storage import Storage, Transaction, open_storage, upgrade_storage
from tests.factories import NOON
from tests.integration.web.conftest import Site, Ticks, reader_of

pytestmark = pytest.mark.xdist_group("demo")


class Watched:
    """A storage whose reads are counted, and that can go away."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self.reads = 0
        self.is_away = False

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        self.reads += 1
        if self.is_away:
            raise StorageError("The database is away.")
        with self._storage.read() as tx:
            yield tx


def break_sources(folder: Path) -> None:
    (folder / "sources.yaml").write_text("site: [", encoding="utf-8")


def pages_of(site: Site) -> list[str]:
    card = site.edition.cards[0]
    return [
        "/",
        f"/editions/{site.today}",
        f"/editions/{site.today}/everything",
        "/editions/",
        f"/stories/{card.story_id}-{card.slug}",
        f"/topics/{card.topic_id}",
        "/sources",
        "/method",
        "/tell-us",
        "/feed.xml",
        "/feed.json",
        "/sitemap.xml",
    ]


def test_cached_pages_ask_the_database_nothing_within_a_second(site: Site) -> None:
    watched, ticks = Watched(site.storage), Ticks()
    sources = site.folder / "sources.yaml"
    about = read_campaign(sources).site
    # When the front page has to know whether the day's edition is out.
    late = edition_moment(site.today + timedelta(days=1), about.edition_hour, about.zone) + timedelta(hours=3)
    with reader_of(watched, sources, clock=FixedClock(late), ticks=ticks) as reader:
        for address in pages_of(site):
            assert reader.get(address).status_code == 200
        watched.reads = 0
        for address in pages_of(site):
            assert reader.get(address).status_code == 200
        assert watched.reads == 0
        ticks.pass_a_second()
        for address in pages_of(site):
            reader.get(address)
        assert watched.reads == 2  # the version, and whether today's edition is late


def test_pages_in_memory_outlast_the_database(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    watched, ticks = Watched(site.storage), Ticks()
    with reader_of(watched, site.folder / "sources.yaml", clock=FixedClock(site.now), ticks=ticks) as reader:
        for address in pages_of(site):
            reader.get(address)
        watched.is_away = True
        for _ in range(3):
            ticks.pass_a_second()
            assert {reader.get(address).status_code for address in pages_of(site)} == {200}
        for asked in ("the public version", "the late notice"):
            assert caplog.text.count(f"{asked} cannot be read") == 1
        answer = reader.get(f"/editions/{site.today - timedelta(days=1)}")
        assert answer.status_code == 503
        assert f"/editions/{site.today - timedelta(days=1)}" in caplog.text


def test_failing_page_is_logged_once_with_its_path(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    watched = Watched(site.storage)
    watched.is_away = True
    with reader_of(watched, site.folder / "sources.yaml", clock=FixedClock(site.now)) as reader:
        assert reader.get("/sources").status_code == 503
    assert [record.getMessage().count("'/sources'") for record in caplog.records if "503" in record.getMessage()] == [1]


def test_edited_sources_yaml_shows_within_a_second(site: Site) -> None:
    ticks = Ticks()
    with site.client(ticks=ticks) as reader:
        assert "Wilhelmina Oddy" in reader.get("/method").text
        path = site.folder / "sources.yaml"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("Wilhelmina Oddy", "Wilhelmina Oddy-Penn"), encoding="utf-8")
        assert "Oddy-Penn" not in reader.get("/method").text
        ticks.pass_a_second()
        assert "Wilhelmina Oddy-Penn" in reader.get("/method").text


def test_broken_sources_yaml_changes_no_page_and_is_logged_once(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    ticks = Ticks()
    with site.client(ticks=ticks) as reader:
        before = reader.get("/method").text
        assert "sources.yaml" not in reader.get("/health").json()["late"]
        break_sources(site.folder)
        for _ in range(3):
            ticks.pass_a_second()
            assert reader.get("/method").text == before
            assert "sources.yaml" in reader.get("/health").json()["late"]
    assert [record.levelname for record in caplog.records if "sources.yaml" in record.getMessage()] == ["ERROR"]


def test_worker_that_starts_with_a_broken_sources_yaml_serves_every_page(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    break_sources(site.folder)
    with site.client() as reader:
        for address in pages_of(site):
            answer = reader.get(address)
            assert answer.status_code == 200, address
        assert "Published by Wilhelmina Oddy" in reader.get("/tell-us").text
        assert reader.get("/nothing").status_code == 404
        assert reader.get("/health").status_code == 503
    assert "sources.yaml" in caplog.text


def test_nothing_published_and_nothing_to_read_is_answered_in_plain_words(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'empty.sqlite'}"
    upgrade_storage(url)
    storage = open_storage(url)
    with reader_of(storage, tmp_path / "sources.yaml", clock=FixedClock(NOON)) as reader:
        for address in ("/", "/sources", "/method"):
            answer = reader.get(address)
            assert answer.status_code == 503
            assert "We will be back in a moment" in answer.text
    storage.close()


@pytest.mark.parametrize(("mode", "words"), [("approved", "A person approves the edition"), ("automatic", "by itself")])
def test_method_says_who_sends_the_edition_out(site: Site, mode: str, words: str) -> None:
    path = site.folder / "sources.yaml"
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("  publish:")]
    lines.insert(lines.index("site:") + 1, f"  publish: {mode}")
    path.write_text("\n".join(lines), encoding="utf-8")
    with site.client() as reader:
        assert words in reader.get("/method").text


@pytest.mark.parametrize(
    "address",
    [
        "/stories/%00abcdefgh",
        "/stories/abcdefghi0",
        "/stories/abcdefghijk",
        "/stories/ABCDEFGHIJ",
        "/topics/%00",
        "/topics/nothing",
        "/editions/%00",
        "/editions/2026-W48-1",
        "/editions/?before=%00",
        "/sitemaps/%00.xml",
    ],
)
def test_what_cannot_be_an_address_never_reaches_the_database(site: Site, address: str) -> None:
    watched = Watched(site.storage)
    with reader_of(watched, site.folder / "sources.yaml", clock=FixedClock(site.now), ticks=Ticks()) as reader:
        reader.get(f"/topics/{site.edition.topics[0][0]}")
        watched.reads = 0
        assert reader.get(address).status_code == 404
        assert watched.reads == 0
