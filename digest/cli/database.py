"""The database: make it, back it up, bring it back."""

from pathlib import Path
from typing import Annotated

import typer

from digest.cli.opening import settings_at
from digest.storage import backup_storage, restore_storage, upgrade_storage


def upgrade() -> None:
    """Make the database, or bring it to this version's schema. Safe to repeat."""
    settings = settings_at()
    print(f"schema {upgrade_storage(settings.storage_url)}")


def backup(file: Annotated[Path, typer.Argument(help="Where the backup goes, such as backups/rejoinder.zip.")]) -> None:
    """Write everything into one file, consistent even while `digest serve` runs."""
    settings = settings_at()
    backup_storage(settings.storage_url, file)
    print(f"{file} ({file.stat().st_size:,} bytes)")


def restore(file: Annotated[Path, typer.Argument(help="A file that `digest backup` wrote.", exists=True)]) -> None:
    """Put a backup into an empty database of either kind. Sending stays paused until you resume it."""
    settings = settings_at()
    restore_storage(file, settings.storage_url)
    print("Restored. Sending is paused: look at the pages first, then `digest sending resume --as NAME`.")
