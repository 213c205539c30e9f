"""Procrastinate's own tables, beside ours, on PostgreSQL.

Revises: 2026_11_23_first_schema
"""

from alembic import op
from procrastinate.schema import SchemaManager

from digest.storage.dialects import CARRIER_SCHEMA

revision = "2026_11_24_jobs_on_postgresql"
down_revision = "2026_11_23_first_schema"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        return
    # A schema of its own: what looks at our tables, such as a restore, does not meet these, which hold nothing that a
    # row of ours does not.
    found = connection.exec_driver_sql(f"SELECT to_regclass('{CARRIER_SCHEMA}.procrastinate_jobs')").scalar()
    if found is None:
        before = connection.exec_driver_sql("SELECT current_setting('search_path')").scalar()
        connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {CARRIER_SCHEMA}")
        connection.exec_driver_sql(f"SET LOCAL search_path TO {CARRIER_SCHEMA}")
        connection.exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))
        connection.exec_driver_sql(f"SET LOCAL search_path TO {before}")


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.execute(f"DROP SCHEMA {CARRIER_SCHEMA} CASCADE")
