"""Running: one pass, or the whole day."""

import json
import os
import time
from dataclasses import asdict
from typing import Annotated

import typer

from digest.assembly import open_channels, open_mails, open_staff_channels, open_tools
from digest.cli.opening import opened, settings_at
from digest.cli.options import Force, Json, Now
from digest.cli.output import exit_unless, log_to_stderr, show_bars, talk
from digest.model.source import Campaign
from digest.pipeline import PassReport, run_pass
from digest.serve import (
    Part,
    Stop,
    check_port,
    end_with_parent,
    free_port,
    only_one,
    run_pipeline,
    run_sender,
    run_web,
    supervise,
)
from digest.sources import read_campaign


def run(now: Now = None, force: Force = False, as_json: Json = False) -> None:
    """One full pass: read the sources, find stories and answers, compose the edition.

    Publishes and delivers too, where sources.yaml says `publish: automatic` or an approved edition's hour has come.
    Run it as often as you like: nothing doubles.
    """
    settings = settings_at(now)
    log_to_stderr("WARNING")
    campaign, clock = read_campaign(settings.sources), settings.clock()
    with opened(settings, writing_at=clock.now(), force=force) as storage:
        mails = open_mails(settings, clock)
        with (
            show_bars() as bars,
            open_tools(settings, campaign, storage, clock=clock, is_everything_due=True, progress=bars) as tools,
        ):
            report = run_pass(tools, mails=mails, notifies=open_channels(settings))
    if as_json:
        print(json.dumps(asdict(report), default=str, indent=2))
    else:
        _print_report(report, campaign)
    exit_unless(report.reached > 0 or not report.failed)


def _print_report(report: PassReport, campaign: Campaign) -> None:
    _print_sources(report, campaign)
    print(f"Articles     {report.added} new, {report.updated} changed, {report.active_articles} active")
    if report.withdrawn:
        print(f"  withdrawn  {report.withdrawn} that their outlets took back")
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
        if report.late_on is not None:
            print(
                f"  late       The edition of {report.late_on:%A %-d %B} should be out: digest publish {report.late_on}"
            )
        reach = ", ".join(f"{name} {count}" for name, count in report.would_reach.items()) or "nobody yet"
        print(f"  {'went to   ' if report.published else 'would go to'} {reach}")
    if report.delivered is not None and (report.delivered.sent or report.delivered.failures):
        print(
            f"Delivered    {report.delivered.sent} sent, {report.delivered.waiting} waiting, "
            f"{report.delivered.failed} failed, {report.delivered.unknown} unknown"
        )
        for failure in report.delivered.failures:
            print(f"  failed     {failure}")
    print("Seconds      " + ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in report.seconds.items()))


def _print_sources(report: PassReport, campaign: Campaign) -> None:
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


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (DIGEST_HOST).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (DIGEST_PORT).")] = None,
    part: Annotated[Part | None, typer.Option(hidden=True)] = None,
) -> None:
    """Keep the day: serve the page, poll the sources, recompose the draft, publish at the hour, deliver.

    One command that supervises web workers, the pipeline and the sender; Ctrl-C ends them all.
    """
    if part is not None:
        end_with_parent()
    overrides = {"DIGEST_HOST": host, "DIGEST_PORT": None if port is None else str(port)}
    os.environ.update({name: value for name, value in overrides.items() if value is not None})
    settings = settings_at()
    log_to_stderr(settings.log_level)
    clock = settings.running_clock()
    if part is Part.WEB:
        run_web(settings)
        return
    campaign = read_campaign(settings.sources)
    with opened(settings) as storage:
        match part:
            case Part.PIPELINE:
                run_pipeline(
                    settings,
                    lambda: read_campaign(settings.sources),
                    storage,
                    clock=clock,
                    stop=Stop().listen(),
                )
                return
            case Part.SENDER:
                run_sender(settings, storage, clock=clock, stop=Stop().listen())
                return
            case None:
                open_channels(settings)
                open_staff_channels(settings)
                open_mails(settings, clock)
    check_port(settings.host, settings.port)
    listening = settings.port or free_port(settings.host)
    os.environ["DIGEST_PORT"] = str(listening)
    if settings.now:
        os.environ.setdefault("DIGEST_NOW_SINCE", str(time.time()))
    with only_one(settings.data):
        print(
            f"{campaign.site.title}: http://{settings.host}:{listening}/  (readers see {settings.base_url})", flush=True
        )
        talk.print("Ctrl-C ends everything.")
        supervise(list(Part), environment=os.environ, stop=Stop().listen())
