"""How often each source publishes, and what is the matter with those that something is the matter with.

Revises: 2026_11_25_readings
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_25_rhythms_and_troubles"
down_revision = "2026_11_25_readings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rhythms",
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.Column("hourly", sa.Float(), nullable=False),
        sa.Column("weekdays", sa.Text(), nullable=False),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.Column("spread", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_rhythms_source_id_sources")),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_rhythms")),
    )
    op.create_table(
        "troubles",
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_troubles_source_id_sources")),
        sa.PrimaryKeyConstraint("source_id", "kind", name=op.f("pk_troubles")),
    )


def downgrade() -> None:
    op.drop_table("troubles")
    op.drop_table("rhythms")
