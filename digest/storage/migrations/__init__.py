"""Alembic migrations: `digest upgrade` runs them, the newest schema is `digest.storage.tables`."""
