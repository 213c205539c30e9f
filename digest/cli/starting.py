"""Starting: the demo, and a campaign of one's own."""

import json
import secrets
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from digest.cli.opening import settings_at
from digest.cli.options import Json
from digest.cli.output import exit_unless, log_to_stderr, show_bars, talk
from digest.demo import LEFT_TO_COMPUTER, Demo, build_demo, serve_demo
from digest.demo.samples import samples_folder
from digest.doctor import examine
from digest.errors import DigestError
from digest.init import Answers, init_files, write_init


def demo(
    once: Annotated[bool, typer.Option("--once", help="Build everything, say what came of it, and exit.")] = False,
    samples: Annotated[Path | None, typer.Option("--samples", help="Another folder of samples.")] = None,
) -> None:
    """Show the whole product on the invented sample campaign: offline, on this machine, in a temporary folder.

    Starts an invented press, reads five days of it, publishes an edition, delivers a push and an email to local
    receivers and serves the page. Ctrl-C ends everything and leaves nothing behind.
    """
    log_to_stderr("ERROR")
    began = time.perf_counter()
    with (
        show_bars() as bars,
        build_demo(
            samples or samples_folder(),
            now=settings_at().clock().now(),
            progress=bars,
            say=lambda words: talk.print(f"[bold]{words}[/]"),
            left_to_computer=LEFT_TO_COMPUTER,
        ) as built,
    ):
        bars.finish()
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
                talk.print("\nStopping …")


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


def init(
    folder: Annotated[Path, typer.Argument(help="Where your campaign's files go.")] = Path(),
    title: Annotated[str, typer.Option(prompt="Name of the edition, as readers see it")] = "",
    campaign: Annotated[str, typer.Option(prompt="Name of the campaign")] = "",
    candidate: Annotated[str, typer.Option(prompt="Name of the candidate")] = "",
    promoter: Annotated[str, typer.Option(prompt="Imprint: the promoter's name")] = "",
    address: Annotated[str, typer.Option(prompt="Imprint: the promoter's postal address")] = "",
    on_behalf_of: Annotated[str, typer.Option(prompt="Imprint: on whose behalf")] = "",
    base_url: Annotated[str, typer.Option(prompt="Public address, such as https://news.example.org")] = "",
    time_zone: Annotated[str, typer.Option(prompt="Time zone")] = "Europe/London",
    edition_hour: Annotated[str, typer.Option(prompt="Hour of the edition")] = "18:00",
) -> None:
    """Start your own campaign: asks a few questions and writes sources.yaml, .env and what a server needs.

    Nothing is shown or published without a person until you say otherwise. Existing files are never overwritten.
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
