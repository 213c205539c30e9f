"""The passes that `bench.fetch` measures, each a process of its own: `passes.py --as NAME --base http://… --feeds N`.

Prints seconds and CPU seconds of a first pass and of one over unchanged feeds, as JSON. Imports at its top only what
every Python has: it also runs in the environment of `reader`, which has nothing of ours.
"""

import argparse
import asyncio
import io
import json
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from digest.model.source import Source
    from digest.pipeline import Tools


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--as", dest="name", choices=PASSES, required=True)
    parser.add_argument("--base", required=True, help="where bench.feed_server listens")
    parser.add_argument("--feeds", type=int, required=True)
    parser.add_argument("--bad", type=int, default=0, help="how many hostile feeds stand among them")
    options = parser.parse_args(arguments)
    PASSES[options.name](options)


# --- rejoinder -----------------------------------------------------------------------------------------------


def _rejoinder(options: argparse.Namespace) -> None:
    from digest.pipeline.gather import gather  # noqa: PLC0415
    from digest.pipeline.report import PassReport  # noqa: PLC0415

    good = [_source(options.base, "feed", number) for number in range(options.feeds)]
    with _tools(options.base, good) as tools:
        _start(tools)

        def one_pass() -> None:
            asyncio.run(gather(tools, PassReport(), lambda: None))

        first = _timed(one_pass, tools.parsers.process_ids)
        again = _timed(one_pass, tools.parsers.process_ids)
        with tools.storage.read() as tx:
            _tell(first, again, entries=tx.articles.count())


def _among_hostile(options: argparse.Namespace) -> None:
    """How long it takes until every good source has been stored; a hostile one stands before each."""
    from digest.pipeline.gather import gather  # noqa: PLC0415
    from digest.pipeline.report import PassReport  # noqa: PLC0415

    good = [_source(options.base, "feed", number) for number in range(options.feeds)]
    bad = [_source(options.base, "bad", number) for number in range(options.bad)]
    mixed = [source for pair in zip(bad, good, strict=True) for source in pair] if bad else good
    done: list[float] = []
    with _tools(options.base, mixed) as tools:
        _start(tools)

        def watch(began: float) -> None:
            wanted = {source.id for source in good}
            while not done:
                with tools.storage.read() as tx:
                    reached = {source_id for source_id, state in tx.fetches.states().items() if state.last_ok_at}
                if wanted <= reached:
                    done.append(time.perf_counter() - began)
                time.sleep(0.02)

        watcher = threading.Thread(target=watch, args=(time.perf_counter(),), daemon=True)
        watcher.start()
        report = PassReport()
        asyncio.run(gather(tools, report, lambda: None))
        watcher.join()
    print(json.dumps({"good_done": done[0], "failed": len(report.failed)}))


def _source(base: str, kind: str, number: int) -> "Source":
    from digest.model.ids import SourceId  # noqa: PLC0415
    from digest.model.source import Source, SourceKind  # noqa: PLC0415

    return Source(
        id=SourceId(f"{kind}-{number}"),
        name=f"Courier {kind} {number}",
        kind=SourceKind.MAINSTREAM,
        feed=f"{base}/{kind}/{number}",
        site=f"{base}/{kind}/{number}/",
    )


@contextmanager
def _tools(base: str, sources: "list[Source]") -> "Iterator[Tools]":
    """The product's own tools over a new SQLite database, with its default settings."""
    from datetime import time as hour  # noqa: PLC0415
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    from digest.assembly import open_tools  # noqa: PLC0415
    from digest.model.source import Campaign, Candidate, Imprint, Site  # noqa: PLC0415
    from digest.settings import Settings  # noqa: PLC0415
    from digest.storage import open_storage, upgrade_storage  # noqa: PLC0415

    site = Site(
        title="Bench",
        campaign="Bench",
        candidates=(Candidate(name="Nobody"),),
        imprint=Imprint(promoter="", address="", on_behalf_of=""),
        zone=ZoneInfo("UTC"),
        edition_hour=hour(7),
    )
    campaign = Campaign(site=site, topics=(), sources=tuple(sources))
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.isolated(data=Path(folder), allow_private=(base.removeprefix("http://"),))
        upgrade_storage(settings.storage_url)
        with closing(open_storage(settings.storage_url)) as storage:
            with storage.begin() as tx:
                tx.sources.mirror(campaign.sources, now=settings.clock().now())
            with open_tools(settings, campaign, storage, clock=settings.clock(), is_everything_due=True) as tools:
                yield tools


def _start(tools: "Tools") -> None:
    """Start the parsing children: what a process imports is measured of nobody here."""
    feed = b"<rss version='2.0'><channel><title>T</title></channel></rss>"
    with ThreadPoolExecutor() as threads:
        list(threads.map(lambda _: tools.parsers.parse_feed(feed, url="http://127.0.0.1/"), range(8)))


# --- the others ----------------------------------------------------------------------------------------------


def _loop(options: argparse.Namespace) -> None:
    import feedparser  # noqa: PLC0415
    import requests  # noqa: PLC0415

    session = requests.Session()
    etags: dict[int, str] = {}
    entries = 0

    def one_pass() -> None:
        nonlocal entries
        for number in range(options.feeds):
            headers = {"If-None-Match": etags[number]} if number in etags else {}
            answer = session.get(f"{options.base}/feed/{number}", headers=headers, timeout=20)
            if answer.status_code == 200:
                entries += len(feedparser.parse(io.BytesIO(answer.content))["entries"])
                etags[number] = answer.headers["ETag"]

    _tell(_timed(one_pass), _timed(one_pass), entries=entries)


def _reader(options: argparse.Namespace) -> None:
    import reader as library  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        feeds = library.make_reader(str(Path(folder) / "reader.sqlite"))
        for number in range(options.feeds):
            feeds.add_feed(f"{options.base}/feed/{number}")

        def one_pass() -> None:
            feeds.update_feeds(workers=16, scheduled=False)  # it would not ask again within the hour

        first, again = _timed(one_pass), _timed(one_pass)
        _tell(first, again, entries=feeds.get_entry_counts().total)


# --- measuring -----------------------------------------------------------------------------------------------


def _timed(work: Callable[[], None], children: Callable[[], Sequence[int]] = tuple) -> tuple[float, float]:
    """(seconds, CPU seconds) of some work, child processes that outlive it among them."""
    began, cpu = time.perf_counter(), _cpu(children())
    work()
    return time.perf_counter() - began, _cpu(children()) - cpu


def _cpu(alive: Sequence[int]) -> float:
    times = os.times()
    spent = times.user + times.system + times.children_user + times.children_system
    for number in alive:
        fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
        spent += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return spent


def _tell(first: tuple[float, float], again: tuple[float, float], *, entries: int) -> None:
    print(
        json.dumps(
            {
                "first": first[0],
                "first_cpu": first[1],
                "again": again[0],
                "again_cpu": again[1],
                "entries": entries,
            }
        )
    )


PASSES = {"rejoinder": _rejoinder, "loop": _loop, "reader": _reader, "among-hostile": _among_hostile}

if __name__ == "__main__":
    main()
