"""The history of what outlets took back and what came back, for staff; and what makes pages anew.

Revises: 2026_11_25_websub_hubs
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_25_withdrawals"
down_revision = "2026_11_25_websub_hubs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "withdrawals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_back", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_withdrawals_article_id_articles")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withdrawals")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_withdrawals_article_id"), "withdrawals", ["article_id"], unique=False)
    op.create_index(op.f("ix_withdrawals_at"), "withdrawals", ["at"], unique=False)
    op.execute(
        "INSERT INTO withdrawals (article_id, at, is_back, reason) "
        "SELECT id, withdrawn_at, false, '' FROM articles WHERE withdrawn_at IS NOT NULL ORDER BY withdrawn_at, id"
    )


def downgrade() -> None:
    op.drop_table("withdrawals")
