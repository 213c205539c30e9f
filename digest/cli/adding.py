"""Adding a source: find its feed, look into it, answer a few questions, write it into sources.yaml."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import typer

from digest.assembly import guarded_client, open_parsers
from digest.cli.asking import ask, is_anybody_there, is_wanted
from digest.cli.choosing import choose_feed, preview, row_of
from digest.cli.opening import settings_at
from digest.cli.options import DryRun, Json
from digest.cli.output import busy_with, print_json, say
from digest.errors import ConfigError, DigestError
from digest.model.ids import SourceId
from digest.model.source import Campaign, Source, SourceKind, Terms
from digest.pipeline import Discovery, FoundFeed, find_feeds
from digest.settings import Settings
from digest.sources import (
    add_sources,
    fingerprint,
    front_page_of,
    problems_with_source,
    proposed_id,
    proposed_name,
    read_campaign,
    source_lines,
)

KINDS = {
    SourceKind.CAMPAIGN: "your own posts and press releases; answers come from these alone",
    SourceKind.FRIENDLY: "outlets that support you; shown as support, never as the answer",
    SourceKind.MAINSTREAM: "the press, of every leaning; its reports are what you answer",
}
_NEXT = "Next: `digest run` reads it now, `digest serve` at its next look."
_PAUSED = "Take its line `paused: true` away when it shall be read."


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What was said beforehand, by option."""

    kind: SourceKind | None
    feed: str | None
    name: str | None
    id: str | None
    language: str | None
    site: str | None
    is_paused: bool


def add(
    url: Annotated[
        str, typer.Argument(help="A site, one of its pages, or a feed, such as herald.example/politics", metavar="URL")
    ],
    kind: Annotated[
        SourceKind | None,
        typer.Option(
            metavar="KIND",
            help="campaign, friendly or mainstream: what it is to the campaign. Always asked.",
            case_sensitive=False,
        ),
    ] = None,
    feed: Annotated[
        str | None, typer.Option(help="Which of the feeds found: its number or address. Default: the first new one.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="The outlet's name as readers know it.")] = None,
    id: Annotated[  # noqa: A002  # the key's name in sources.yaml
        str | None, typer.Option(help="Its permanent id: small letters, digits, hyphens.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Its language, such as en or cy.")] = None,
    site: Annotated[str | None, typer.Option(help="The address of its front page, for readers.")] = None,
    paused: Annotated[bool, typer.Option("--paused", help="Write it, but do not poll it yet.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing: take what is proposed.")] = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Find the feed of a site, look into it, and write it into sources.yaml.

    Give whatever address you have; `https://` may be left out. What has a feed by its shape (Mastodon, Bluesky,
    YouTube, Substack, Medium, Reddit, Tumblr) is known; elsewhere the page is asked, then the usual addresses. Comments
    in sources.yaml stay as they are.

    Examples:

    - `digest sources add theguardian.com/politics`
    - `digest sources add https://mastodon.social/@marshforleader --kind campaign`
    - `digest sources add herald.example --kind mainstream --yes` (in a script)
    - `digest sources add herald.example --kind mainstream --dry-run` (only shows the lines)
    """
    given = Given(kind=kind, feed=feed, name=name, id=id, language=language, site=site, is_paused=paused)
    asks = is_anybody_there() and not yes
    _check_given(url, given, needs_kind=not asks, needs_yes=not (asks or yes or dry_run))
    settings = settings_at()
    seen = fingerprint(settings.sources)
    campaign = read_campaign(settings.sources)
    _check_free(given, campaign)
    found = _found(url, settings, campaign)
    chosen = choose_feed(found, wanted=given.feed, asks=asks)
    preview(chosen)
    source = _described(_proposal(found, chosen, given, campaign), given, campaign, asks=asks)
    lines = _as_entry(source, campaign)
    if asks and not dry_run:
        say(f"\n{lines}\n")
        if not is_wanted(f"Write this into {settings.sources}?"):
            raise DigestError("Nothing was written.")
    add_sources(settings.sources, [source], expected_sha256=seen, is_trial=dry_run)
    if as_json:
        print_json(_as_json(found, source, is_written=not dry_run))
    else:
        print(lines)
    if dry_run:
        say(f"Nothing was written; without --dry-run these lines go into {settings.sources}.")
    else:
        say(f"Written into {settings.sources} as {source.id}. {_PAUSED if source.paused else _NEXT}")


def _found(url: str, settings: Settings, campaign: Campaign) -> Discovery:
    with open_parsers(settings) as parsers, busy_with(f"Looking for feeds at {url} …"):
        return find_feeds(url, open_client=lambda: guarded_client(settings), parsers=parsers, sources=campaign.sources)


# --- what was given ------------------------------------------------------------------------------------------


def _check_given(url: str, given: Given, *, needs_kind: bool, needs_yes: bool) -> None:
    """Raise ConfigError for answers that are missing where nobody can be asked, and for those that will not do."""
    missing = [] if url.strip() else ["Give the address of a site or feed, such as herald.example/politics."]
    if needs_kind and given.kind is None:
        missing.append("Say --kind campaign, friendly or mainstream: nobody is asked here.")
    if needs_yes:
        missing.append("Say --yes to write what is proposed, or --dry-run to look only: nobody can be asked here.")
    said = {"name": given.name, "id": given.id, "language": given.language, "site": given.site}
    wrong = problems_with_source({key: value for key, value in said.items() if value is not None})
    missing += [f"--{key}: {clause}." for key, clause in wrong.items()]
    if missing:
        raise ConfigError(*missing)


def _check_free(given: Given, campaign: Campaign) -> None:
    if given.id in campaign.source_by_id():
        raise ConfigError(f"--id: a source has the id {given.id} already; choose another.")


# --- what to write of it -------------------------------------------------------------------------------------


def _proposal(found: Discovery, chosen: FoundFeed, given: Given, campaign: Campaign) -> dict[str, str]:
    """The keys of the source as they would be taken without asking; the kind as it was given, if it was."""
    page, stated_site = found.page, chosen.feed.site_url
    if page and front_page_of(stated_site or "") != front_page_of(found.address):
        stated_site = None  # the page that the person gave is surer than what its feed says of itself
    site = given.site or _first_fine("site", stated_site, found.address if page else None) or front_page_of(chosen.url)
    name = given.name or proposed_name(chosen.title, page.title if page else "", url=site)
    name = name if not problems_with_source({"name": name}) else proposed_name(url=site)
    stated = _first_fine("language", chosen.feed.language, page.language if page else None)
    own = campaign.site.language
    return {
        "name": name,
        "id": given.id or proposed_id(name, url=site, taken=campaign.source_by_id()),
        "kind": given.kind.value if given.kind else "",
        # The region of the campaign's own language makes no difference to anything.
        "language": given.language or (stated if stated[:2].lower() != own[:2].lower() else "") or own,
        "site": front_page_of(site) if site.count("/") == 2 else site,
        "feed": chosen.url,
    }


def _first_fine(key: str, *values: str | None) -> str:
    return next((value for value in values if value and not problems_with_source({key: value})), "")


def _described(row: dict[str, str], given: Given, campaign: Campaign, *, asks: bool) -> Source:
    """The source, each answer that was not given by option asked for where somebody can be asked."""
    if asks:
        row = _asked(row, given, campaign)
    if wrong := problems_with_source(row):
        raise ConfigError(*(f"{key}: {clause}." for key, clause in wrong.items()))
    return Source(
        id=SourceId(row["id"]),
        name=row["name"],
        kind=SourceKind(row["kind"]),
        feed=row["feed"],
        site=row["site"],
        language=row["language"],
        terms=Terms(excerpt_characters=campaign.site.excerpt_characters),
        paused=given.is_paused,
    )


def _asked(row: Mapping[str, str], given: Given, campaign: Campaign) -> dict[str, str]:
    said = dict(row)

    def answer(key: str, question: str) -> str:
        def objection(text: str) -> str | None:
            if key == "id" and text in campaign.source_by_id():
                return f"a source has the id {text} already"
            return problems_with_source({key: text}).get(key)

        return " ".join(ask(question, usual=said[key], check=objection).split())

    if given.name is None:
        said["name"] = answer("name", "Name, as readers know it")
    if given.id is None:
        said["id"] = proposed_id(said["name"], url=said["site"], taken=campaign.source_by_id())
        said["id"] = answer("id", "Id, for good")
    if given.kind is None:
        for kind, meaning in KINDS.items():
            say(f"  {kind:<11} {meaning}")
        said["kind"] = answer("kind", "Kind").lower()
    if given.language is None:
        said["language"] = answer("language", "Language")
    if given.site is None:
        said["site"] = answer("site", "Front page, for readers")
    return said


def _as_entry(source: Source, campaign: Campaign) -> str:
    """The source as it is going to stand in the file."""
    first, *others = source_lines(source, campaign.site)
    return "\n".join([f"  - {first}", *(f"    {line}" for line in others)])


def _as_json(found: Discovery, source: Source, *, is_written: bool) -> dict[str, Any]:
    return {
        "address": found.address,
        "feeds": [row_of(number, feed) | {"known_as": feed.known_as} for number, feed in enumerate(found.feeds, 1)],
        "source": asdict(source),
        "is_written": is_written,
    }
