"""What a command costs: seconds on the wall, seconds of CPU, and the peak memory of its whole tree of processes."""

import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psutil

SAMPLE_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    seconds: float
    peak_mb: float
    """Resident size of the tree, sampled."""
    output: str


def measured(command: Sequence[str], environment: Mapping[str, str]) -> Cost:
    """The cost of one command, and what it wrote to stdout. Ends the bench when it fails."""
    began = time.perf_counter()
    process = subprocess.Popen(command, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    peaks = [0.0]
    watcher = threading.Thread(target=_watch, args=(process.pid, peaks), daemon=True)
    watcher.start()
    output, talk = process.communicate()
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}:\n{output.decode()}\n{talk.decode()}")
    return Cost(seconds=time.perf_counter() - began, peak_mb=peaks[0], output=output.decode())


def _watch(pid: int, peaks: list[float]) -> None:
    try:
        root = psutil.Process(pid)
        while root.is_running() and root.status() != psutil.STATUS_ZOMBIE:
            tree = [root, *root.children(recursive=True)]
            peaks[0] = max(peaks[0], sum(_size(process) for process in tree))
            time.sleep(SAMPLE_SECONDS)
    except psutil.NoSuchProcess:
        return


def _size(process: psutil.Process) -> float:
    try:
        return float(process.memory_info().rss) / 1e6
    except psutil.NoSuchProcess:
        return 0.0
