"""What feeds do to `parse_feed`, and what they cost: `python -m bench.feeds [--mutations 10000] [--seed 1]`.

Reads the whole corpus (valid, broken, hostile) and as many mutations of it as asked for, through the pool that the
product uses, and prints what came of them. Then what one ordinary feed of 30 entries costs in CPU, child and parent
apart, beside feedparser alone with its defaults. Needs no network.
"""

import argparse
import gc
import multiprocessing
import random
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection

import psutil

from digest.errors import FeedError
from digest.stages.extract import ParserPool
from tests.corpus.feed_mutations import mutated_feeds
from tests.corpus.feeds import TITLE_BY_ENCODING, WELL_FORMED, ordinary_feeds
from tests.corpus.hostile_feeds import BROKEN, HOSTILE

_URL = "https://courier.example/feed"
_REPEATS = 15
_SLOW_SECONDS = 1.0
# What the interpreter takes for the first of the great bodies and answers, it keeps and uses again.
_WARM = 500


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutations", type=int, default=10_000, help="how many mutated feeds to read")
    parser.add_argument("--seed", type=int, default=2026, help="of the mutations")
    options = parser.parse_args(arguments)
    bodies = {
        "valid": [*WELL_FORMED.values(), *(body for _, body in TITLE_BY_ENCODING.values())],
        "broken": [*BROKEN.values()],
        "hostile": [*HOSTILE.values()],
    }
    with ParserPool(size=1) as pool:
        others = sum(_read(pool, name, iter(feeds)) for name, feeds in bodies.items())
        others += _read(pool, f"mutations, seed {options.seed}", _made_elsewhere(options.mutations, options.seed))
    print(f"{others} exceptions other than FeedError")
    with ParserPool(size=1) as pool:
        _cost(pool)
    return 1 if others else 0


def _made_elsewhere(count: int, seed: int) -> Iterator[bytes]:
    """`mutated_feeds`, made in a process of its own: what making them keeps must not pass for what reading does."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe(duplex=False)
    maker = spawn.Process(target=_make, args=(theirs, count, seed), daemon=True)
    maker.start()
    theirs.close()
    with suppress(EOFError):
        while True:
            yield ours.recv_bytes()
    maker.join()


def _make(pipe: Connection, count: int, seed: int) -> None:
    for body in mutated_feeds(count, seed=seed):
        pipe.send_bytes(body)
    pipe.close()


def _read(pool: ParserPool, name: str, bodies: Iterator[bytes]) -> int:
    """Read them and print what came of it; how many ended in what is no FeedError."""
    outcomes, seconds, computing, others = Counter[str](), [0.0], [0.0], 0
    memory = psutil.Process().memory_info().rss
    for number, body in enumerate(bodies):
        children, began = _children(pool), time.perf_counter()
        try:
            feed = pool.parse_feed(body, url=_URL)
            outcomes["kept with a warning" if feed.warning else "read"] += 1
        except FeedError:
            outcomes["FeedError"] += 1
        except Exception as error:  # noqa: BLE001 counting them is what this is for
            others += 1
            print(f"  {name} {number}: {type(error).__name__}: {error}")
        seconds.append(time.perf_counter() - began)
        computing += [cpu - children[child] for child, cpu in _children(pool).items() if child in children]
        if number == _WARM:
            memory = psutil.Process().memory_info().rss
        if seconds[-1] > _SLOW_SECONDS:
            print(f"  {name} {number}: {seconds[-1]:.2f} s")
    gc.collect()
    growth = psutil.Process().memory_info().rss - memory
    print(f"{name:22} {outcomes.total()} feeds: {dict(outcomes.most_common())}")
    print(
        f"{'':22} slowest {max(seconds):.2f} s, most CPU {max(computing):.2f} s; "
        f"the parent grew by {growth / 1e6:.1f} MB"
    )
    return others


def _cost(pool: ParserPool) -> None:
    print("one feed of 30 entries, ms of CPU, median: child + parent (feedparser alone, with its defaults)")
    for name, body in ordinary_feeds(random.Random(1)).items():
        pool.parse_feed(body, url=_URL)
        child = psutil.Process(pool.process_ids()[0])
        children, parents = [], []
        for _ in range(_REPEATS):
            # Ten at a time: the system counts a process's CPU in hundredths of a second.
            before, parent = _cpu(child), time.process_time()
            for _ in range(10):
                pool.parse_feed(body, url=_URL, content_type="application/rss+xml")
            children.append(100 * (_cpu(child) - before))
            parents.append(100 * (time.process_time() - parent))
        print(
            f"  {name:18} {len(body) / 1000:3.0f} kB {statistics.median(children):5.1f} +"
            f" {statistics.median(parents):.1f}   ({_alone(body):.1f})"
        )


def _alone(body: bytes) -> float:
    """Milliseconds of CPU that feedparser as it comes takes, in a process of its own."""
    program = (
        "import feedparser, io, statistics, sys, time\nbody, took = sys.stdin.buffer.read(), []\n"
        f"for _ in range({_REPEATS + 1}):\n"
        "    began = time.process_time(); feedparser.parse(io.BytesIO(body))\n"
        "    took.append(time.process_time() - began)\n"
        "print(1000 * statistics.median(took[1:]))"
    )
    return float(subprocess.run([sys.executable, "-c", program], input=body, capture_output=True, check=True).stdout)


def _children(pool: ParserPool) -> dict[int, float]:
    """Seconds of CPU by process: what a feed costs however busy the machine is."""
    times = {}
    for number in pool.process_ids():
        with suppress(psutil.NoSuchProcess):
            times[number] = _cpu(psutil.Process(number))
    return times


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


if __name__ == "__main__":
    raise SystemExit(main())
