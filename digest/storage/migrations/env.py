"""Run by alembic: migrates over the connection, and inside the transaction, that `digest.storage.schema` hands over."""

from alembic import context

from digest.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite can't ALTER: batches make the table anew
)
with context.begin_transaction():
    context.run_migrations()
