"""How each article was read, so that edits, late pages and withdrawals are seen.

Revises: 2026_11_25_outbox_by_medium
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_25_readings"
down_revision = "2026_11_25_outbox_by_medium"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "readings",
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("entry_sha256", sa.Text(), nullable=True),
        sa.Column("page_failures", sa.Integer(), nullable=False),
        sa.Column("page_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("vanished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_readings_article_id_articles")),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_readings")),
    )
    op.create_index(op.f("ix_readings_page_due_at"), "readings", ["page_due_at"], unique=False)


def downgrade() -> None:
    op.drop_table("readings")
