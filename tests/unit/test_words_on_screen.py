"""Readers meet a reader's words, never ours (the table of the house style)."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
OURS = (
    "pairing",
    "rebuttal",
    "mainstream",
    "friendly",
    "outbox",
    "governor",
    "claim",
    "cluster",
    "digest",
    "subscriber",
    "imprint",
    "desk",
    "cadence",
    "confidence",
)
SHOWN = [
    *(ROOT / "web/templates").rglob("*.html"),
    *(ROOT / "digest/rendering/templates").rglob("*.*"),
]


@pytest.mark.parametrize("template", SHOWN, ids=lambda path: path.name)
def test_none_of_our_words_is_on_screen(template: Path) -> None:
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<style>.*?</style>", " ", template.read_text(), flags=re.DOTALL)
    read_aloud = re.findall(r'\b(?:aria-label|alt|title)="([^"]*)"', text)
    said = " ".join([re.sub(r"<[^>]*>", " ", text), *read_aloud])
    found = [word for word in OURS if re.search(rf"\b{word}s?\b", said, re.IGNORECASE)]
    assert found == []


def test_push_has_none_of_our_words() -> None:
    source = (ROOT / "digest/rendering/push.py").read_text()
    said = " ".join(re.findall(r'return f?"([^"]*)"', source))
    assert said
    assert [word for word in OURS if word in said.casefold()] == []
