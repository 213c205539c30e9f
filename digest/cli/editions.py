"""Editions: publish one, take one back."""

import sys
from datetime import date
from typing import Annotated

import typer

from digest import editorial
from digest.assembly import open_tools
from digest.cli.opening import day_of, opened, settings_at
from digest.cli.options import As, DryRun, Now
from digest.cli.output import talk
from digest.errors import ConflictError, NotFoundError
from digest.model.edition import Cadence, Edition, EditionState, PublishedRevision
from digest.model.ids import StaffName
from digest.pipeline import problems_of as edition_problems
from digest.pipeline import publish_edition
from digest.sources import read_campaign
from digest.storage import Storage


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
    settings = settings_at(now)
    campaign, clock = read_campaign(settings.sources), settings.clock()
    with (
        opened(settings) as storage,
        open_tools(settings, campaign, storage, clock=clock, is_everything_due=True) as tools,
    ):
        edition, revision = _draft_of(storage, day_of(day, clock, campaign))
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


def retract(
    day: Annotated[str, typer.Argument(metavar="DATE", help="The edition's date, YYYY-MM-DD.")],
    by: As = ...,  # type: ignore[assignment]  # typer's mark of a required option
    reason: Annotated[str, typer.Option("--reason", help="Why; it stands in the record.")] = "",
    now: Now = None,
) -> None:
    """Take a published edition off every page at once, and stop what has not left yet."""
    settings = settings_at(now)
    campaign, clock = read_campaign(settings.sources), settings.clock()
    with opened(settings) as storage, storage.begin() as tx:
        on = day_of(day, clock, campaign)
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
