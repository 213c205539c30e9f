"""What is due is looked up by medium: a closed relay must not stand between a sender and the channels.

Revises: 2026_11_24_jobs_on_postgresql
"""

from alembic import op

revision = "2026_11_25_outbox_by_medium"
down_revision = "2026_11_24_jobs_on_postgresql"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_outbox_state_due_at_id", table_name="outbox")
    op.create_index("ix_outbox_state_medium_due_at_id", "outbox", ["state", "medium", "due_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_outbox_state_medium_due_at_id", table_name="outbox")
    op.create_index("ix_outbox_state_due_at_id", "outbox", ["state", "due_at", "id"])
