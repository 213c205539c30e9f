"""Print what the demo costs on this machine: seconds and memory of the pipeline, of a second run, of a web worker.

    python -m bench.demo

Every command is a process of its own; memory is the peak resident size of its whole tree of processes, sampled.
"""

import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import psutil

from bench.measuring import measured
from digest.demo.press import serve_press
from digest.demo.samples import read_samples, samples_folder
from digest.serve import free_port


def main() -> None:
    seconds, peak = _measured(["demo", "--once"], dict(os.environ))
    print(f"demo --once                 {seconds:6.1f} s   peak {peak:6.0f} MB")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with serve_press(read_samples(samples_folder()), anchor=datetime.now(UTC)) as press:
            text = (samples_folder() / "sources.yaml").read_text(encoding="utf-8")
            (folder / "sources.yaml").write_text(text.replace("http://press.example", press.base), encoding="utf-8")
            environment = os.environ | {
                "DIGEST_DATA": str(folder),
                "DIGEST_SOURCES": str(folder / "sources.yaml"),
                "DIGEST_ALLOW_PRIVATE": press.base.removeprefix("http://"),
                "DIGEST_HOST_SPACING_SECONDS": "0",
            }
            _measured(["upgrade"], environment)
            seconds, peak = _measured(["run"], environment)
            print(f"run, 208 articles at once   {seconds:6.1f} s   peak {peak:6.0f} MB")
            seconds, peak = _measured(["run"], environment)
            print(f"run, nothing new            {seconds:6.1f} s   peak {peak:6.0f} MB")
        _print_web_worker(environment)


def _print_web_worker(environment: dict[str, str]) -> None:
    port = free_port()
    environment = environment | {"DIGEST_PORT": str(port), "DIGEST_BASE_URL": f"http://127.0.0.1:{port}"}
    # A part ends when what it reads from ends: here, when this bench does.
    command = [sys.executable, "-m", "digest", "serve", "--part", "web"]
    process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE)
    try:
        for number in range(300):
            path = ("/", "/editions/", "/sources", "/method", "/health", "/feed.xml")[number % 6]
            _ask(f"http://127.0.0.1:{port}{path}")
        workers = psutil.Process(process.pid).children(recursive=True)
        sizes = sorted(worker.memory_info().rss / 1e6 for worker in workers)
        print(f"web worker, 300 requests    {sizes[-1]:6.0f} MB resident")
    finally:
        process.terminate()
        process.wait()


def _ask(address: str) -> None:
    for _ in range(100):
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                answer.read()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    sys.exit(f"{address} does not answer")


def _measured(arguments: Sequence[str], environment: dict[str, str]) -> tuple[float, float]:
    """(wall seconds, peak MB of the tree) of one `digest` command."""
    cost = measured([sys.executable, "-m", "digest", *arguments], environment)
    return cost.seconds, cost.peak_mb


if __name__ == "__main__":
    main()
