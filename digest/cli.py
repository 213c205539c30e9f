"""The commands: parse, call, print, exit code. Results to stdout, talk to stderr; exit 0 done, 1 failed, 2 misused."""

import json
import logging
import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from digest import __version__, editorial
from digest.assembly import guarded_client, open_channels, open_mails, open_parsers, open_tools
from digest.clock import Clock
from digest.demo import Demo, build_demo, serve_demo
from digest.demo.samples import samples_folder
from digest.doctor import examine
from digest.errors import ConfigError, ConflictError, DigestError, NotFoundError
from digest.evaluation import Level, evaluate_pairings, evaluate_stories
from digest.init import Answers, init_files, write_init
from digest.model.edition import Cadence, Edition, EditionState, PublishedRevision
from digest.model.ids import StaffName
from digest.model.source import Campaign
from digest.pipeline import PassReport, check_sources, publish_edition, run_pass
from digest.pipeline import problems_of as edition_problems
from digest.serve import Part, Stop, check_port, run_pipeline, run_sender, run_web, supervise
from digest.settings import Settings
from digest.sources import read_campaign
from digest.storage import Storage, backup_storage, open_storage, restore_storage, upgrade_storage

app = typer.Typer(
    name="digest",
    help="Rejoinder: one finite daily edition that puts the press story and the campaign's answer side by side.",
    epilog="First time here? `digest demo` shows the whole product; `digest init` starts your own campaign.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    add_completion=False,
    pretty_exceptions_enable=False,
)
sources_app = typer.Typer(help="The sources in sources.yaml: look at them, try them.", no_args_is_help=True)
sending_app = typer.Typer(help="The sender: look at it, pause it, let it go on.", no_args_is_help=True)
evaluate_app = typer.Typer(help="Run the product's own clustering and pairing on labelled sets.", no_args_is_help=True)
app.add_typer(sources_app, name="sources")
app.add_typer(sending_app, name="sending")
app.add_typer(evaluate_app, name="evaluate")

Now = Annotated[
    str | None,
    typer.Option("--now", metavar="ISO", help="Pretend it is this time, such as 2026-11-23T18:00 (also DIGEST_NOW)."),
]
As = Annotated[str, typer.Option("--as", metavar="NAME", help="Who you are; it is written into the record.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for scripts.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and do none of it.")]
Force = Annotated[
    bool, typer.Option("--force", help="Let the clock go back on this database (tests and replays only).")
]

talk = Console(stderr=True, highlight=False)
LEFT_TO_COMPUTER = ("evening-clinics", "school-roofs")
"""Two stories of the samples that the demo's stand-in does not confirm, so that their label is seen."""


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


# --- starting ------------------------------------------------------------------------------------------------


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="Build everything, say what came of it, and exit.")] = False,
    samples: Annotated[Path | None, typer.Option("--samples", help="Another folder of samples.")] = None,
) -> None:
    """Show the whole product on the invented sample campaign: offline, on this machine, in a temporary folder.

    Starts an invented press, reads five days of it, publishes an edition, delivers a push and an email to local
    receivers and serves the page. Ctrl-C ends everything and leaves nothing behind.
    """
    _log_to_stderr("ERROR")
    began = time.perf_counter()
    with (
        _bars() as bars,
        build_demo(
            samples or samples_folder(),
            now=_settings_clock(None).now(),
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


@app.command()
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


@app.command()
def upgrade() -> None:
    """Make the database, or bring it to this version's schema. Safe to repeat."""
    settings = _settings()
    print(f"schema {upgrade_storage(settings.storage_url)}")


@app.command()
def doctor(as_json: Json = False) -> None:
    """Look at everything that has to be in order, and say for each thing that is not what to do about it."""
    findings = examine(_settings())
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            words = finding.words.replace("\n", "\n      ")
            print(f"{'ok   ' if finding.is_fine else 'LOOK '} {finding.subject}: {words}")
    _exit_unless(all(finding.is_fine for finding in findings))


@app.command()
def keys() -> None:
    """Print a new secret key, as a line for `.env`."""
    print(f"DIGEST_SECRET_KEY={secrets.token_urlsafe(48)}")


# --- running -------------------------------------------------------------------------------------------------


@app.command()
def run(now: Now = None, force: Force = False, as_json: Json = False) -> None:
    """One full pass: read the sources, find stories and answers, compose the edition.

    Publishes and delivers too, where sources.yaml says `publish: automatic` or an approved edition's hour has come.
    Run it as often as you like: nothing doubles.
    """
    settings = _settings(now)
    _log_to_stderr("WARNING")
    campaign, clock = read_campaign(settings.sources), settings.clock()
    with _storage(settings) as storage:
        with storage.begin() as tx:
            tx.clock.advance(clock.now(), force=force)
        mails = open_mails(settings, clock)
        with (
            _bars() as bars,
            open_tools(settings, campaign, storage, clock=clock, is_everything_due=True, progress=bars) as tools,
        ):
            report = run_pass(tools, mails=mails, notifies=open_channels(settings))
    if as_json:
        print(json.dumps(asdict(report), default=str, indent=2))
    else:
        _print_report(report, campaign)
    _exit_unless(report.reached > 0 or not report.failed)


def _print_report(report: PassReport, campaign: Campaign) -> None:
    names = {source.id: source.name for source in campaign.sources}
    print(
        f"Sources      {report.reached} reached ({report.unchanged} unchanged), {len(report.failed)} failed"
        + (f", {report.not_due} not due" if report.not_due else "")
    )
    if not campaign.sources:
        print("  none yet   put whom you read under sources: in sources.yaml; docs/sources has ready lists")
    for source_id, reason in report.failed.items():
        print(f"  failed     {names.get(source_id, source_id)}: {reason}")
    for source_id, warning in report.warnings.items():
        print(f"  look at    {names.get(source_id, source_id)}: {warning}")
    print(f"Articles     {report.added} new, {report.updated} changed, {report.active_articles} active")
    if report.pages_missing:
        print(f"  marked     {report.pages_missing} whose page could not be had: the feed's summary stands in")
    print(f"Stories      {report.stories}; {report.confirmed} confirmed answers, {report.suggested} suggested")
    if report.edition_on is not None:
        print(
            f"Edition      {report.edition_on:%A %-d %B}: {report.cards} cards, {report.answered} answered, "
            f"{report.edition_state}"
        )
        for hold in report.holds:
            print(f"  held       {hold}")
        reach = ", ".join(f"{name} {count}" for name, count in report.would_reach.items()) or "nobody yet"
        print(f"  {'went to   ' if report.published else 'would go to'} {reach}")
    if report.delivered is not None and (report.delivered.sent or report.delivered.failures):
        print(
            f"Delivered    {report.delivered.sent} sent, {report.delivered.waiting} waiting, "
            f"{report.delivered.failed} failed"
        )
        for failure in report.delivered.failures:
            print(f"  failed     {failure}")
    print("Seconds      " + ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in report.seconds.items()))


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (DIGEST_HOST).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (DIGEST_PORT).")] = None,
    part: Annotated[Part | None, typer.Option(hidden=True)] = None,
) -> None:
    """Keep the day: serve the page, poll the sources, recompose the draft, publish at the hour, deliver.

    One command that supervises web workers, the pipeline and the sender; Ctrl-C ends them all.
    """
    overrides = {"DIGEST_HOST": host, "DIGEST_PORT": None if port is None else str(port)}
    os.environ.update({name: value for name, value in overrides.items() if value is not None})
    settings = _settings()
    _log_to_stderr(settings.log_level)
    clock = settings.running_clock()
    if part is Part.WEB:
        run_web(settings)
        return
    campaign = read_campaign(settings.sources)
    with _storage(settings) as storage:
        match part:
            case Part.PIPELINE:
                run_pipeline(
                    settings,
                    lambda: read_campaign(settings.sources),
                    storage,
                    clock=clock,
                    stop=Stop().listen(),
                    is_demo=False,
                )
                return
            case Part.SENDER:
                run_sender(settings, storage, clock=clock, stop=Stop().listen())
                return
            case None:
                open_channels(settings)
                open_mails(settings, clock)
    check_port(settings.host, settings.port)
    if settings.now:
        os.environ.setdefault("DIGEST_NOW_SINCE", str(time.time()))
    print(
        f"{campaign.site.title}: http://{settings.host}:{settings.port}/  (readers see {settings.base_url})", flush=True
    )
    talk.print("Ctrl-C ends everything.")
    supervise(list(Part), environment=os.environ, stop=Stop().listen())


@app.command()
def publish(
    day: Annotated[
        str, typer.Argument(metavar="[DATE]", help="The edition's date, YYYY-MM-DD; today's when left out.")
    ] = "",
    by: As = ...,  # type: ignore[assignment]  # typer's mark of a required option
    now: Now = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Show who an edition would go to, then approve and publish it.

    The page changes at once; email and channels follow from the outbox (`digest serve` sends them, or `digest run`).
    """
    settings = _settings(now)
    campaign, clock = read_campaign(settings.sources), settings.clock()
    with (
        _storage(settings) as storage,
        open_tools(settings, campaign, storage, clock=clock, is_everything_due=True) as tools,
    ):
        edition, revision = _draft_of(storage, _day(day, clock, campaign))
        problems = edition_problems(tools, edition, revision)
        with storage.begin() as tx:
            tx.subscribers.mirror_list(tools.email_list, now=clock.now())
            audience = tx.outbox.audience(tools.channels)
        document = revision.document
        print(f"{document.title}, {edition.edition_on:%A %-d %B %Y}")
        print(f"Cards        {len(document.cards)}, {document.answered} stories answered")
        for card in document.cards:
            print(f"  {'answered' if card.is_answered else 'reported'}  {card.name}")
        print(f"Recipients   email {audience.email}" + "".join(f", {name} 1" for name in audience.channels))
        for problem in problems:
            talk.print(f"[bold red]✗[/] {problem}", soft_wrap=True)
        if problems:
            sys.exit(1)
        if dry_run:
            print("Nothing was published (--dry-run).")
            return
        if not yes and sys.stdin.isatty() and not typer.confirm("Publish it?"):
            raise typer.Exit(1)
        with storage.begin() as tx:
            editorial.approve(tx, edition, revision, by=StaffName(by), now=clock.now())
        publish_edition(tools, edition.id)
        print(f"Published {document.address}")


@app.command()
def retract(
    day: Annotated[str, typer.Argument(metavar="DATE", help="The edition's date, YYYY-MM-DD.")],
    by: As = ...,  # type: ignore[assignment]  # typer's mark of a required option
    reason: Annotated[str, typer.Option("--reason", help="Why; it stands in the record.")] = "",
    now: Now = None,
) -> None:
    """Take a published edition off every page at once, and stop what has not left yet."""
    settings = _settings(now)
    campaign, clock = read_campaign(settings.sources), settings.clock()
    with _storage(settings) as storage, storage.begin() as tx:
        on = _day(day, clock, campaign)
        edition = tx.editions.find(Cadence.DAILY, on)
        if edition is None:
            raise NotFoundError(f"There is no edition of {on}.")
        editorial.retract(tx, edition, by=StaffName(by), now=clock.now(), reason=reason)
    print(f"Retracted the edition of {on}.")


def _draft_of(storage: Storage, on: date) -> tuple[Edition, PublishedRevision]:
    with storage.read() as tx:
        edition = tx.editions.find(Cadence.DAILY, on)
        revision = tx.editions.newest(edition.id) if edition is not None else None
    if edition is None or revision is None:
        raise NotFoundError(f"There is no draft of {on} yet; `digest run` composes it.")
    if edition.state not in {EditionState.DRAFT, EditionState.APPROVED}:
        raise ConflictError(f"The edition of {on} is {edition.state.value} already.")
    return edition, revision


# --- sources, sending, database ------------------------------------------------------------------------------


@sources_app.command("list")
def list_sources(as_json: Json = False) -> None:
    """Every source with its kind, when it was last reached, and what came of it."""
    settings = _settings()
    campaign = read_campaign(settings.sources)
    with _storage(settings) as storage, storage.read() as tx:
        states = tx.fetches.states()
    rows = []
    for source in campaign.sources:
        state = states.get(source.id)
        rows.append(
            {
                "id": source.id,
                "kind": source.kind.value,
                "name": source.name,
                "reached": state.last_ok_at.isoformat(timespec="minutes") if state and state.last_ok_at else "",
                "state": "paused" if source.paused else (state.last_error or "ok") if state else "not asked yet",
            }
        )
    _print_rows(rows, as_json=as_json)


@sources_app.command("check")
def check(as_json: Json = False) -> None:
    """Ask every source once and show what it answers; stores nothing."""
    settings = _settings()
    campaign = read_campaign(settings.sources)
    with open_parsers(settings) as parsers:
        rows = check_sources(
            campaign,
            open_client=lambda: guarded_client(settings),
            parsers=parsers,
            concurrency=settings.fetch_concurrency,
        )
    _print_rows([asdict(row) for row in rows], as_json=as_json)
    _exit_unless(all(row.is_fine for row in rows))


def _print_rows(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(rows, indent=2, default=str))
        return
    table = Table(box=None, pad_edge=False)
    for name in rows[0] if rows else ():
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    Console(highlight=False, markup=False).print(table)


@sending_app.command("status")
def sending_status() -> None:
    """Whether the sender may send, and what it has to do."""
    settings = _settings()
    with _storage(settings) as storage, storage.read() as tx:
        print("paused" if tx.switches.is_sending_paused() else "running")
        for (medium, state), number in sorted(tx.outbox.totals().items()):
            print(f"{medium.value:10} {state.value:10} {number}")


@sending_app.command("pause")
def sending_pause(by: As = ...) -> None:  # type: ignore[assignment]  # typer's mark of a required option
    """Stop sending at once; what is due waits."""
    settings = _settings()
    with _storage(settings) as storage, storage.begin() as tx:
        tx.switches.pause_sending(by=StaffName(by), now=settings.clock().now())
    print("paused")


@sending_app.command("resume")
def sending_resume(by: As = ...) -> None:  # type: ignore[assignment]  # typer's mark of a required option
    """Let the sender go on."""
    settings = _settings()
    with _storage(settings) as storage, storage.begin() as tx:
        tx.switches.resume_sending(by=StaffName(by), now=settings.clock().now())
    print("running")


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="Where the backup goes, such as backups/rejoinder.zip.")]) -> None:
    """Write everything into one file, consistent even while `digest serve` runs."""
    settings = _settings()
    backup_storage(settings.storage_url, file)
    print(f"{file} ({file.stat().st_size:,} bytes)")


@app.command()
def restore(file: Annotated[Path, typer.Argument(help="A file that `digest backup` wrote.", exists=True)]) -> None:
    """Put a backup into an empty database of either kind. Sending stays paused until you resume it."""
    settings = _settings()
    restore_storage(file, settings.storage_url)
    print("Restored. Sending is paused: look at the pages first, then `digest sending resume --as NAME`.")


@evaluate_app.command("stories")
def evaluate_stories_command(
    articles: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="JSON lines: id, title, text, published, …")
    ],
    out: Annotated[Path, typer.Option("--out", help="Where the predictions go: id, cluster.")],
    level: Annotated[Level, typer.Option(help="event (fine) or story (coarse).")] = Level.STORY,
) -> None:
    """Cluster articles with the shipped settings."""
    evaluate_stories(articles, out, level=level)
    print(out)


@evaluate_app.command("pairings")
def evaluate_pairings_command(
    posts: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON lines: id, text, published.")],
    stories: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="JSON lines: id, title, text, published.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Where the predictions go: post, story, score, relation.")],
    pairs: Annotated[
        Path | None, typer.Option("--pairs", exists=True, help="Judge just these pairs: post, story.")
    ] = None,
) -> None:
    """Pair posts with stories with the shipped settings: the best 50 a post, best first."""
    evaluate_pairings(posts, stories, out, pairs=pairs)
    print(out)


# --- what the commands share ---------------------------------------------------------------------------------


def _settings(now: str | None = None) -> Settings:
    return Settings(now=now) if now else Settings()


def _settings_clock(now: str | None) -> Clock:
    return _settings(now).clock()


def _day(text: str, clock: Clock, campaign: Campaign) -> date:
    if not text:
        return clock.now().astimezone(campaign.site.zone).date()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} is no date; write it like 2026-11-23.") from error


@contextmanager
def _storage(settings: Settings) -> Iterator[Storage]:
    storage = open_storage(settings.storage_url)
    try:
        yield storage
    finally:
        storage.close()


def _exit_unless(is_fine: bool) -> None:
    if not is_fine:
        raise typer.Exit(1)


def _log_to_stderr(level: str) -> None:
    logging.basicConfig(level=level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("alembic", "apscheduler"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


class _Bars:
    """A bar per stage while a person watches, silence otherwise."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("  {task.description:<18}"),
            BarColumn(bar_width=32),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=talk,
            disable=not talk.is_terminal,
            transient=True,
        )
        self._task: TaskID | None = None

    def stage(self, name: str, *, total: int) -> None:
        self.finish()
        self._task = self._progress.add_task(name, total=total)
        self._progress.start()

    def advance(self, steps: int = 1) -> None:
        if self._task is not None:
            self._progress.advance(self._task, steps)

    def finish(self) -> None:
        if self._task is not None:
            self._progress.stop()
            self._progress.remove_task(self._task)
            self._task = None


@contextmanager
def _bars() -> Iterator[_Bars]:
    bars = _Bars()
    try:
        yield bars
    finally:
        bars.finish()
