"""A pass over many feeds, beside two others in the same run: `python -m bench.fetch` (some minutes).

    rejoinder   fetch | extract | store, as `digest run` does it, and nothing after it
    loop        requests + feedparser, one feed after the other; stores nothing
    reader      the newest release of the `reader` library that runs on this Python, in an environment of its own

Each reads the same feeds from a server on loopback, then reads them again unchanged. Every entry carries its text, so
no article page is asked for. Then the same pass over 100 good sources alone, and over those with 100 hostile ones
among them. Seconds and CPU seconds are medians of the rounds; memory is the peak of the whole tree of processes.
"""

import argparse
import asyncio
import io
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import venv
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median

from bench.measuring import measured

ROUNDS = 3
CONTESTANTS = ("rejoinder", "loop", "reader")
GOOD = 100


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    if options.contestant:
        {"rejoinder": _rejoinder, "loop": _loop, "reader": _reader}[options.contestant](options)
        return
    python_of_reader = _environment_of_reader() if "reader" in options.only else sys.executable
    with _server(options.feeds, options.entries) as base:
        names = [name for name in CONTESTANTS if name in options.only]
        print(f"{options.feeds} feeds of {options.entries} entries; medians of {options.rounds} rounds")
        print("             first pass      CPU   feeds/s   unchanged      CPU   peak MB   entries stored")
        rates = {}
        for name in names:
            python = python_of_reader if name == "reader" else sys.executable
            rates[name] = _print_contestant(name, python, base, options)
        if {"rejoinder", "loop"} <= rates.keys():
            print(f"rejoinder reads at {rates['rejoinder'] / rates['loop']:.2f} times the rate of the loop")
        if not options.skip_hostile:
            _print_hostile(base, options)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--entries", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", nargs="+", choices=CONTESTANTS, default=CONTESTANTS)
    parser.add_argument("--skip-hostile", action="store_true")
    # What the bench gives to the processes that it measures.
    parser.add_argument("--as", dest="contestant", choices=CONTESTANTS, help=argparse.SUPPRESS)
    parser.add_argument("--base", help=argparse.SUPPRESS)
    parser.add_argument("--bad", type=int, default=0, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


# --- the run -------------------------------------------------------------------------------------------------


def _print_contestant(name: str, python: str, base: str, options: argparse.Namespace) -> float:
    rounds, peaks = [], []
    for _ in range(options.rounds):
        cost = measured(_command(python, name, base, feeds=options.feeds), os.environ)
        rounds.append(json.loads(cost.output))
        peaks.append(cost.peak_mb)
    first, first_cpu, again, again_cpu = (
        median(each[key] for each in rounds) for key in ("first", "first_cpu", "again", "again_cpu")
    )
    print(
        f"{name:<12} {first:8.1f} s {first_cpu:6.1f} s  {options.feeds / first:8.1f}  "
        f"{again:8.2f} s {again_cpu:6.2f} s {median(peaks):9.0f}   {rounds[0]['entries']}"
    )
    return float(options.feeds / first)


def _print_hostile(base: str, options: argparse.Namespace) -> None:
    """The good sources alone and among as many hostile ones, turn by turn, so that both meet the same machine."""
    alone, among = [], []
    for _ in range(options.rounds):
        for bad, found in ((0, alone), (GOOD, among)):
            cost = measured(_command(sys.executable, "rejoinder", base, feeds=GOOD, bad=bad), os.environ)
            found.append(json.loads(cost.output)["good_done"])
    print(
        f"{GOOD} good sources are read in {median(alone):.2f} s alone, in {median(among):.2f} s among {GOOD} hostile "
        f"ones: {median(among) / median(alone):.2f} times"
    )


def _command(python: str, name: str, base: str, *, feeds: int, bad: int = 0) -> list[str]:
    script = str(Path(__file__).resolve())
    module = [script] if name == "reader" else ["-m", "bench.fetch"]
    return [python, *module, "--as", name, "--base", base, "--feeds", str(feeds), "--bad", str(bad)]


@contextmanager
def _server(feeds: int, entries: int) -> Iterator[str]:
    command = [sys.executable, "-m", "bench.feed_server", "--feeds", str(feeds), "--entries", str(entries)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()


def _environment_of_reader() -> str:
    """The Python of an environment that has nothing but `reader`; made once beside the other temporary files."""
    folder = Path(tempfile.gettempdir()) / "rejoinder-bench-reader"
    python = folder / "bin" / "python"
    if not (folder / "done").exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "--upgrade", "pip"], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "reader"], check=True)
        (folder / "done").touch()
    version = "import importlib.metadata as m; print(m.version('reader'))"
    print("reader", subprocess.run([python, "-c", version], check=True, capture_output=True, text=True).stdout.strip())
    return str(python)


# --- those that are measured ---------------------------------------------------------------------------------


def _rejoinder(options: argparse.Namespace) -> None:
    # Imported here: this file also runs in the environment of `reader`, which has none of it.
    from datetime import time as hour  # noqa: PLC0415
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    from digest.assembly import open_tools  # noqa: PLC0415
    from digest.model.ids import SourceId  # noqa: PLC0415
    from digest.model.source import Campaign, Candidate, Imprint, Site, Source, SourceKind  # noqa: PLC0415
    from digest.pipeline.gather import gather  # noqa: PLC0415
    from digest.pipeline.report import PassReport  # noqa: PLC0415
    from digest.settings import Settings  # noqa: PLC0415
    from digest.storage import open_storage, upgrade_storage  # noqa: PLC0415

    def source(kind: str, number: int) -> Source:
        return Source(
            id=SourceId(f"{kind}-{number}"),
            name=f"Courier {kind} {number}",
            kind=SourceKind.MAINSTREAM,
            feed=f"{options.base}/{kind}/{number}",
            site=f"{options.base}/{kind}/{number}/",
        )

    good = [source("feed", number) for number in range(options.feeds)]
    bad = [source("bad", number) for number in range(options.bad)]
    mixed = [each for pair in zip(bad, good, strict=False) for each in pair] if bad else good
    site = Site(
        title="Bench",
        campaign="Bench",
        candidates=(Candidate(name="Nobody"),),
        imprint=Imprint(promoter="", address="", on_behalf_of=""),
        zone=ZoneInfo("UTC"),
        edition_hour=hour(7),
    )
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.isolated(data=Path(folder), allow_private=(options.base.removeprefix("http://"),))
        upgrade_storage(settings.storage_url)
        with closing(open_storage(settings.storage_url)) as storage:
            campaign = Campaign(site=site, topics=(), sources=tuple(mixed))
            with storage.begin() as tx:
                tx.sources.mirror(campaign.sources, now=settings.clock().now())
            with open_tools(settings, campaign, storage, clock=settings.clock(), is_everything_due=True) as tools:

                def one_pass() -> None:
                    asyncio.run(gather(tools, PassReport(), lambda: None))

                done = {}

                def watch(began: float) -> None:
                    wanted = {each.id for each in good}
                    while not done:
                        with storage.read() as tx:
                            if wanted <= {key for key, state in tx.fetches.states().items() if state.last_ok_at}:
                                done["good"] = time.perf_counter() - began
                        time.sleep(0.05)

                if bad or options.feeds <= GOOD:
                    watcher = threading.Thread(target=watch, args=(time.perf_counter(),), daemon=True)
                    watcher.start()
                    one_pass()
                    watcher.join()
                    print(json.dumps({"good_done": done["good"]}))
                    return
                first, again = _timed(one_pass, tools.parsers.process_ids), _timed(one_pass, tools.parsers.process_ids)
                with storage.read() as tx:
                    _tell(first, again, entries=tx.articles.count())


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
            feeds.update_feeds(workers=16)

        first, again = _timed(one_pass), _timed(one_pass)
        _tell(first, again, entries=feeds.get_entry_counts().total)


def _timed(work, children=lambda: ()) -> tuple[float, float]:  # type: ignore[no-untyped-def]  # runs where mypy is not
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


if __name__ == "__main__":
    main()
