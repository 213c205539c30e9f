"""requirements/*.lock: what set-up installs, on every machine and Python that we name."""

import re
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent.parent
RUN, DEV, TORCH = ((ROOT / "requirements" / name).read_text() for name in ("run.lock", "dev.lock", "torch.lock"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^(\S+)==(\S+)", lock, flags=re.MULTILINE))


@pytest.mark.parametrize(
    ("requirements", "locked"),
    [
        (PROJECT["project"]["dependencies"], pins(RUN)),
        (PROJECT["dependency-groups"]["dev"], pins(RUN) | pins(DEV)),
    ],
    ids=["run", "dev"],
)
def test_what_pyproject_asks_for_is_locked(requirements: list[str], locked: dict[str, str]) -> None:
    unmet = [line for line in requirements if not is_met(Requirement(line), locked)]
    assert unmet == [], "run: make lock"


def is_met(requirement: Requirement, locked: dict[str, str]) -> bool:
    return requirement.specifier.contains(locked.get(canonicalize_name(requirement.name), "0"))


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
@pytest.mark.parametrize("machine", ["linux x86_64 Linux", "linux aarch64 Linux", "darwin arm64 Darwin"])
def test_locks_made_on_one_machine_are_complete_on_others(machine: str, python: str) -> None:
    platform, processor, system = machine.split()
    environment = {str(key): str(value) for key, value in default_environment().items()} | {
        "extra": "",
        "platform_machine": processor,
        "platform_system": system,
        "python_full_version": f"{python}.0",
        "python_version": python,
        "sys_platform": platform,
    }
    locked = {**pins(RUN), **pins(DEV)}
    missing = {
        (name, requirement.name)
        for name, requirement in requirements_of(locked)
        if requirement.marker is None or requirement.marker.evaluate(environment)
        if canonicalize_name(requirement.name) not in {*locked, "pip"}
    }
    # PyPI's torch for Linux wants CUDA; torch-cuda.lock has it, for where no CPU build is to be had.
    assert {(name, wanted) for name, wanted in missing if name != "torch"} == set()


def test_every_package_installs_on_the_first_python_3_11() -> None:
    wanted = {name: metadata.metadata(name).get("Requires-Python", "") for name in pins(RUN) | pins(DEV)}
    assert [name for name, pythons in wanted.items() if "3.11.0" not in SpecifierSet(pythons)] == []


def requirements_of(names: dict[str, str]) -> Iterator[tuple[str, Requirement]]:
    for name in names:
        for line in metadata.requires(name) or ():
            yield name, Requirement(line)


@pytest.mark.parametrize("path", sorted((ROOT / "requirements").glob("*.lock")), ids=lambda path: path.name)
def test_lock_names_packages_and_hashes_and_no_address(path: Path) -> None:
    lock = path.read_text()
    assert "//" not in lock
    for name in pins(lock):
        assert re.search(rf"^{re.escape(name)}==\S+ \\\n    --hash=sha256:[0-9a-f]{{64}}", lock, flags=re.MULTILINE)


def test_torch_may_be_the_cpu_build_or_the_one_of_pypi() -> None:
    cpu = (ROOT / "requirements" / "torch-cpu.sha256").read_text()
    for line in cpu.splitlines():
        hexdigest, name = line.split()
        assert f"torch-{pins(TORCH)['torch']}+cpu-" in name, "torch was raised: list its CPU builds in torch-cpu.sha256"
        assert hexdigest in TORCH
        assert hexdigest in RUN
    assert TORCH.count("--hash") > len(cpu.splitlines())
