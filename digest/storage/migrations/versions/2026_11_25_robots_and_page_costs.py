"""Each site's robots.txt from pass to pass, what pages cost beside feeds, and the status of the last failure.

Revises: 2026_11_25_withdrawals
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_25_robots_and_page_costs"
down_revision = "2026_11_25_withdrawals"
branch_labels = None
depends_on = None

COSTS = ("pages", "robots_files", "page_bytes")


def upgrade() -> None:
    op.create_table(
        "robots_files",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("site", name=op.f("pk_robots_files")),
    )
    op.create_index(op.f("ix_robots_files_expires_at"), "robots_files", ["expires_at"], unique=False)
    with op.batch_alter_table("fetch_tallies") as tallies:
        for name in COSTS:
            tallies.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("fetch_states") as states:
        states.add_column(sa.Column("last_status", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("fetch_states") as states:
        states.drop_column("last_status")
    with op.batch_alter_table("fetch_tallies") as tallies:
        for name in COSTS:
            tallies.drop_column(name)
    op.drop_table("robots_files")
