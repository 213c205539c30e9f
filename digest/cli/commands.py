"""The list of the commands, in the order of `--help`; each file beside it holds those on one noun."""

from typing import Annotated

import typer

from digest import __version__
from digest.cli import (
    adding,
    database,
    editions,
    evaluating,
    exchanging,
    explaining,
    running,
    sending,
    sources,
    starting,
)


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
    context_settings={"help_option_names": ["-h", "--help"]},
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

app.command("explain")(explaining.explain_article)

sources_app = _group("The sources in sources.yaml: look at them, try them, add to them, exchange them.")
sources_app.command("list")(sources.list_all)
sources_app.command("check")(sources.check)
sources_app.command("add")(adding.add)
sources_app.command("import")(exchanging.import_list)
sources_app.command("export")(exchanging.export_list)
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


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        print(__version__)
        raise typer.Exit
