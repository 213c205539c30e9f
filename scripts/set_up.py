"""Makes .venv from the lock files: the product alone, or with what checking and testing it needs besides.

    python -m scripts.set_up run|dev

Run it by `make`, after `scripts.preflight`. It does only what is not done yet: .venv/run.stamp and .venv/dev.stamp
hold a fingerprint of what was installed, written last, so that an interrupted set-up is taken up again. pip's own
words go to .venv/setup.log and are shown when something fails.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCKS = ROOT / "requirements"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOG = VENV / "setup.log"

# Its 2.13.0 has no CUDA in it, PyPI's for Linux wants 4 GB of it. Tried first and quickly; where it can't be reached,
# the ordinary index gives what it has.
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"

# What torch-cuda.lock takes when it is installed, and while pip unpacks it.
CUDA_MB = 6000

# Of torch's 750 MB, what only building extensions or testing torch itself reads.
TORCH_UNUSED = ("include", "test", "bin/test_*", "bin/*Test", "bin/protoc*")

# Run after the product is installed: makes what is better made once than at the first pass.
PREPARE = {"the embedding model in int8": ("digest.stages.embed", "--make")}

ADVICE = {
    "DO NOT MATCH THE HASHES": "A file is not the one that requirements/*.lock names. Do not trust it.",
    "No space left": "The disk is full. Free some space, or give pip another temporary folder: TMPDIR=/some/folder",
    "connection broken": "The package index could not be reached. Check the network, or HTTPS_PROXY, and run it again.",
    "No matching distribution": "The package index lacks a package that the lock names. Does pip look at PyPI?",
}


class StepError(Exception):
    """A command of a step failed; its words are at the end of the log."""


def main(what: str) -> None:
    started = time.monotonic()
    stamps = {"run": ("pip.lock", "torch.lock", "run.lock"), "dev": ("dev.lock",)}
    wanted = ["run"] if what == "run" else ["run", "dev"]
    try:
        make_environment()
        missing = [name for name in wanted if not is_stamped(name, stamps[name])]
        for name in missing:
            if name == "run":
                install_product()
            else:
                install_tools()
            stamp(name, stamps[name])
    except StepError:
        fail()
    if missing:
        size = sum(file.lstat().st_size for file in VENV.rglob("*")) // 1_000_000
        say(f"Ready in {time.monotonic() - started:.0f} s; .venv takes {size} MB.")


def make_environment() -> None:
    """A .venv that works and stands where it was made; one that was moved or half made is made anew."""
    home = VENV / "home.stamp"
    if home.is_file() and home.read_text() == str(VENV) and PYTHON.exists():
        return
    with step(f"virtual environment (Python {sys.version.split()[0]})"):
        shutil.rmtree(VENV, ignore_errors=True)
        VENV.mkdir()
        run([sys.executable, "-m", "venv", VENV])
        # The pip that comes with Python 3.11 can't read our lock.
        pip("install", "-r", LOCKS / "pip.lock")
    home.write_text(str(VENV))


def install_product() -> None:
    with step("torch, CPU build"):
        torch: list[str | Path] = ["install", "--no-deps", "-r", LOCKS / "torch.lock"]
        if not pip_succeeds(*torch, "--retries", "0", "--timeout", "5", "--index-url", TORCH_CPU_INDEX):
            pip(*torch)
    if wants_cuda():
        need_room_for_cuda(shutil.disk_usage(ROOT).free // 1_000_000)
        with step("torch's CUDA libraries, 4 GB (the CPU build could not be had)"):
            pip("install", "--no-deps", "-r", LOCKS / "torch-cuda.lock")
    with step(f"the product's packages ({count(LOCKS / 'run.lock')})"):
        pip("install", "-r", LOCKS / "run.lock")
        drop_unused()
    with step("the `digest` command"):
        run([PYTHON, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--editable", ROOT])
    for name, module in PREPARE.items():
        with step(name):
            run([PYTHON, "-m", *module])


def need_room_for_cuda(free_mb: int) -> None:
    """Exits where the libraries that the preflight did not reckon with would fill the disk."""
    if free_mb >= CUDA_MB:
        return
    say(
        f"\n{TORCH_CPU_INDEX} could not be reached, and the build of torch that the ordinary index has wants its CUDA\n"
        f"libraries: {CUDA_MB} MB are needed for them in {ROOT}, {free_mb} are free.\n"
        "Let that address through (a proxy: HTTPS_PROXY) and run the same command again, which then gets the small\n"
        "build; or free the room. What has been downloaded is kept."
    )
    sys.exit(1)


def install_tools() -> None:
    with step(f"tools for checks and tests ({count(LOCKS / 'dev.lock')})"):
        pip("install", "-r", LOCKS / "dev.lock")


def pip(*arguments: str | Path) -> None:
    # --no-compile: Python compiles what is imported when it is, a tenth of what is installed. Saves 300 MB.
    run([PYTHON, "-m", "pip", *arguments, "--require-hashes", "--no-compile", "--no-input", "--progress-bar", "off"])


def pip_succeeds(*arguments: str | Path) -> bool:
    try:
        pip(*arguments)
    except StepError:
        return False
    return True


def run(command: list[str | Path]) -> None:
    # PIP_USER, PYTHONPATH and the like would send packages elsewhere, or find others than ours.
    unwanted = {"PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PYTHONPATH", "PYTHONHOME"}
    environment = {key: value for key, value in os.environ.items() if key not in unwanted}
    with LOG.open("a") as log:
        print("$", *command, file=log, flush=True)
        if subprocess.run(command, env=environment, stdout=log, stderr=log, cwd=ROOT, check=False).returncode != 0:
            raise StepError


def wants_cuda() -> bool:
    code = "import importlib.metadata as m; print(m.version('torch'), m.requires('torch'))"
    out = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=True).stdout
    return sys.platform == "linux" and "+cpu" not in out and "nvidia-" in out


def drop_unused() -> None:
    for folder in VENV.glob("lib/python3.*/site-packages/torch"):
        for pattern in TORCH_UNUSED:
            for path in folder.glob(pattern):
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def count(lock: Path) -> str:
    return f"{lock.read_text().count('==')} packages"


def is_stamped(name: str, locks: tuple[str, ...]) -> bool:
    path = VENV / f"{name}.stamp"
    if not path.is_file() or path.read_text() != fingerprint(locks):
        return False
    path.touch()  # make compares times; git may have written a lock anew without changing it
    return True


def stamp(name: str, locks: tuple[str, ...]) -> None:
    (VENV / f"{name}.stamp").write_text(fingerprint(locks))


def fingerprint(locks: tuple[str, ...]) -> str:
    files = [Path(__file__), *(LOCKS / lock for lock in locks)]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


@contextmanager
def step(name: str) -> Iterator[None]:
    """Tells what is being done, and when done how long it took."""
    print(f"  {name} ... ", end="", file=sys.stderr, flush=True)
    started = time.monotonic()
    try:
        yield
    except BaseException:
        say("failed")
        raise
    say(f"{time.monotonic() - started:.0f} s")


def fail() -> None:
    lines = LOG.read_text(errors="replace").splitlines()[-15:]
    say(f"\nThe last lines of {LOG}:\n")
    for line in lines:
        say(line[:200])
    last = "\n".join(lines)
    say("\n" + next((advice for sign, advice in ADVICE.items() if sign in last), "The whole log may say more."))
    sys.exit(1)


def say(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1])
