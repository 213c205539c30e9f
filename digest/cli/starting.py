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
from digest.errors import DigestError
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


def _checked(parameter: typer.CallbackParam, value: str) -> str:
    """The answer as it was typed. A prompt asks again where it will not do."""
    name = str(parameter.name)
    problem = problems_with(replace(_FINE, **{name: value})).get(name)
    if problem is not None:
        raise typer.BadParameter(problem)
    return value


def init(
    folder: Annotated[Path, typer.Argument(help="Where your campaign's files go.")] = Path(),
    title: Annotated[
        str,
        typer.Option(
            prompt="Name of the edition, as readers see it", callback=_checked, help="Such as 'The Evening Quill'."
        ),
    ] = "",
    campaign: Annotated[
        str, typer.Option(prompt="Name of the campaign", callback=_checked, help="Such as 'Oddy for Brackmouth'.")
    ] = "",
    candidate: Annotated[
        str, typer.Option(prompt="Name of the candidate", callback=_checked, help="Such as 'Wilhelmina Oddy'.")
    ] = "",
    promoter: Annotated[
        str,
        typer.Option(
            prompt="Imprint: the promoter's name",
            callback=_checked,
            help="Who publishes, for the imprint; '' leaves it for later, and nothing is published until it is there.",
        ),
    ] = "",
    address: Annotated[
        str,
        typer.Option(
            prompt="Imprint: the promoter's postal address",
            callback=_checked,
            help="Their postal address; '' leaves it for later.",
        ),
    ] = "",
    on_behalf_of: Annotated[
        str,
        typer.Option(
            prompt="Imprint: on whose behalf", callback=_checked, help="For whom they publish; '' leaves it for later."
        ),
    ] = "",
    base_url: Annotated[
        str,
        typer.Option(
            prompt="Public address, such as https://news.example.org",
            callback=_checked,
            help="Where readers find the page, such as https://news.example.org; '' for this machine alone.",
        ),
    ] = "",
    time_zone: Annotated[
        str, typer.Option(prompt="Time zone", callback=_checked, help="By its name, such as Europe/London.")
    ] = "Europe/London",
    edition_hour: Annotated[
        str, typer.Option(prompt="Hour of the edition", callback=_checked, help="On that clock, such as 18:00.")
    ] = "18:00",
) -> None:
    """Start your own campaign: asks a few questions and writes sources.yaml, .env and what a server needs.

    Nothing is shown or published without a person until you say otherwise. Existing files are never overwritten. What
    an option says is not asked: `digest init quill --title 'The Evening Quill' --campaign 'Oddy for Brackmouth'`
    """
    answers = Answers(
        title=title,
        campaign=campaign,
        candidate=candidate,
        promoter=promoter,
        address=address,
        on_behalf_of=on_behalf_of,
        base_url=base_url,
        time_zone=time_zone,
        edition_hour=edition_hour,
    )
    files = init_files(answers, folder=folder.resolve(), command=Path(sys.executable).with_name("digest"))
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
