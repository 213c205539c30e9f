"""Sending: look at it, pause it, let it go on."""

from digest.cli.opening import opened, settings_at
from digest.cli.options import As
from digest.model.ids import StaffName


def status() -> None:
    """Whether the sender may send, and what it has to do."""
    settings = settings_at()
    with opened(settings) as storage, storage.read() as tx:
        print("paused" if tx.switches.is_sending_paused() else "running")
        for (medium, state), number in sorted(tx.outbox.totals().items()):
            print(f"{medium.value:10} {state.value:10} {number}")


def pause(by: As = ...) -> None:  # type: ignore[assignment]  # typer's mark of a required option
    """Stop sending at once; what is due waits."""
    settings = settings_at()
    with opened(settings) as storage, storage.begin() as tx:
        tx.switches.pause_sending(by=StaffName(by), now=settings.clock().now())
    print("paused")


def resume(by: As = ...) -> None:  # type: ignore[assignment]  # typer's mark of a required option
    """Let the sender go on."""
    settings = settings_at()
    with opened(settings) as storage, storage.begin() as tx:
        tx.switches.resume_sending(by=StaffName(by), now=settings.clock().now())
    print("running")
