"""Sources: look at them, try them."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.filesize import decimal

from digest.assembly import guarded_client, open_parsers
from digest.cli.asking import is_anybody_there, is_wanted
from digest.cli.opening import opened, settings_at
from digest.cli.options import Json
from digest.cli.output import exit_unless, print_json, print_rows, say, show_bars
from digest.errors import ConfigError, StorageError
from digest.model.fetch import FetchState
from digest.model.ids import SourceId
from digest.model.source import Campaign, Source
from digest.model.trouble import Trouble
from digest.pipeline import (
    SourceCheck,
    SourceStanding,
    Standing,
    check_sources,
    find_troubles,
    first_day,
    sources_standing,
)
from digest.settings import Settings
from digest.sources import fingerprint, move_source, read_campaign

Days = Annotated[int, typer.Option("--days", min=1, max=92, help="Sums over so many days, today's among them.")]


def list_all(days: Days = 7, as_json: Json = False) -> None:
    """How every source stands, when it was last reached and is next due, and what asking it cost of late."""
    settings = settings_at()
    campaign = read_campaign(settings.sources)
    now = settings.clock().now()
    with opened(settings) as storage:
        rows = sources_standing(storage, campaign, now=now, since=first_day(now, days))
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
        say("No source yet: `digest sources add URL` finds a site's feed and writes it; docs/sources has ready lists.")
    elif not rows:
        say("Every source is paused.")
    print_rows(rows)


def check(
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="ID", help="Ask this source alone; may be repeated.")
    ] = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="For each new address that is found, ask whether to write it.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Ask every source that is not paused once and show what it answers and what else is the matter with it; stores
    nothing.

    A source is late when it publishes less than is usual for it, thin when its texts have become short, drifting when
    its language or the shape of its entries has changed, and broken when it has not been readable for long.

    Where a feed has moved for good, or is gone and its site has another, the new address is proposed. `--fix` asks
    about each and writes it into sources.yaml; the source keeps its id, and with it its history.

    Examples:

    - `digest sources check`
    - `digest sources check --only daily-herald --fix`
    """
    if fix and not is_anybody_there():
        raise ConfigError("--fix asks about each address, and nobody can be asked here; leave it out to see them.")
    settings = settings_at()
    seen = fingerprint(settings.sources)
    campaign = read_campaign(settings.sources)
    asked = _asked(campaign, only or [])
    states, troubles = _remembered(settings, campaign)
    with open_parsers(settings) as parsers, show_bars() as bars:
        rows = check_sources(
            asked,
            open_client=lambda: guarded_client(settings),
            parsers=parsers,
            concurrency=settings.fetch_concurrency,
            known=campaign.sources,
            states=states,
            troubles=troubles,
            progress=bars,
        )
    if as_json:
        print_json([asdict(row) for row in rows])
    else:
        _print(_in_words(rows), campaign)
        _tell_new_feeds(rows, settings.sources)
    if fix:
        _fix(rows, settings.sources, seen)
    exit_unless(all(row.is_fine for row in rows))


def _asked(campaign: Campaign, only: list[str]) -> list[Source]:
    """The sources to ask: those named, even if they are paused, else all that are polled. Raises ConfigError."""
    known = campaign.source_by_id()
    if unknown := [name for name in only if name not in known]:
        raise ConfigError(
            *(f"--only: no source has the id {name}; `digest sources list` shows them." for name in unknown)
        )
    return [known[SourceId(name)] for name in dict.fromkeys(only)] or [it for it in campaign.sources if not it.paused]


def _remembered(settings: Settings, campaign: Campaign) -> tuple[dict[SourceId, FetchState], list[Trouble]]:
    """What fetching remembers, and what is the matter with the sources by what they did before; nothing where no
    database has been made yet, for this asks before it as well."""
    try:
        with opened(settings) as storage:
            with storage.read() as tx:
                states = tx.fetches.states()
            return states, find_troubles(storage, campaign, now=settings.clock().now(), is_thorough=True)
    except StorageError:
        return {}, []


def _in_words(rows: list[SourceCheck]) -> list[dict[str, Any]]:
    """The table; the columns of troubles and of new addresses are there when there are any."""
    moved = any(row.new_feed for row in rows)
    troubled = any(row.troubles for row in rows)
    return [
        {
            "id": row.id,
            "kind": row.kind,
            "name": row.name,
            "fine": "yes" if row.is_fine else "no",
            "entries": row.entries,
            "newest": row.newest,
            "what it answered": row.words,
        }
        | ({"trouble": _in_a_cell(row.troubles)} if troubled else {})
        | ({"new address": row.new_feed} if moved else {})
        for row in rows
    ]


def _in_a_cell(troubles: Sequence[Trouble]) -> str:
    return "; ".join(f"{trouble.kind.value}: {trouble.words}" for trouble in troubles)


def _tell_new_feeds(rows: list[SourceCheck], path: Path) -> None:
    moved = [row for row in rows if row.new_feed]
    if moved:
        say(f"\nNew addresses. `digest sources check --fix` writes them, or write these lines into {path}:")
    for row in moved:
        say(f"  {row.id}:  feed: {row.new_feed}")


def _fix(rows: list[SourceCheck], path: Path, seen: str) -> None:
    """Ask about each new address and write those that are wanted, each by itself."""
    for row in rows:
        if row.new_feed and is_wanted(f"{row.id}: write feed: {row.new_feed}?"):
            move_source(path, row.id, row.new_feed, expected_sha256=seen)
            seen = fingerprint(path)
            say(f"  Written; {row.id} keeps its id and what was read of it.")
