"""The database: make it, back it up, bring it back."""

from pathlib import Path
from typing import Annotated

import typer

from digest.cli.opening import settings_at
from digest.storage import backup_storage, place_of, restore_storage, upgrade_storage


def upgrade() -> None:
    """Make the database, or bring it to this version's schema. Safe to repeat."""
    settings = settings_at()
    revision = upgrade_storage(settings.storage_url)
    print(f"{place_of(settings.storage_url)}: schema {revision}")


def backup(file: Annotated[Path, typer.Argument(help="Where the backup goes, such as backups/rejoinder.zip.")]) -> None:
    """Write everything into one file, consistent even while `digest serve` runs."""
    settings = settings_at()
    backup_storage(settings.storage_url, file)
    print(f"{file} ({file.stat().st_size:,} bytes)")


def restore(
    file: Annotated[
        Path, typer.Argument(help="A file that `digest backup` wrote, such as backups/rejoinder.zip.", exists=True)
    ],
) -> None:
    """Put a backup into an empty database of either kind. Sending stays paused until you resume it.

    Which one DIGEST_DATA or DIGEST_DATABASE_URL says; `digest upgrade` makes it. In a new folder, for example:
    `digest upgrade && digest restore backups/rejoinder.zip`
    """
    settings = settings_at()
    restore_storage(file, settings.storage_url)
    print("Restored. Sending is paused: look at the pages first, then `digest sending resume --as NAME`.")
