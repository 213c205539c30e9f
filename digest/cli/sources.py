"""Sources: look at them, try them."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.filesize import decimal

from digest.assembly import guarded_client, open_parsers
from digest.cli.opening import opened, settings_at
from digest.cli.options import Json
from digest.cli.output import exit_unless, print_json, print_rows, say
from digest.model.source import Campaign
from digest.pipeline import SourceCheck, SourceStanding, Standing, check_sources, first_day, sources_standing
from digest.sources import read_campaign

Days = Annotated[int, typer.Option("--days", min=1, max=92, help="Sums over so many days, today's among them.")]


def list_all(days: Days = 7, as_json: Json = False) -> None:
    """How every source stands, when it was last reached and is next due, and what asking it cost of late."""
    settings = settings_at()
    campaign = read_campaign(settings.sources)
    now = settings.clock().now()
    with opened(settings) as storage:
        rows = sources_standing(storage, campaign, since=first_day(now, days))
    if as_json:
        print_json([_whole(row) for row in rows])
        return
    _print([_standing_row(row) for row in rows], campaign)
    for row in rows:
        if row.standing not in {Standing.OK, Standing.PAUSED}:
            say(f"{row.id}: {row.words}")
    if rows:
        say(_sum_in_words(rows, days))


def _whole(row: SourceStanding) -> dict[str, Any]:
    return asdict(row) | {"unchanged_share": row.costs.unchanged_share, "wire_bytes": row.costs.wire_bytes}


def _standing_row(row: SourceStanding) -> dict[str, Any]:
    costs = row.costs
    return {
        "id": row.id,
        "kind": row.kind,
        "state": row.standing.value,
        "reached": _moment(row.last_ok_at),
        "due": _moment(row.next_due_at),
        "asked": costs.requests,
        "unchanged": _share(costs.unchanged_share),
        "failed": costs.failures,
        "pages": costs.pages,
        "size": decimal(costs.wire_bytes),
    }


def _sum_in_words(rows: Sequence[SourceStanding], days: int) -> str:
    asked = sum(row.costs.requests for row in rows)
    span = "today" if days == 1 else f"in the last {days} days"
    if not asked:
        return f"Nothing was asked {span}: `digest run` asks every source once, `digest serve` keeps asking."
    share = _share(sum(row.costs.not_modified for row in rows) / asked)
    pages = sum(row.costs.pages for row in rows)
    robots = sum(row.costs.robots_files for row in rows)
    size = decimal(sum(row.costs.wire_bytes for row in rows))
    return (
        f"{span[0].upper()}{span[1:]} (UTC): feeds asked {asked:,} times, {share} unchanged; {pages:,} pages and "
        f"{robots:,} robots.txt files; {size} in all."
    )


def _moment(moment: datetime | None) -> str:
    return f"{moment:%m-%d %H:%M}" if moment else ""


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def _print(rows: list[dict[str, Any]], campaign: Campaign) -> None:
    if not campaign.sources:
        say("No source yet: put whom you read under sources: in sources.yaml; docs/sources has ready lists.")
    elif not rows:
        say("Every source is paused.")
    print_rows(rows)


def check(as_json: Json = False) -> None:
    """Ask every source once and show what it answers; stores nothing."""
    settings = settings_at()
    campaign = read_campaign(settings.sources)
    with open_parsers(settings) as parsers:
        rows = check_sources(
            campaign,
            open_client=lambda: guarded_client(settings),
            parsers=parsers,
            concurrency=settings.fetch_concurrency,
        )
    if as_json:
        print_json([asdict(row) for row in rows])
    else:
        _print([_in_words(row) for row in rows], campaign)
    exit_unless(all(row.is_fine for row in rows))


def _in_words(row: SourceCheck) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "name": row.name,
        "fine": "yes" if row.is_fine else "no",
        "entries": row.entries,
        "newest": row.newest,
        "what it answered": row.words,
    }
