"""What a process loads. The direction of imports is import-linter's: `make check`."""

import subprocess
import sys

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
