"""Says what this machine lacks, all at once, before anything is downloaded.

    python3 -m scripts.preflight run|dev

Prints the Python to build with on stdout and exits 0; else tells on stderr what is missing and how to get it, and
exits 1. Standard library only, and no syntax younger than Python 3.6: it must run on a Python that is too old in
order to say so.
"""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from typing import Dict, List, Optional, Tuple

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

OLDEST = (3, 11)
NEWEST = (3, 14)  # the newest Python for which every package in the lock has a build
COMMANDS = ("python3.11", "python3.12", "python3.13", "python3.14")

# Measured on Linux x86_64 with the CPU build of torch, plus a quarter. pip unpacks each package in the temporary
# folder; torch is the largest, 190 MB packed.
DISK_MB = {"run": 1800, "dev": 2300}
TEMPORARY_MB = 500
MEMORY_MB = 1800  # what a machine sold with 2 GB reports


def main(what: str) -> int:
    python = find_python()
    problems = machine_problems() + memory_problems()
    problems += python_problems(*python) if python else [no_python()]
    problems += folder_problems({} if is_set_up() else room_wanted(DISK_MB[what]))
    if python and not problems:
        print(python[0])
        return 0
    say("Nothing was downloaded yet. This machine lacks:")
    for problem in problems:
        say("  - " + problem)
    return 1


def find_python() -> Optional[Tuple[str, Tuple[int, int]]]:
    """The path and version of a Python that is neither too old nor too new; a complete one if there is one."""
    found = []
    for command in (sys.executable, *COMMANDS):
        path = shutil.which(command)
        version = version_of(path) if path else None
        if path and version and OLDEST <= version <= NEWEST:
            found.append((path, version))
    complete = [python for python in found if not python_problems(*python)]
    return (complete + found + [None])[0]


def version_of(python: str) -> Optional[Tuple[int, int]]:
    """Asks the interpreter itself: a name on the path may be a stand-in for one that isn't installed."""
    out = output_of(python, "import sys; print(*sys.version_info[:2])")
    if out is None:
        return None
    major, minor = out.split()
    return int(major), int(minor)


def no_python() -> str:
    how = install_line("python3.11", "python@3.11")
    return "Python %d.%d to %d.%d (%d.%d is here). %s" % (OLDEST + NEWEST + sys.version_info[:2] + (how,))


def python_problems(python: str, version: Tuple[int, int]) -> List[str]:
    """Debian and Ubuntu ship Python in pieces: `venv` may be there without the `ensurepip` that it needs."""
    missing = [
        module
        for module in ("venv", "ensurepip", "sqlite3", "ssl")
        if output_of(python, "import %s; print('ok')" % module) is None
    ]
    if not missing:
        return []
    how = install_line("python%d.%d-venv" % version, "python@%d.%d" % version)
    return ["the Python modules %s, for %s. %s" % (", ".join(missing), python, how)]


def install_line(package: str, brew: str) -> str:
    """The command that this system's own package manager wants."""
    sudo = "" if hasattr(os, "geteuid") and os.geteuid() == 0 else "sudo "
    if sys.platform == "darwin":
        return "Install it: brew install " + brew
    if shutil.which("apt-get"):
        both = package if package.endswith("-venv") else package + " " + package + "-venv"
        return "Install it: %sapt-get update && %sapt-get install -y %s" % (sudo, sudo, both)
    whole = package.replace("-venv", "")  # everywhere else Python comes in one piece
    if shutil.which("dnf"):
        return "Install it: %sdnf install -y %s" % (sudo, whole)
    if shutil.which("zypper"):
        return "Install it: %szypper install -y %s" % (sudo, whole.replace(".", ""))
    if shutil.which("pacman"):
        return "Install it: %spacman -S python" % sudo
    return "Install %s with your system's package manager." % whole


def machine_problems() -> List[str]:
    """What torch has no build for, no setting helps."""
    machine = platform.machine().lower()
    if sys.platform == "darwin" and machine != "arm64":
        return ["a Mac with Apple silicon: torch is no longer built for Intel Macs. Use Linux, or a virtual machine."]
    if sys.platform not in ("darwin", "linux"):
        return ["Linux or macOS (this is %s). On Windows use WSL." % sys.platform]
    if machine not in ("x86_64", "amd64", "aarch64", "arm64"):
        return ["a processor that torch is built for, x86_64 or arm64 (this is %s)." % machine]
    if os.path.exists("/etc/alpine-release"):
        return ["a Linux with glibc, such as Debian or Fedora: torch is not built for Alpine's musl."]
    return []


def is_set_up() -> bool:
    """Whether most of the room has been taken already."""
    return os.path.exists(os.path.join(ROOT, ".venv", "run.stamp"))


def room_wanted(disk_mb: int) -> Dict[str, int]:
    """Megabytes by folder; two folders on one disk share it."""
    temporary = tempfile.gettempdir()
    if os.stat(ROOT).st_dev == os.stat(temporary).st_dev:
        return {ROOT: disk_mb + TEMPORARY_MB}
    return {ROOT: disk_mb, temporary: TEMPORARY_MB}


def folder_problems(wanted_mb: Dict[str, int]) -> List[str]:
    problems = []
    if not os.access(ROOT, os.W_OK):
        problems.append("permission to write in %s: the virtual environment goes there." % ROOT)
    for folder, wanted in sorted(wanted_mb.items()):
        free = shutil.disk_usage(folder).free // 1000000
        if free < wanted:
            hint = "" if folder == ROOT else " Another temporary folder will do: TMPDIR=/some/folder make ..."
            problems.append("free disk space in %s: %d MB are needed, %d are free.%s" % (folder, wanted, free, hint))
    return problems


def memory_problems() -> List[str]:
    total = memory_mb()
    if total is None or total >= MEMORY_MB:
        return []
    return ["memory: 2 GB are needed, this machine has %d MB." % total]


def memory_mb() -> Optional[int]:
    """What this machine, or the container we are in, has in megabytes; None where neither can be asked."""
    known = []
    try:
        known.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
        with open("/sys/fs/cgroup/memory.max") as file:
            known.append(int(file.read()))
    except (OSError, ValueError):  # no such file outside Linux; the word "max" where there is no limit
        pass
    return min(known) // 1000000 if known else None


def output_of(python: str, code: str) -> Optional[str]:
    """What the code prints; None when the interpreter can't run it."""
    try:
        out = subprocess.check_output([python, "-c", code], stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return None
    return out.decode().strip()


def say(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
