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


def test_the_readme_starts_a_campaign_outside_of_the_checkout_and_git_ignores_its_secrets_anywhere() -> None:
    assert "digest init ../my-campaign" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert ".env" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_every_command_that_the_readme_and_the_guide_to_sources_show_is_one_of_ours() -> None:
    real = iter_commands(typer.main.get_command(app))
    for name in ("README.md", "docs/sources/README.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        shown = re.findall(r"^\s*(digest(?: [a-z]+)+)", text, re.MULTILINE) + re.findall(r"`(digest(?: [a-z]+)+)", text)
        assert shown
        for command in shown:
            assert any(f"{command} ".startswith(f"{each} ") for each in real), command
