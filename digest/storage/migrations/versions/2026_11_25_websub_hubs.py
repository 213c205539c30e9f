"""WebSub: the hubs that feeds name, what is agreed with them, and what they have pushed.

Revises: 2026_11_25_rhythms_and_troubles
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_25_websub_hubs"
down_revision = "2026_11_25_rhythms_and_troubles"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hub_offers",
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("hub_url", sa.Text(), nullable=False),
        sa.Column("topic_url", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_hub_offers_source_id_sources")),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_hub_offers")),
    )
    op.create_table(
        "hub_subscriptions",
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("callback", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("hub_url", sa.Text(), nullable=False),
        sa.Column("topic_url", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("pushed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pushes", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("proofs", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_hub_subscriptions_source_id_sources")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_hub_subscriptions")),
    )
    op.create_index(op.f("ix_hub_subscriptions_source_id"), "hub_subscriptions", ["source_id"], unique=False)

    op.create_table(
        "pushes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("waiting_bytes", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["token"], ["hub_subscriptions.token"], name=op.f("fk_pushes_token_hub_subscriptions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pushes")),
        sa.UniqueConstraint("token", "sha256", name=op.f("uq_pushes_token_sha256")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_pushes_waiting_bytes"), "pushes", ["waiting_bytes"], unique=False)


def downgrade() -> None:
    op.drop_table("pushes")
    op.drop_table("hub_subscriptions")
    op.drop_table("hub_offers")
