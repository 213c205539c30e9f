"""The archive by pages, and the way from one edition to its neighbours, however many there are."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from lxml import html as lxml_html
from starlette.testclient import TestClient

from digest.model.edition import Cadence
from tests.integration.web.conftest import Site
from web.readers.editions import ARCHIVE_LENGTH

pytestmark = pytest.mark.xdist_group("demo")
MANY = 2 * ARCHIVE_LENGTH + 30


@pytest.fixture
def days(site: Site) -> list[date]:
    """The days of many editions, newest first."""
    days = [site.today - timedelta(days=back) for back in range(MANY)]
    bare = replace(site.edition, cards=site.edition.cards[:1], more=(), sources=())
    with site.storage.begin() as tx:
        for on in days[5:]:
            edition = tx.editions.open_draft(Cadence.DAILY, on, covers_from=site.now, cut_off_at=site.now)
            revision = tx.editions.save_revision(edition.id, replace(bare, edition_on=on), now=site.now)
            tx.editions.mark_published(edition.id, revision.revision, now=site.now)
    return days


def listed(reader: TestClient, address: str) -> tuple[list[date], dict[str, str]]:
    """The days of one page of the archive, and the addresses of the pages before and after it."""
    page = lxml_html.document_fromstring(reader.get(address).text)
    found = page.xpath("//li[@class='line']/a/@href")
    ways = {link.get("rel"): link.get("href") for link in page.xpath("//nav[@class='pager']/a")}
    return [date.fromisoformat(link.removeprefix("/editions/")) for link in found], ways


def test_every_edition_is_reached_page_by_page_and_back(days: list[date], reader: TestClient) -> None:
    seen, address, addresses = [], "/editions/", []
    while address:
        addresses.append(address)
        found, ways = listed(reader, address)
        seen += found
        address = ways.get("next", "")
    assert seen == days
    assert "prev" not in listed(reader, addresses[0])[1]
    back = addresses[-1]
    for expected in addresses[-2::-1]:
        back = listed(reader, back)[1]["prev"]
        assert listed(reader, back)[0] == listed(reader, expected)[0]


def test_oldest_and_newest_edition_know_their_neighbours(days: list[date], reader: TestClient) -> None:
    def ways(on: date) -> list[str]:
        page = lxml_html.document_fromstring(reader.get(f"/editions/{on}").text)
        return [str(link) for link in page.xpath("//nav[@class='pager']/a/@href")]

    assert ways(days[-1]) == [f"/editions/{days[-2]}"]
    assert ways(days[-2]) == [f"/editions/{days[-1]}", f"/editions/{days[-3]}"]
    assert ways(days[0]) == [f"/editions/{days[1]}"]
