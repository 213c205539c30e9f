"""A pass over many feeds, beside two others in the same run: `python -m bench.fetch` (some minutes).

    rejoinder   fetch | extract | store, as `digest run` does it, and nothing after it
    loop        requests + feedparser, one feed after the other; stores nothing
    reader      the newest release of the `reader` library that runs on this Python, in an environment of its own

Each reads the same feeds from a server on loopback, then reads them again unchanged. Every entry carries its text, so
no article page is asked for. Then the same pass over 100 good sources alone, and over those with 100 hostile ones
among them. Imports, and the start of the parsing children, are measured of none. Seconds and CPU seconds are medians
of the rounds; memory is the peak of the whole tree of processes.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from bench.measuring import measured

ROUNDS = 3
CONTESTANTS = ("rejoinder", "loop", "reader")
GOOD = 100


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
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
            cost = measured(_command(sys.executable, "among-hostile", base, feeds=GOOD, bad=bad), os.environ)
            found.append(json.loads(cost.output)["good_done"])
    print(
        f"{GOOD} good sources are read in {median(alone):.2f} s alone, in {median(among):.2f} s among {GOOD} hostile "
        f"ones: {median(among) / median(alone):.2f} times"
    )


def _command(python: str, name: str, base: str, *, feeds: int, bad: int = 0) -> list[str]:
    module = [str(Path(__file__).with_name("passes.py"))] if name == "reader" else ["-m", "bench.passes"]
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
        # Its own copy of feedparser imports sgmllib3k, which its package does not ask for.
        subprocess.run([python, "-m", "pip", "install", "-q", "reader", "sgmllib3k"], check=True)
        (folder / "done").touch()
    version = "import importlib.metadata as m; print(m.version('reader'))"
    print("reader", subprocess.run([python, "-c", version], check=True, capture_output=True, text=True).stdout.strip())
    return str(python)


if __name__ == "__main__":
    main()
