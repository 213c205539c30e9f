"""Starting: the demo, and a campaign of one's own."""

import json
import os
import secrets
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from digest.cli.opening import settings_at
from digest.cli.options import Json
from digest.cli.output import exit_unless, log_to_stderr, talk
from digest.demo import LEFT_TO_COMPUTER, Demo, build_demo, serve_demo
from digest.demo.samples import samples_folder
from digest.doctor import examine
from digest.errors import ConfigError, DigestError
from digest.init import Answers, init_files, problems_with, write_init
from digest.pipeline import NoProgress
from digest.settings import Settings


def demo(
    once: Annotated[bool, typer.Option("--once", help="Build everything, say what came of it, and exit.")] = False,
    samples: Annotated[Path | None, typer.Option("--samples", help="Another folder of samples.")] = None,
) -> None:
    """Show the whole product on the invented sample campaign: offline, on this machine, in a temporary folder.

    Starts an invented press, reads five days of it, publishes an edition, delivers a push and an email to local
    receivers and serves the page. Ctrl-C ends everything and leaves nothing behind. Of your settings it reads none but
    DIGEST_NOW, which says what day it is.
    """
    log_to_stderr("ERROR")
    began = time.perf_counter()
    today = Settings.isolated(now=os.environ.get("DIGEST_NOW"))
    with (
        _ended_by_signals(),
        build_demo(
            samples or samples_folder(),
            now=today.clock().now(),
            progress=NoProgress(),
            say=talk.print,
            left_to_computer=LEFT_TO_COMPUTER,
        ) as built,
    ):
        _print_demo(built, seconds=time.perf_counter() - began)
        if once:
            print("\nTo read it in a browser: digest demo, in a terminal.")
            return
        with serve_demo(built) as web:
            print(f"\n  Today's edition   {built.address}/")
            print(f"  What arrived      {built.receivers.address}")
            print(f"  The sample press  {built.press_address}/ledger/")
            print("\n  Ctrl-C ends everything.", flush=True)
            try:
                if web.wait() != 0:
                    raise DigestError("The web server ended by itself; its words stand above.")
            except KeyboardInterrupt:
                with suppress(OSError):  # the terminal may be what has gone
                    talk.print("\nStopping …")


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Within it a closed terminal and `kill` end things as Ctrl-C does: in order, leaving nothing behind."""
    signals = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) is not signal.SIG_IGN]

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for number in signals:
            signal.signal(number, signal.SIG_IGN)  # a second one must not stop the tidying up
        raise KeyboardInterrupt

    former = {number: signal.signal(number, interrupt) for number in signals}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _print_demo(built: Demo, *, seconds: float) -> None:
    last, edition = built.reports[-1], built.edition
    print(
        f"\nFive days read in {seconds:.0f} s: {sum(r.added for r in built.reports)} articles, {last.stories} stories, "
        f"{last.reached} sources reached, {len(last.failed)} failed."
    )
    print(f"\n{edition.title}, {edition.edition_on:%A %-d %B}: {len(edition.cards)} stories to read")
    for card in edition.cards:
        kind = "answered" if card.is_answered else "unchecked" if card.pairings else "news"
        print(f"  {kind:<10} {card.name}")
    for push in built.receivers.pushes:
        print("\nThe push that arrived:")
        for line in (push.title, *push.text.splitlines()):
            print(f"  | {line}")
    for mail in built.receivers.mails:
        print(f"\nThe email that arrived: {mail['Subject']}")


_FINE = Answers(title="title", campaign="campaign", candidate="candidate")
"""Answers that will do, beside which one typed answer is looked at."""
_QUESTIONS = {
    "title": "Name of the edition, as readers see it",
    "campaign": "Name of the campaign",
    "candidate": "Name of the candidate",
    "promoter": "Imprint: the promoter's name (may wait)",
    "address": "Imprint: the promoter's postal address (may wait)",
    "on_behalf_of": "Imprint: on whose behalf (may wait)",
    "base_url": "Public address, such as https://news.example.org (empty: this machine alone)",
    "time_zone": "Time zone",
    "edition_hour": "Hour of the edition",
}
_NEEDED = frozenset({"title", "campaign", "candidate"})
_USUAL = frozenset({"time_zone", "edition_hour"})


def _checked(parameter: typer.CallbackParam, value: str | None) -> str | None:
    """The option as it was given. Raises BadParameter where it will not do."""
    return value if value is None else _fine(str(parameter.name), value)


def _fine(name: str, value: str) -> str:
    problem = problems_with(replace(_FINE, **{name: value})).get(name)
    if problem is not None:
        raise typer.BadParameter(problem)
    return value


def _asked(given: dict[str, str | None], *, is_terminal: bool) -> Answers:
    """The answers: as given, else as typed, asked again where one will not do.

    Where nobody can be asked, the usual ones; raises ConfigError for those that have none.
    """
    if not is_terminal and (missing := [name for name in given if name in _NEEDED and given[name] is None]):
        raise ConfigError(*(f"--{name} is missing, and without a terminal nobody can be asked." for name in missing))
    answers = {name: value for name, value in given.items() if value is not None}
    for name in given if is_terminal else ():
        if name not in answers:
            usual = str(getattr(_FINE, name)) if name in _USUAL else ""
            answers[name] = typer.prompt(
                _QUESTIONS[name],
                default=usual,
                show_default=bool(usual),
                value_proc=partial(_fine, name),
                err=True,
            )
    return replace(_FINE, **answers)


def init(
    folder: Annotated[Path, typer.Argument(help="Where your campaign's files go.")] = Path(),
    title: Annotated[
        str | None,
        typer.Option(help="Name of the edition, as readers see it, such as The Marsh Letter", callback=_checked),
    ] = None,
    campaign: Annotated[
        str | None, typer.Option(help="Name of the campaign, such as Marsh for Leader", callback=_checked)
    ] = None,
    candidate: Annotated[
        str | None, typer.Option(help="Name of the candidate, such as Ada Marsh", callback=_checked)
    ] = None,
    promoter: Annotated[
        str | None, typer.Option(help="Imprint, who promotes this, such as Jo Okafor. May wait.", callback=_checked)
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(
            help="Imprint, the promoter's postal address, such as 12 Mill Lane, Ludlow SY8 1AA. May wait.",
            callback=_checked,
        ),
    ] = None,
    on_behalf_of: Annotated[
        str | None, typer.Option(help="Imprint, on whose behalf, such as Ada Marsh. May wait.", callback=_checked)
    ] = None,
    base_url: Annotated[
        str | None,
        typer.Option(
            help="Public address, such as https://news.example.org. Without one: this machine alone.", callback=_checked
        ),
    ] = None,
    time_zone: Annotated[
        str | None,
        typer.Option(
            help="The campaign's time zone, such as America/New_York", show_default=_FINE.time_zone, callback=_checked
        ),
    ] = None,
    edition_hour: Annotated[
        str | None,
        typer.Option(
            help="When the day's edition goes out, such as 07:30", show_default=_FINE.edition_hour, callback=_checked
        ),
    ] = None,
) -> None:
    """Start your own campaign: asks a few questions and writes sources.yaml, .env and what a server needs.

    An option answers its question beforehand, as in `digest init quill --title 'The Evening Quill'`; without a terminal
    nothing is asked. Nothing is shown or published
    without a person until you say otherwise. Existing files are never overwritten.
    """
    given = {
        "title": title,
        "campaign": campaign,
        "candidate": candidate,
        "promoter": promoter,
        "address": address,
        "on_behalf_of": on_behalf_of,
        "base_url": base_url,
        "time_zone": time_zone,
        "edition_hour": edition_hour,
    }
    answers = _asked(given, is_terminal=sys.stdin.isatty())
    python = Path(sys.executable)
    files = init_files(answers, folder=folder.resolve(), command=python.with_name("digest"), python=python.resolve())
    for path in write_init(folder, files):
        print(path)
    talk.print(
        "\nNext: put your sources into sources.yaml (docs/sources has ready lists).\n"
        "Then: `digest upgrade`, `digest doctor`, `digest run`."
    )


def doctor(as_json: Json = False) -> None:
    """Look at everything that has to be in order, and say for each thing that is not what to do about it."""
    findings = examine(settings_at())
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            words = finding.words.replace("\n", "\n      ")
            print(f"{'ok   ' if finding.is_fine else 'LOOK '} {finding.subject}: {words}")
    exit_unless(all(finding.is_fine for finding in findings))


def keys() -> None:
    """Print a new secret key, as a line for `.env`."""
    print(f"DIGEST_SECRET_KEY={secrets.token_urlsafe(48)}")
