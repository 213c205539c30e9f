"""Editions: publish one, take one back."""

import sys
from collections.abc import Iterable
from datetime import date
from typing import Annotated

import typer

from digest import editorial
from digest.assembly import open_tools
from digest.cli.opening import day_of, opened, settings_at
from digest.cli.options import As, DryRun, Now
from digest.cli.output import say, tell_problem
from digest.errors import ConfigError, ConflictError, NotFoundError
from digest.model.delivery import Audience, OutboxState, SubjectKind
from digest.model.edition import Cadence, Edition, EditionDocument, EditionState, PublishedRevision
from digest.model.ids import StaffName
from digest.pipeline import audience_of, compose_edition, publish_edition
from digest.pipeline import problems_of as edition_problems
from digest.sources import read_campaign
from digest.storage import Storage, Transaction


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
    if not (yes or dry_run or sys.stdin.isatty()):
        raise ConfigError("Nobody can be asked here whether to publish: say --yes, or --dry-run to look only.")
    settings = settings_at(now)
    campaign, clock = read_campaign(settings.sources), settings.clock()
    with (
        opened(settings, writing_at=None if dry_run else clock.now()) as storage,
        open_tools(settings, campaign, storage, clock=clock, is_everything_due=True) as tools,
    ):
        today = day_of("", clock, campaign)
        edition, revision = _draft_of(storage, day_of(day, clock, campaign), today=today)
        problems = edition_problems(tools, edition, revision)
        if problems and edition.state is EditionState.APPROVED and not dry_run:
            say("What was approved cannot go as it stands, so it is composed anew:")
            _tell(problems)
            with storage.begin() as tx:
                editorial.reopen(tx, edition, by=StaffName(by), now=clock.now())
            compose_edition(tools)
            edition, revision = _draft_of(storage, edition.edition_on, today=today)
            problems = edition_problems(tools, edition, revision)
        _print_draft(edition, revision.document, audience_of(tools))
        _tell(problems)
        if problems:
            raise typer.Exit(1)
        if dry_run:
            print("Nothing was published (--dry-run).")
            return
        if not yes and not typer.confirm("Publish it?"):
            raise typer.Exit(1)
        with storage.begin() as tx:
            editorial.approve(tx, edition, revision, by=StaffName(by), now=clock.now())
        publish_edition(tools, edition.id)
        print(f"Published {revision.document.address}")


def _print_draft(edition: Edition, document: EditionDocument, audience: Audience) -> None:
    print(f"{document.title}, {edition.edition_on:%A %-d %B %Y}")
    print(f"Cards        {len(document.cards)}, {document.answered} stories answered")
    for card in document.cards:
        print(f"  {'answered' if card.is_answered else 'reported'}  {card.name}")
    for warning in document.warnings:
        print(f"  look at   {warning}")
    print(f"Recipients   email {audience.email}" + "".join(f", {name} 1" for name in audience.channels))


def _tell(problems: Iterable[str]) -> None:
    for problem in problems:
        tell_problem(problem)


def retract(
    day: Annotated[str, typer.Argument(metavar="DATE", help="The edition's date, YYYY-MM-DD.")],
    by: As = ...,  # type: ignore[assignment]  # typer's mark of a required option
    reason: Annotated[str, typer.Option("--reason", help="Why; it stands in the record.")] = "",
    now: Now = None,
) -> None:
    """Take a published edition off every page at once, and stop what has not left yet."""
    settings = settings_at(now)
    campaign, clock = read_campaign(settings.sources), settings.clock()
    with opened(settings, writing_at=clock.now()) as storage, storage.begin() as tx:
        on = day_of(day, clock, campaign)
        edition = tx.editions.find(Cadence.DAILY, on)
        if edition is None:
            raise NotFoundError(f"There is no edition of {on}.")
        editorial.retract(tx, edition, by=StaffName(by), now=clock.now(), reason=reason)
        left = _left(tx, edition)
    print(f"Retracted the edition of {on}. {left} of its messages had left already and can't be called back.")


def _left(tx: Transaction, edition: Edition) -> int:
    newest = tx.editions.newest(edition.id)
    numbers = range(1, newest.revision + 1) if newest is not None else ()
    counts = [tx.outbox.counts(SubjectKind.EDITION, f"{edition.id}/{number}") for number in numbers]
    return sum(count[place] for count in counts for place in count if place[1] is OutboxState.SENT)


def _draft_of(storage: Storage, on: date, *, today: date) -> tuple[Edition, PublishedRevision]:
    with storage.read() as tx:
        edition = tx.editions.find(Cadence.DAILY, on)
        revision = tx.editions.newest(edition.id) if edition is not None else None
    if edition is None or revision is None:
        if on < today:
            raise NotFoundError(f"There is no edition of {on}, and none can be made of a day that is over.")
        when = "now" if on == today else "on that day"
        raise NotFoundError(f"There is no draft of {on} yet; `digest run` composes it {when}.")
    if edition.state not in {EditionState.DRAFT, EditionState.APPROVED}:
        raise ConflictError(f"The edition of {on} is {edition.state.value} already.")
    return edition, revision
