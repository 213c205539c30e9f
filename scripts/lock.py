"""Writes requirements/*.lock from pyproject.toml: every package the product and its tools install, with hashes.

    run.lock          what the product needs
    dev.lock          what checking and testing it needs besides
    torch.lock        torch alone; set-up takes it first, from PyTorch's CPU index where that can be reached
    torch-cuda.lock   what PyPI's own torch wants on Linux; installed only where no CPU build was to be had
    pip.lock          the pip that reads the others

Run it by `make lock`, on Linux with Python 3.11, the oldest we support: what a later Python needs is a part of that.
"""

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "requirements"
HEADER = "# Written by `make lock` from pyproject.toml. Do not edit.\n"

# pip from 24 on copes with the extras of newspaper4k and trafilatura; Python 3.11's own pip 23 crashes on them.
PIP = "pip>=26,<27"

# Newer ones refuse Python 3.11.2, which is Debian 12's.
OLDEST_PYTHON = {"soupsieve": "soupsieve<3"}

# The packages that PyPI's torch wants on Linux and a CPU build does not.
IS_CUDA = re.compile(r"(nvidia|cuda)-.+|triton")


def main() -> None:
    if sys.platform != "linux" or sys.version_info[:2] != (3, 11):
        sys.exit("make lock: needs Linux and Python 3.11, so that the files do not depend on who made them.")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    run = pins(project["project"]["dependencies"], constraints=OLDEST_PYTHON)
    cuda = {name: pin for name, pin in run.items() if IS_CUDA.fullmatch(name)}
    run = {name: pin for name, pin in run.items() if name not in cuda}
    run["torch"] = with_hashes(run["torch"], cpu_hashes())
    write("run.lock", run)
    write("torch.lock", {"torch": run["torch"]})
    write("torch-cuda.lock", cuda)
    dev = pins(project["dependency-groups"]["dev"], constraints=OLDEST_PYTHON | run)
    write("dev.lock", {name: pin for name, pin in dev.items() if name not in run})
    write("pip.lock", pins([PIP]))


def pins(requirements: list[str], *, constraints: dict[str, str] | None = None) -> dict[str, str]:
    """The pinned, hashed lines of everything that the requirements need, by package name.

    Asks the ordinary index alone, whatever this machine's pip is told besides: the same lock comes out everywhere.
    """
    environment = {key: value for key, value in os.environ.items() if key != "PIP_FIND_LINKS"}
    environment["PIP_CONFIG_FILE"] = os.devnull
    with tempfile.TemporaryDirectory() as folder:
        wanted, fixed, pinned = (Path(folder, name) for name in ("wanted.in", "fixed.txt", "pinned.txt"))
        wanted.write_text("\n".join(requirements))
        fixed.write_text("\n".join((constraints or {}).values()))
        command = [sys.executable, "-m", "piptools", "compile", "--quiet", "--generate-hashes", "--allow-unsafe"]
        command += ["--strip-extras", "--no-annotate", "--no-header", "--no-emit-options", "--no-emit-index-url"]
        subprocess.run([*command, "-c", fixed, "-o", pinned, wanted], env=environment, check=True)
        lines = pinned.read_text()
    blocks = re.findall(r"^[a-z0-9].*(?:\n +--hash.*)*", lines, flags=re.MULTILINE)
    return {block.split("==")[0]: block for block in blocks}


def cpu_hashes() -> list[str]:
    """The sha256 of torch's CPU builds for Linux, as PyTorch's CPU index states them."""
    return [line.split()[0] for line in (FOLDER / "torch-cpu.sha256").read_text().splitlines()]


def with_hashes(pin: str, hashes: list[str]) -> str:
    """The same line, which now also accepts files of these hashes."""
    line, *known = pin.split(" \\\n")
    return " \\\n".join([line, *sorted({*known, *(f"    --hash=sha256:{hexdigest}" for hexdigest in hashes)})])


def write(name: str, pins_by_name: dict[str, str]) -> None:
    (FOLDER / name).write_text(HEADER + "".join(f"{pin}\n" for _, pin in sorted(pins_by_name.items())))
    print(f"requirements/{name}: {len(pins_by_name)} packages")


if __name__ == "__main__":
    main()
