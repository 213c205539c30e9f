"""Sources: look at them, try them."""

from dataclasses import asdict
from typing import Any

from digest.assembly import guarded_client, open_parsers
from digest.cli.opening import opened, settings_at
from digest.cli.options import Json
from digest.cli.output import exit_unless, print_json, print_rows, say
from digest.model.source import Campaign
from digest.pipeline import SourceCheck, check_sources
from digest.sources import read_campaign


def list_all(as_json: Json = False) -> None:
    """Every source with its kind, when it was last reached, and what came of it."""
    settings = settings_at()
    campaign = read_campaign(settings.sources)
    with opened(settings) as storage, storage.read() as tx:
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
    if as_json:
        print_json(rows)
    else:
        _print(rows, campaign)


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
