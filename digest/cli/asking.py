"""Questions to the person at the terminal. Ctrl-C or a closed terminal at any of them ends the command."""

import sys
from collections.abc import Callable

import typer

from digest.cli.output import harmless, say


def is_anybody_there() -> bool:
    """Whether there is a person to ask."""
    return sys.stdin.isatty()


def ask(question: str, *, usual: str = "", check: Callable[[str], str | None] = lambda _: None) -> str:
    """What the person typed, or `usual` where they only pressed Return; asked again while `check` has an objection."""
    while True:
        try:
            said = typer.prompt(
                harmless(question), default=harmless(usual), show_default=bool(usual), err=True, prompt_suffix=": "
            )
        except typer.Abort:
            raise KeyboardInterrupt from None
        said = str(said).strip() or usual
        if (objection := check(said)) is None:
            return said
        say(f"  {'It ' if objection.startswith('is ') else ''}{objection}.")


def is_wanted(question: str) -> bool:
    """Whether the person says yes; Return alone is no."""
    try:
        return bool(typer.confirm(harmless(question), err=True))
    except typer.Abort:
        raise KeyboardInterrupt from None
