"""How well and how fast pages are read: `python -m bench.extract http://127.0.0.1:8801`, a replay server.

Prints token F1 of article texts against the server's /truth/, CPU per page of the whole child, the share of pages that
newspaper had to read as well. Uses the same pool as the product.
"""

import argparse
import hashlib
import json
import re
import sys
import urllib.request
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from unittest.mock import patch

import psutil

from digest.errors import ExtractError
from digest.model.feed import Feed
from digest.stages.extract import ParserPool
from digest.stages.extract.child import pages as child_pages

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    id: str
    text: str


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("server", help="address of the replay server, such as http://127.0.0.1:8801")
    parser.add_argument("--pages", type=int, default=150, help="how many article pages to read")
    options = parser.parse_args(arguments)
    with ParserPool(size=1, seconds=20) as pool:
        feeds = _read_feeds(pool, options.server)
        _read_pages(pool, options.server, feeds, limit=options.pages)
    return 0


def _read_feeds(pool: ParserPool, server: str) -> list[Feed]:
    sources = [source for source in json.loads(_get(f"{server}/sources.json"))["sources"] if source["items_now"]]
    bodies = []
    for source in sources:
        try:
            bodies.append((source["feed_url"], _get(source["feed_url"])))
        except OSError as error:
            print(f"not reached: {source['id']}: {error}", file=sys.stderr)
    feeds = [pool.parse_feed(body, url=url) for url, body in bodies]
    print(f"feeds        {len(feeds)} of {len(sources)}, {sum(len(feed.entries) for feed in feeds)} entries")
    return feeds


def _read_pages(pool: ParserPool, server: str, feeds: list[Feed], *, limit: int) -> None:
    urls = sorted({entry.url for feed in feeds for entry in feed.entries if entry.url and "/site/" in entry.url})
    urls.sort(key=lambda url: hashlib.sha256(url.encode()).hexdigest())
    truths = {url: _truth(server, feeds, url) for url in urls[:limit]}
    pages = [(url, _get(url), truth) for url, truth in truths.items() if truth]
    scores, extractors, failures, titles = [], Counter[str](), 0, 0
    before = _children_cpu(pool)
    for url, html, truth in pages:
        try:
            page = pool.extract_article(html, url=url)
        except ExtractError as error:
            failures += 1
            scores.append(0.0)
            print(f"  {url}: {error}")
            continue
        scores.append(_token_f1(page.text, truth.text))
        extractors[page.extractor] += 1
        titles += bool(page.title)
    cpu = _children_cpu(pool) - before
    low = sum(score < 0.9 for score in scores)
    print(
        f"pages        {len(pages)}, token F1 {sum(scores) / len(scores):.4f}, {low} under 0.9, {failures} gave nothing"
    )
    print(f"             {1000 * cpu / len(pages):.1f} ms of CPU a page, imports included; title on {titles}")
    print(f"             text from {dict(extractors)}; newspaper asked about {_share_of_second_opinions(pages):.1%}")


def _share_of_second_opinions(pages: list[tuple[str, bytes, Truth]]) -> float:
    """Read once more in this process, counting how often trafilatura's answer was in doubt."""
    asked = 0

    def count(_html: str, *, url: str) -> None:
        nonlocal asked
        asked += bool(url)

    with patch.object(child_pages, "read_by_newspaper", count):
        for url, html, _ in pages:
            with suppress(ExtractError):
                child_pages.extract_article(html, url=url)
    return asked / len(pages)


def _truth(server: str, feeds: list[Feed], url: str) -> Truth | None:
    entry = next(entry for feed in feeds for entry in feed.entries if entry.url == url)
    number = entry.guid.removeprefix("urn:replay:")
    if number == entry.guid:
        return None  # a feed whose guid is its link: its pages cannot be scored
    record = json.loads(_get(f"{server}/truth/{number}.json"))
    return Truth(id=record["id"], text=record["text"])


def _token_f1(found: str, true: str) -> float:
    one, other = (Counter(_WORD.findall(text.lower())) for text in (found, true))
    shared = sum((one & other).values())
    return 2 * shared / max(1, sum(one.values()) + sum(other.values()))


def _children_cpu(pool: ParserPool) -> float:
    return sum(_cpu_of(number) for number in pool.process_ids())


def _cpu_of(process_id: int) -> float:
    times = psutil.Process(process_id).cpu_times()
    return times.user + times.system


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as response:
        return bytes(response.read())


if __name__ == "__main__":
    raise SystemExit(main())
