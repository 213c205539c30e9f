"""What a process loads. The direction of imports is import-linter's: `make check`."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = frozenset(
    "feedparser newspaper onnxruntime py3langid sentence_transformers torch trafilatura transformers".split()  # noqa: SIM905 a list of words reads best as words
)


@pytest.mark.parametrize("module", ["web.app", "digest.cli.commands"])
def test_importing_it_loads_no_model_and_no_parser(module: str) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert module in loaded
    assert HEAVY.intersection(loaded) == set()


def test_nothing_of_ours_opens_an_address_with_the_standard_library() -> None:
    """import-linter sees no submodules of what is not ours; other clients are its contract's (pyproject.toml)."""
    opens = re.compile(
        r"^\s*(from|import) (urllib\.request|http\.client|ftplib)\b|open_connection\(|create_connection\(", re.MULTILINE
    )
    files = [file for folder in ("digest", "web") for file in Path(folder).rglob("*.py")]
    assert len(files) > 100
    assert [str(file) for file in files if opens.search(file.read_text(encoding="utf-8"))] == []
