"""Since when each feed has been read without a long pause.

Revises: 2026_11_25_robots_and_page_costs
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_25_reached_since"
down_revision = "2026_11_25_robots_and_page_costs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("fetch_states") as states:
        states.add_column(sa.Column("reached_since", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("fetch_states") as states:
        states.drop_column("reached_since")
