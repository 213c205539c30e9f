"""The ready lists in docs/sources: each can be pasted as it stands, and all of them together."""

import re
from pathlib import Path

import pytest

from digest.errors import BlockedAddressError
from digest.model.source import Source
from digest.net.guard import AddressGuard
from digest.sources import parse_campaign

FOLDER = Path(__file__).parents[2] / "docs" / "sources"
LISTS = sorted(FOLDER.glob("*.yaml"))
SITE = """\
site:
  title: The Marsh Letter
  campaign: Marsh for Leader
  candidates: [{name: Ada Marsh}]
  time_zone: Europe/London
  edition_hour: 18:00
"""


def pasted(*texts: str) -> tuple[Source, ...]:
    """The sources of a file that has all these lists under one `sources:`."""
    entries = [text.partition("\nsources:\n")[2] for text in texts]
    return parse_campaign((SITE + "sources:\n" + "\n".join(entries)).encode()).sources


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_a_ready_list_can_be_pasted_as_it_stands(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    sources = pasted(text)
    assert len(sources) >= 10
    assert all(source.owner for source in sources)
    assert {"language", "weight"} <= set(re.findall(r"^    (\w+):", text, re.MULTILINE))


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_a_ready_list_says_that_its_addresses_were_not_fetched_and_when_they_were_noted(path: Path) -> None:
    head = path.read_text(encoding="utf-8").partition("\nsources:\n")[0]
    assert re.search(r"Noted on \d{4}-\d{2}-\d{2}", head)
    assert "None of the addresses was fetched" in head
    assert 'marked "unverified"' in head


def test_all_lists_together_repeat_no_id_and_no_feed() -> None:
    assert len(pasted(*(path.read_text(encoding="utf-8") for path in LISTS))) > 100


def test_the_guide_names_every_list() -> None:
    guide = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert all(f"]({path.name})" in guide for path in LISTS)


def test_the_entries_that_the_guide_shows_are_valid() -> None:
    guide = (FOLDER / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```yaml\n(.*?)^```", guide, re.MULTILINE | re.DOTALL)
    sources = [source for block in blocks for source in pasted(f"\nsources:\n{block}")]
    hosts = " ".join(source.feed for source in sources)
    for part in (".rss", "/rss", "videos.xml?channel_id=", "/feed", "medium.com/feed/@"):
        assert part in hosts


def test_the_guide_says_how_to_read_each_place_where_campaigns_post_and_which_have_no_feed() -> None:
    guide = (FOLDER / "README.md").read_text(encoding="utf-8")
    table = guide.partition("\n## Your own accounts\n")[2].partition("```")[0]
    for place in ("Mastodon", "Bluesky", "YouTube", "Substack", "Medium", "WordPress", "Telegram"):
        assert re.search(rf"^\| {place} \| ", table, re.MULTILINE), place
    closed = guide.partition("\n## X, Facebook, Instagram and TikTok\n")[2]
    assert closed.strip().startswith("**They publish no feed.**")


def test_the_guide_says_how_to_open_a_bridge_of_ones_own_and_quotes_the_refusal() -> None:
    guide = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert "DIGEST_ALLOW_PRIVATE=127.0.0.1:1200" in guide
    for address in ("http://127.0.0.1:1200/telegram/channel/marsh", "http://10.0.0.5/telegram/channel/marsh"):
        with pytest.raises(BlockedAddressError) as caught:
            AddressGuard().check(address)
        quoted = re.findall(r"^\| … (.+?) \|", guide, re.MULTILINE)
        assert any(words in str(caught.value) for words in quoted)
    assert AddressGuard(["127.0.0.1:1200"]).check("http://127.0.0.1:1200/telegram/channel/marsh").is_opened
