"""How well and how fast pages are read: `python -m bench.pages [http://127.0.0.1:8801]`, a replay server.

Prints token F1 of article texts, on pages of our own making, light and heavy, and against the server's /truth/; CPU per
page of the whole child; the share of pages that newspaper had to read as well; and what mutated pages do. Uses the
product's own pool.
"""

import argparse
import hashlib
import json
import re
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress
from unittest.mock import patch

import psutil

from digest.errors import ExtractError
from digest.stages.extract import ParserPool
from digest.stages.extract.child import pages as child_pages
from tests.corpus.heavy_pages import heavy_specimens
from tests.corpus.pages import mutated_pages, specimens

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")
Case = tuple[str, bytes, str, str]
"""Address, page, true text, what it is counted under."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("server", nargs="?", help="address of a replay server, such as http://127.0.0.1:8801")
    parser.add_argument("--pages", type=int, default=150, help="how many pages of the server to read")
    parser.add_argument("--each", type=int, default=4, help="how many pages of every outlet of our own making")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--mutations", type=int, default=500, help="how many mutated pages to read")
    options = parser.parse_args(arguments)
    with ParserPool(size=1, seconds=20) as pool:
        for name, made in (("made", specimens(options.each, seed=options.seed)), ("heavy", heavy_specimens(1, seed=9))):
            _read(name, pool, [(each.url, each.html, each.text, each.outlet) for each in made])
        if options.server:
            _read("replayed", pool, _served(pool, options.server, limit=options.pages))
        _read_mutations(pool, count=options.mutations, seed=options.seed)
    return 0


def _served(pool: ParserPool, server: str, *, limit: int) -> list[Case]:
    sources = [each for each in json.loads(_get(f"{server}/sources.json"))["sources"] if each["items_now"]]
    guid_by_url: dict[str, str] = {}
    for source in sources:
        with suppress(OSError):
            feed = pool.parse_feed(_get(source["feed_url"]), url=source["feed_url"])
            guid_by_url |= {each.url: each.guid for each in feed.entries if each.url and "/site/" in each.url}
    # A feed whose guid is its link cannot be scored.
    known = {
        url: guid.removeprefix("urn:replay:") for url, guid in guid_by_url.items() if guid.startswith("urn:replay:")
    }
    chosen = sorted(known, key=lambda url: hashlib.sha256(url.encode()).hexdigest())[:limit]
    return [
        (url, _get(url), json.loads(_get(f"{server}/truth/{known[url]}.json"))["text"], "replayed") for url in chosen
    ]


def _read(name: str, pool: ParserPool, cases: Sequence[Case]) -> None:
    scores, extractors = defaultdict[str, list[float]](list), Counter[str]()
    before = _children_cpu(pool)
    for url, html, truth, outlet in cases:
        try:
            page = pool.extract_article(html, url=url)
        except ExtractError as error:
            scores[outlet].append(0.0)
            print(f"  {url}: {error}")
            continue
        scores[outlet].append(_token_f1(page.text, truth))
        extractors[page.extractor] += 1
    cpu, every = _children_cpu(pool) - before, [score for each in scores.values() for score in each]
    low = sum(score < 0.9 for score in every)
    print(f"{name:12} {len(cases)} pages, token F1 {sum(every) / len(every):.4f}, {low} under 0.9")
    print(f"             {1000 * cpu / len(cases):.1f} ms of CPU a page, imports included")
    print(f"             text from {dict(extractors)}; newspaper asked about {_share_of_newspaper(cases):.1%}")
    for outlet, each in sorted(scores.items(), key=lambda item: sum(item[1]) / len(item[1]))[:8]:
        print(f"             {outlet:24} {sum(each) / len(each):.3f}")


def _share_of_newspaper(cases: Sequence[Case]) -> float:
    """Read once more in this process, counting how often newspaper is wanted."""
    asked = 0

    def count(_tree: object, **_stated: object) -> str:
        nonlocal asked
        asked += 1
        return ""

    with patch.object(child_pages, "read_by_newspaper", count):
        for url, html, _, _ in cases:
            with suppress(ExtractError):
                child_pages.extract_article(html, url=url)
    return asked / len(cases)


def _read_mutations(pool: ParserPool, *, count: int, seed: int) -> None:
    outcomes, slowest, others = Counter[str](), 0.0, 0
    for html in mutated_pages(count, seed=seed):
        began = _children_cpu(pool)
        try:
            pool.extract_article(html, url="https://mutated.example/page")
            outcomes["read"] += 1
        except ExtractError as error:
            outcomes[str(error)] += 1
        except Exception as error:  # noqa: BLE001 counting them is what this is for
            others += 1
            print(f"  {type(error).__name__}: {error}")
        slowest = max(slowest, _children_cpu(pool) - began)
    print(f"mutations    {count}: {dict(outcomes)}, {others} other exceptions; slowest {slowest:.2f} s of CPU")


def _token_f1(found: str, true: str) -> float:
    one, other = (Counter(_WORD.findall(text.lower())) for text in (found, true))
    return 2 * sum((one & other).values()) / max(1, sum(one.values()) + sum(other.values()))


def _children_cpu(pool: ParserPool) -> float:
    times = (psutil.Process(number).cpu_times() for number in pool.process_ids())
    return sum(each.user + each.system for each in times)


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as response:
        return bytes(response.read())


if __name__ == "__main__":
    raise SystemExit(main())
