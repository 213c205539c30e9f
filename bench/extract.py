"""How well and how fast feeds are read: `python -m bench.extract http://127.0.0.1:8801`, a replay server.

Prints what mutated feeds do as well. Uses the same pool as the product. Pages have a benchmark of their own (pages.py).
"""

import argparse
import json
import resource
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Sequence

from digest.errors import FeedError
from digest.stages.extract import ParserPool
from tests.corpus.feeds import mutated_feeds


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("server", help="address of the replay server, such as http://127.0.0.1:8801")
    parser.add_argument("--mutations", type=int, default=2000, help="how many mutated feeds to parse")
    options = parser.parse_args(arguments)
    with ParserPool(size=1, seconds=20) as pool:
        _read_feeds(pool, options.server)
    with ParserPool(size=2, seconds=2.0) as pool:
        _read_mutations(pool, count=options.mutations)
    return 0


def _read_feeds(pool: ParserPool, server: str) -> None:
    sources = [source for source in json.loads(_get(f"{server}/sources.json"))["sources"] if source["items_now"]]
    bodies = []
    for source in sources:
        try:
            bodies.append((source["feed_url"], _get(source["feed_url"])))
        except OSError as error:
            print(f"not reached: {source['id']}: {error}", file=sys.stderr)
    began = time.perf_counter()
    feeds = [pool.parse_feed(body, url=url) for url, body in bodies]
    took = time.perf_counter() - began
    entries = sum(len(feed.entries) for feed in feeds)
    warned = [feed.warning for feed in feeds if feed.warning]
    print(f"feeds        {len(feeds)} of {len(sources)}, {entries} entries, {1000 * took / len(feeds):.1f} ms a feed")
    print(f"             {len(warned)} with a warning: {Counter(warned).most_common(3)}")


def _read_mutations(pool: ParserPool, *, count: int) -> None:
    outcomes, slowest, others = Counter[str](), 0.0, 0
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for body in mutated_feeds(count, seed=2026):
        began = time.perf_counter()
        try:
            feed = pool.parse_feed(body, url="https://mutated.example/feed")
            outcomes["read with a warning" if feed.warning else "read"] += 1
        except FeedError:
            outcomes["FeedError"] += 1
        except Exception as error:  # noqa: BLE001 counting them is what this is for
            others += 1
            print(f"  {type(error).__name__}: {error}")
        slowest = max(slowest, time.perf_counter() - began)
    growth = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(f"mutations    {count}: {dict(outcomes)}, {others} other exceptions")
    print(f"             slowest {slowest:.2f} s; parent's peak memory grew by {growth / 1024:.1f} MB")


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as response:
        return bytes(response.read())


if __name__ == "__main__":
    raise SystemExit(main())
