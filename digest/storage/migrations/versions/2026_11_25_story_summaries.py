"""What a story is about in one sentence: which member says so, or what staff wrote.

Revises: 2026_11_25_background
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_25_story_summaries"
down_revision = "2026_11_25_background"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("stories") as stories:
        stories.add_column(sa.Column("summary", sa.Text(), server_default="", nullable=False))
        stories.add_column(sa.Column("summary_article_id", sa.Integer(), nullable=True))
        stories.add_column(sa.Column("staff_summary", sa.Text(), nullable=True))
        said_by = op.f("fk_stories_summary_article_id_articles")
        stories.create_foreign_key(said_by, "articles", ["summary_article_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("stories") as stories:
        stories.drop_constraint(op.f("fk_stories_summary_article_id_articles"), type_="foreignkey")
        for name in ("staff_summary", "summary_article_id", "summary"):
            stories.drop_column(name)
