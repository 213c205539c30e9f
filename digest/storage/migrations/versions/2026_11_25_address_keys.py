"""What each article is known by, whichever way its address is spelled.

Of stored articles with one key the oldest gets it. A later one stays as it is (it may be in stories and editions) and
is known by its canonical address, which is no key of any other.

Revises: 2026_11_25_reached_since
"""

import re

import sqlalchemy as sa
from alembic import op

from digest.model.address import address_key

revision = "2026_11_25_address_keys"
down_revision = "2026_11_25_reached_since"
branch_labels = None
depends_on = None

_CHUNK = 500
_articles = sa.table(
    "articles",
    *(sa.column(name, sa.Integer if name == "id" else sa.Text) for name in ("id", "url", "canonical_url")),
    *(sa.column(name, sa.Text) for name in ("address_key", "own_key")),
)


def upgrade() -> None:
    for name in ("address_key", "own_key"):
        op.add_column("articles", sa.Column(name, sa.Text(), nullable=True))
    _fill(op.get_bind())
    op.drop_index("ix_articles_url", table_name="articles")
    with op.batch_alter_table("articles", table_kwargs={"sqlite_autoincrement": True}) as articles:
        articles.alter_column("address_key", existing_type=sa.Text(), nullable=False)
        articles.alter_column("own_key", existing_type=sa.Text(), nullable=False)
        articles.drop_constraint("uq_articles_canonical_url", type_="unique")
        articles.create_unique_constraint("uq_articles_address_key", ["address_key"])
    op.create_index("ix_articles_own_key", "articles", ["own_key"])


def downgrade() -> None:
    op.drop_index("ix_articles_own_key", table_name="articles")
    with op.batch_alter_table("articles", table_kwargs={"sqlite_autoincrement": True}) as articles:
        articles.drop_constraint("uq_articles_address_key", type_="unique")
        articles.create_unique_constraint("uq_articles_canonical_url", ["canonical_url"])
        articles.drop_column("own_key")
        articles.drop_column("address_key")
    op.create_index("ix_articles_url", "articles", ["url"])


def _fill(connection: sa.Connection) -> None:
    keys = sa.update(_articles).where(_articles.c.id == sa.bindparam("row_id"))
    keys = keys.values(address_key=sa.bindparam("address"), own_key=sa.bindparam("own"))
    columns = (_articles.c.id, _articles.c.url, _articles.c.canonical_url)
    given: set[str] = set()
    last = 0
    while rows := connection.execute(
        sa.select(*columns).where(_articles.c.id > last).order_by(_articles.c.id).limit(_CHUNK)
    ).all():
        last = rows[-1].id
        values = []
        for row in rows:
            key = address_key(row.canonical_url)
            address = row.canonical_url if key in given else key
            given.add(key)
            values.append({"row_id": row.id, "address": address, "own": address_key(_untracked(row.url))})
        connection.execute(keys, values)


def _untracked(url: str) -> str:
    """What addresses in feeds have most often beside the address is left out of what an article is met at."""
    return re.sub(r"(?<=[?&])utm_\w+=[^&#]*&?", "", url)
