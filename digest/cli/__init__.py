"""The commands: parse, call, print, exit code. Results to stdout, talk to stderr; exit 0 done, 1 failed, 2 misused.

This file is the list of them, in the order of `--help`; each file beside it holds those on one noun.
"""

import sys
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError

from digest import __version__
from digest.cli import database, editions, evaluating, running, sending, sources, starting
from digest.cli.output import talk
from digest.errors import ConfigError, DigestError


def _group(words: str) -> typer.Typer:
    return typer.Typer(help=words, no_args_is_help=True)


app = typer.Typer(
    name="digest",
    help="Rejoinder: one finite daily edition that puts the press story and the campaign's answer side by side.",
    epilog="First time here? `digest demo` shows the whole product; `digest init` starts your own campaign.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (
    starting.demo,
    starting.init,
    database.upgrade,
    starting.doctor,
    starting.keys,
    running.run,
    running.serve,
    editions.publish,
    editions.retract,
    database.backup,
    database.restore,
):
    app.command()(command)

sources_app = _group("The sources in sources.yaml: look at them, try them.")
sources_app.command("list")(sources.list_all)
sources_app.command("check")(sources.check)
app.add_typer(sources_app, name="sources")

sending_app = _group("The sender: look at it, pause it, let it go on, settle what is uncertain.")
sending_app.command("status")(sending.status)
sending_app.command("pause")(sending.pause)
sending_app.command("resume")(sending.resume)
sending_app.command("settle")(sending.settle)
app.add_typer(sending_app, name="sending")

evaluate_app = _group("Run the product's own clustering and pairing on labelled sets.")
evaluate_app.command("stories")(evaluating.evaluate_stories_set)
evaluate_app.command("pairings")(evaluating.evaluate_pairings_set)
app.add_typer(evaluate_app, name="evaluate")


def main() -> None:
    """The `digest` command: what we foresaw ends in one clear message and exit code 1 or 2, never in a traceback."""
    try:
        app(standalone_mode=True)
    except ConfigError as error:
        _fail(error, code=2)
    except (DigestError, ValidationError) as error:
        _fail(error, code=1)
    except KeyboardInterrupt:
        talk.print("Stopped.")
        sys.exit(130)


def _fail(error: Exception, *, code: int) -> NoReturn:
    if isinstance(error, ValidationError):
        for problem in error.errors():
            name = "DIGEST_" + "_".join(str(part) for part in problem["loc"]).upper()
            talk.print(f"[bold red]✗[/] {name}: {problem['msg']}", soft_wrap=True)
        code = 2
    else:
        for line in str(error).splitlines():
            talk.print("[bold red]✗[/]", end=" ")
            talk.print(line, markup=False, soft_wrap=True)
    sys.exit(code)


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        print(__version__)
        raise typer.Exit
