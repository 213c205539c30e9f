"""scripts/preflight.py: what it says of machines that lack something."""

import ast
import shutil
import sys
from pathlib import Path

from scripts import preflight

OLD = (3, 6)


def a_python_without(module: str, folder: Path) -> str:
    """An interpreter like ours that can't import the module, as Debian's can't import ensurepip."""
    python = folder / "python3"
    python.write_text(f'#!/bin/sh\ncase "$2" in *{module}*) exit 1;; esac\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    return str(python)


def test_a_python_that_is_too_old_can_read_it() -> None:
    source = Path(preflight.__file__).read_text()
    ast.parse(source, feature_version=OLD)


def test_complete_python_lacks_nothing() -> None:
    assert preflight.python_problems(sys.executable, (3, 11)) == []


def test_missing_venv_package_is_named_with_its_install_line(tmp_path: Path) -> None:
    [problem] = preflight.python_problems(a_python_without("ensurepip", tmp_path), (3, 12))
    assert "ensurepip" in problem
    if shutil.which("apt-get"):
        assert "apt-get install -y python3.12-venv" in problem


def test_command_that_is_there_but_does_not_start_is_no_python(tmp_path: Path) -> None:
    assert preflight.version_of(a_python_without("version_info", tmp_path)) is None


def test_full_disk_is_told_in_megabytes(tmp_path: Path) -> None:
    [problem] = preflight.folder_problems({str(tmp_path): 10**9})
    assert "1000000000 MB are needed" in problem
    assert "TMPDIR" in problem


def test_roomy_disk_is_not_mentioned(tmp_path: Path) -> None:
    assert preflight.folder_problems({str(tmp_path): 0}) == []
