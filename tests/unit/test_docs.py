"""The documents are held to the code."""

import re
from pathlib import Path

import typer
from typer.core import TyperGroup

from digest.cli.commands import app

ROOT = Path(__file__).parent.parent.parent


def iter_commands(command: object, name: str = "digest") -> list[str]:
    if isinstance(command, TyperGroup):
        return [path for key, child in command.commands.items() for path in iter_commands(child, f"{name} {key}")]
    return [name]


def test_every_command_stands_in_the_documents_and_no_other() -> None:
    real = set(iter_commands(typer.main.get_command(app)))
    table = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    documented = {
        " ".join(re.findall(r"^digest(?: [a-z]+)+", row)) for row in re.findall(r"^\| `([^`]+)`", table, re.MULTILINE)
    }
    assert documented == real


def test_every_link_between_documents_leads_somewhere() -> None:
    broken = [
        f"{document.relative_to(ROOT)} → {target}"
        for document in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "samples/README.md")
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text(encoding="utf-8"))
        if not (document.parent / target).exists()
    ]
    assert broken == []
