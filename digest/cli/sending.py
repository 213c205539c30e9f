"""Sending: look at it, pause it, let it go on, settle what nobody knows."""

from typing import Annotated

import typer

from digest import editorial
from digest.cli.opening import opened, settings_at
from digest.cli.options import As, DryRun, Json
from digest.cli.output import print_json, print_rows, say
from digest.errors import ConfigError
from digest.model.delivery import UnknownPolicy
from digest.model.ids import ChannelName, StaffName


def status(as_json: Json = False) -> None:
    """Whether the sender may send, and where email and each channel stand.

    "unknown" may have left, and nobody said so: `digest sending settle` says what becomes of it.
    """
    settings = settings_at()
    with opened(settings) as storage, storage.read() as tx:
        is_paused = tx.switches.is_sending_paused()
        standing = tx.outbox.standing(now=settings.clock().now())
    if not as_json:
        print("paused" if is_paused else "running")
    rows = [
        {
            "medium": at.medium.value,
            "channel": at.channel or "",
            "due": at.due,
            "sent": at.sent,
            "unknown": at.unknown,
            "failed": at.failed,
            "last said": at.last_detail,
        }
        for at in standing
    ]
    if as_json:
        print_json(rows)
    else:
        print_rows(rows)


def pause(by: As = ...) -> None:  # type: ignore[assignment]  # typer's mark of a required option
    """Stop sending at once; what is due waits."""
    settings = settings_at()
    # Whatever the clock says: an emergency brake asks nothing.
    with opened(settings) as storage, storage.begin() as tx:
        editorial.pause_sending(tx, by=StaffName(by), now=settings.clock().now())
    print("paused")


def resume(by: As = ...) -> None:  # type: ignore[assignment]  # typer's mark of a required option
    """Let the sender go on."""
    settings = settings_at()
    now = settings.clock().now()
    with opened(settings, writing_at=now) as storage, storage.begin() as tx:
        editorial.resume_sending(tx, by=StaffName(by), now=now)
    print("running")


def settle(
    by: As = ...,  # type: ignore[assignment]  # typer's mark of a required option
    send_again: Annotated[
        bool, typer.Option("--send-again", help="Rather twice than never; also what failed for a channel.")
    ] = False,
    taken_as_sent: Annotated[bool, typer.Option("--taken-as-sent", help="Rather never than twice.")] = False,
    channel: Annotated[str, typer.Option(metavar="NAME", help="Only this channel; everything when left out.")] = "",
    dry_run: DryRun = False,
) -> None:
    """Say what becomes of messages that may have left without anybody saying so.

    Look first whether they arrived. The sender sends again what is due then, as long as its edition is not too old.
    """
    if send_again == taken_as_sent:
        raise ConfigError("Say one of --send-again and --taken-as-sent.")
    policy = UnknownPolicy.SEND_AGAIN if send_again else UnknownPolicy.TAKE_AS_SENT
    settings = settings_at()
    name, now = ChannelName(channel) if channel else None, settings.clock().now()
    with opened(settings, writing_at=None if dry_run else now) as storage:
        if dry_run:
            with storage.read() as tx:
                done = tx.outbox.settleable(policy, channel=name, now=now)
        else:
            with storage.begin() as tx:
                done = editorial.settle_sending(tx, policy, channel=name, by=StaffName(by), now=now)
    words = "to be sent again" if send_again else "taken as sent"
    print(f"{done.settled} {words}" + (" (--dry-run: nothing was changed)" if dry_run else ""))
    if done.too_late:
        say(
            f"{done.too_late} stay unknown: their edition is too old, retracted or followed by a newer one. "
            "--taken-as-sent closes them."
        )
