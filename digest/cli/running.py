"""Running: one pass, or the whole day."""

import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from digest.assembly import open_channels, open_guard, open_mails, open_staff_channels, open_tools
from digest.cli.opening import opened, settings_at, settings_with
from digest.cli.options import Force, Json, Now
from digest.cli.output import exit_unless, log_to_stderr, say, show_bars
from digest.model.delivery import Standing
from digest.model.edition import EditionState
from digest.model.source import Campaign
from digest.pipeline import PassReport, run_pass
from digest.serve import (
    Part,
    Stop,
    end_with_parent,
    listening_at,
    only_one,
    run_pipeline,
    run_sender,
    run_web,
    supervise,
)
from digest.settings import read_settings
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
        with storage.read() as tx:
            standing, is_paused = tx.outbox.standing(now=clock.now()), tx.switches.is_sending_paused()
    if as_json:
        print(json.dumps(asdict(report), default=str, indent=2))
    else:
        _print_report(report, campaign)
        _print_sending(standing, is_paused=is_paused)
        _print_next(report)
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
            print(f"  late       The edition of {report.late_on:%A %-d %B} should be out")
            print(f"             digest publish {report.late_on} --as NAME")
        reach = ", ".join(f"{name} {count}" for name, count in report.would_reach.items()) or "nobody yet"
        print(f"  {'went to   ' if report.published else 'would go to'} {reach}")
    if report.delivered is not None and (report.delivered.sent or report.delivered.failures):
        print(
            f"Delivered    {report.delivered.sent} sent, {report.delivered.waiting} waiting, "
            f"{report.delivered.failed} failed, {report.delivered.unknown} unknown"
        )
        for failure in report.delivered.failures:
            print(f"  not sent   {failure}")
    print("Seconds      " + ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in report.seconds.items()))


def _print_sending(standing: Sequence[Standing], *, is_paused: bool) -> None:
    """What has not left yet, of whichever run, why, and what to do about it."""
    if is_paused and any(at.due for at in standing):
        print("Sending      paused; `digest sending resume --as NAME` lets it go on")
    for at in standing:
        where, why = at.channel or at.medium.value, f": {at.last_detail}" if at.last_detail else ""
        if at.due:
            print(f"  waiting    {at.due} for {where}{why}; `digest serve` or the next `digest run` tries again")
        if at.unknown:
            print(
                f"  unknown    {at.unknown} for {where}{why}; look whether they arrived, then "
                "`digest sending settle --as NAME`"
            )


def _print_next(report: PassReport) -> None:
    if report.edition_state == EditionState.DRAFT and report.cards and not report.holds:
        print(f"Next         digest publish {report.edition_on} --as NAME")


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
    for trouble in report.troubles:
        if trouble.source_id not in report.failed:
            print(f"  {trouble.kind.value:<10} {names.get(trouble.source_id, trouble.source_id)}: {trouble.words}")


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on, such as 127.0.0.1 (DIGEST_HOST).")] = None,
    port: Annotated[
        str | None, typer.Option(metavar="PORT", help="Port to listen on; 0 takes a free one (DIGEST_PORT).")
    ] = None,
    part: Annotated[Part | None, typer.Option(hidden=True)] = None,
) -> None:
    """Keep the day: serve the page, poll the sources, recompose the draft, publish at the hour, deliver.

    One command that supervises web workers, the pipeline and the sender; Ctrl-C ends them all.
    """
    if part is not None:
        end_with_parent()
    settings = settings_with({"host": host, "port": port}) if part is None else read_settings()
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
                # What is wrong with them is told here, once, and not by parts that start again and again.
                open_guard(settings)
                open_channels(settings)
                open_staff_channels(settings)
                open_mails(settings, clock)
    address, listening = listening_at(settings.host, settings.port)
    os.environ |= {"DIGEST_HOST": address, "DIGEST_PORT": str(listening)}
    if settings.now:
        os.environ.setdefault("DIGEST_NOW_SINCE", str(time.time()))
    with only_one(settings.data):
        shown = f"[{address}]" if ":" in address else address
        print(f"{campaign.site.title}: http://{shown}:{listening}/  (readers see {settings.base_url})", flush=True)
        say("Ctrl-C ends everything.")
        supervise(list(Part), environment=os.environ, stop=Stop().listen())
