"""Starts a migration: a file with what separates digest/storage/tables.py from the newest one, to be read and edited.

Called as `python -m scripts.migration 'add outbox'`.
"""

import re
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import alembic.command
from alembic.config import Config
from sqlalchemy import create_engine

from digest.storage import upgrade_storage

FOLDER = Path(__file__).parent.parent / "digest" / "storage" / "migrations"


def main(name: str) -> None:
    slug = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    if not slug:
        sys.exit("Name the migration by what it does: make migration NAME='add outbox'")
    revision = f"{datetime.now(UTC):%Y_%m_%d}_{slug}"
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/newest.sqlite"
        upgrade_storage(url)
        engine = create_engine(url)
        with engine.begin() as connection:
            config = Config()
            config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
            config.set_main_option("file_template", "%%(rev)s")
            config.attributes["connection"] = connection
            alembic.command.revision(config, name.capitalize() + ".", autogenerate=True, rev_id=revision)
        engine.dispose()
    print(f"Now read {FOLDER / 'versions' / revision}.py: add first, remove one release later.")


if __name__ == "__main__":
    main(sys.argv[1])
