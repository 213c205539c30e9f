"""The options that several commands have."""

from typing import Annotated

import typer

Now = Annotated[
    str | None,
    typer.Option("--now", metavar="ISO", help="Pretend it is this time, such as 2026-11-23T18:00 (also DIGEST_NOW)."),
]

LONGEST_NAME = 100


def _name(value: str) -> str:
    name = value.strip()
    if not (name and name.isprintable() and len(name) <= LONGEST_NAME):
        raise typer.BadParameter(f"write your name: one line, at most {LONGEST_NAME} characters")
    return name


As = Annotated[
    str, typer.Option("--as", metavar="NAME", help="Who you are; it is written into the record.", callback=_name)
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for scripts.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and do none of it.")]
Force = Annotated[
    bool, typer.Option("--force", help="Let the clock go back on this database (tests and replays only).")
]
