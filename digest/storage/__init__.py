"""Storage: one database, SQLite or PostgreSQL, behind transactions that speak the domain.

    with storage.begin() as tx:
        tx.editions.mark_published(edition_id, revision, now=now)
        tx.outbox.fill_for_edition(edition_id, revision, channels=channels, now=now)

Everything else in this folder is private to it: nothing above has heard of SQL.
"""

from digest.storage.backup import backup_storage, restore_storage
from digest.storage.dialects import CARRIER_QUEUE, CARRIER_SCHEMA, CARRIER_TASK
from digest.storage.engine import place_of
from digest.storage.schema import head_revision, upgrade_storage
from digest.storage.session import Storage, open_storage
from digest.storage.transaction import Transaction

__all__ = [
    "CARRIER_QUEUE",
    "CARRIER_SCHEMA",
    "CARRIER_TASK",
    "Storage",
    "Transaction",
    "backup_storage",
    "head_revision",
    "open_storage",
    "place_of",
    "restore_storage",
    "upgrade_storage",
]
