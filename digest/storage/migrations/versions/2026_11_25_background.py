"""In how many articles of the archive each word stands.

Revises: 2026_11_25_story_words
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_25_background"
down_revision = "2026_11_25_story_words"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "background",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.Column("seen_in", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_background_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_background")),
    )


def downgrade() -> None:
    op.drop_table("background")
