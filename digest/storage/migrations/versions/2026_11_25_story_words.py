"""What staff call a story, and under which topic they filed it.

Revises: 2026_11_25_address_keys
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_25_story_words"
down_revision = "2026_11_25_address_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("stories") as stories:
        stories.add_column(sa.Column("staff_title", sa.Text(), nullable=True))
    op.create_table(
        "story_filings",
        sa.Column("story_id", sa.Text(), nullable=False),
        sa.Column("topic_id", sa.Text(), nullable=True),
        sa.Column("example", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name=op.f("fk_story_filings_story_id_stories")),
        sa.PrimaryKeyConstraint("story_id", name=op.f("pk_story_filings")),
    )


def downgrade() -> None:
    op.drop_table("story_filings")
    with op.batch_alter_table("stories") as stories:
        stories.drop_column("staff_title")
