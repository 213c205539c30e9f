"""Taking sources over from another reader's list, and giving ours away: OPML in and out."""

import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from digest.assembly import guarded_client, open_guard, open_parsers
from digest.cli.opening import settings_at
from digest.cli.options import DryRun, Json
from digest.cli.output import print_json, print_rows, say, show_bars, tell_problem
from digest.errors import BlockedAddressError, ConfigError, DigestError, FeedError
from digest.model.source import Source, SourceKind
from digest.net import AddressGuard
from digest.pipeline import SourceCheck, check_sources
from digest.settings import Settings
from digest.sources import (
    Import,
    add_sources,
    fingerprint,
    front_page_of,
    import_of,
    opml_of,
    problems_with_source,
    read_campaign,
)
from digest.stages.extract import MAX_BODY_BYTES

SHOWN_REPEATS = 20
SHOWN_PROBLEMS = 100


def import_list(
    file: Annotated[Path, typer.Argument(help="What another reader exported.", metavar="FILE.opml")],
    kind: Annotated[
        SourceKind | None,
        typer.Option(
            metavar="KIND", help="For feeds in no folder called campaign, friendly or mainstream.", case_sensitive=False
        ),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Ask each feed first; leave out those that fail.")] = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Add the feeds of an OPML file to sources.yaml: all of them in one change, or none.

    A feed takes its kind from its folder or category where that is called campaign, friendly or mainstream, else from
    `--kind`. Feeds that are there already are left out and told. While anything in the list is wrong, nothing is
    written. What `digest sources export` wrote comes back whole.

    Examples:

    - `digest sources import feedly.opml --kind mainstream --dry-run`
    - `digest sources import feedly.opml --kind mainstream --check`
    """
    settings = settings_at()
    seen = fingerprint(settings.sources)
    campaign = read_campaign(settings.sources)
    with open_parsers(settings) as parsers:
        try:
            listed = parsers.parse_opml(_body(file))
        except FeedError as error:
            raise ConfigError(f"{file}: {error}; nothing was written.") from error
    guard = open_guard(settings)
    taken = import_of(listed, campaign, kind=kind, why_not=lambda url: _why_not(guard, url))
    _tell(file, taken)
    sources = _those_that_answer(settings, taken.sources) if check else list(taken.sources)
    add_sources(settings.sources, sources, expected_sha256=seen, is_trial=dry_run)
    rows = [{"id": it.id, "kind": it.kind.value, "name": it.name, "feed": it.feed} for it in sources]
    if as_json:
        print_json({"sources": [asdict(it) for it in sources], "repeats": taken.repeats, "is_written": not dry_run})
    else:
        print_rows(rows)
    said = f"{len(sources)} of {len(listed.outlines)} feeds"
    if dry_run:
        say(f"{said} would be added to {settings.sources}; nothing was written.")
    elif sources:
        say(f"{said} added to {settings.sources}. Next: `digest sources check`, then `digest run`.")
    else:
        say(f"{said} are new; {settings.sources} stays as it is.")


def _body(file: Path) -> bytes:
    """The file's bytes, one more than a parser takes at most. Raises ConfigError."""
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BODY_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{file} can't be read ({error.strerror}).") from error


def _why_not(guard: AddressGuard, url: str) -> str | None:
    try:
        guard.check(url)
    except BlockedAddressError as error:
        return str(error)
    return None


def _tell(file: Path, taken: Import) -> None:
    """Say what is left out. Raises ConfigError with all that is wrong."""
    if taken.problems:
        told, more = taken.problems[:SHOWN_PROBLEMS], len(taken.problems) - SHOWN_PROBLEMS
        rest = (f"… and {more:,} more like these.",) if more > 0 else ()
        raise ConfigError(*told, *rest, f"Nothing was written: put these right in {file}, or take them out.")
    for sentence in taken.repeats[:SHOWN_REPEATS]:
        say(sentence)
    if len(taken.repeats) > SHOWN_REPEATS:
        say(f"… and {len(taken.repeats) - SHOWN_REPEATS:,} more that are there already.")


def _those_that_answer(settings: Settings, sources: tuple[Source, ...]) -> list[Source]:
    with open_parsers(settings) as parsers, show_bars() as bars:
        checks = check_sources(
            sources,
            open_client=lambda: guarded_client(settings),
            parsers=parsers,
            concurrency=settings.fetch_concurrency,
            looks_further=False,
            progress=bars,
        )
    for source, answered in zip(sources, checks, strict=True):
        if not answered.is_fine:
            tell_problem(f"{source.name} is left out: {source.feed}: {answered.words}")
    return [_with_site(source, answered) for source, answered in zip(sources, checks, strict=True) if answered.is_fine]


def _with_site(source: Source, answered: SourceCheck) -> Source:
    """The source with the front page that its feed names, where the list named none."""
    is_guess = source.site == front_page_of(source.feed)
    is_fine = answered.site and not problems_with_source({"site": answered.site})
    return replace(source, site=answered.site) if is_guess and is_fine else source


def export_list(
    file: Annotated[
        Path | None, typer.Argument(help="Where to write it; without one, to stdout.", metavar="FILE.opml")
    ] = None,
) -> None:
    """Write the sources as OPML 2.0, which every feed reader takes: a folder for each kind, and all that the file says.

    Examples:

    - `digest sources export > sources.opml`
    - `digest sources export sources.opml` (overwrites nothing)
    """
    campaign = read_campaign(settings_at().sources)
    text = opml_of(campaign)
    if file is None:
        print(text, end="")
        return
    try:
        # Not what happens to stand there already.
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError as error:
        raise DigestError(f"{file} is there already; name another file, or move it away.") from error
    except OSError as error:
        raise DigestError(f"{file} can't be written ({error.strerror}).") from error
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        opened.write(text)
    say(f"{len(campaign.sources)} sources written to {file}.")
