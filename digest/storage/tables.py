"""The schema as SQLAlchemy Core metadata: what DESIGN section 5 says is kept. Nobody outside this folder sees it."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.schema import SchemaItem

from digest.storage.columns import Json, UtcDateTime, Words

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _numbered(name: str, *items: SchemaItem) -> Table:
    """A table with an integer id that is never given twice, not even after its row has been deleted."""
    return Table(name, metadata, Column("id", Integer, primary_key=True), *items, sqlite_autoincrement=True)


# --- sources and fetching -----------------------------------------------------------------------------------

sources = Table(
    "sources",
    metadata,
    Column("id", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("name", Words, nullable=False),
    Column("kind", Text, nullable=False),
    Column("feed", Words, nullable=False),
    Column("site", Words, nullable=False),
    Column("language", Words, nullable=False),
    Column("owner", Words, nullable=False),
    Column("weight", Float, nullable=False),
    Column("excerpt_mode", Text, nullable=False),
    Column("excerpt_characters", Integer, nullable=False),
    Column("images", Boolean, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("mirrored_at", UtcDateTime, nullable=False),
    Column("retired_at", UtcDateTime),
)

fetch_states = Table(
    "fetch_states",
    metadata,
    Column("source_id", ForeignKey("sources.id"), primary_key=True),
    Column("url", Words, nullable=False),
    Column("etag", Words),
    Column("last_modified", Words),
    Column("body_sha256", Text),
    Column("permanent_url", Words),
    Column("permanent_seen", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("last_error", Words),
    Column("last_ok_at", UtcDateTime),
    Column("next_due_at", UtcDateTime),
    Column("last_status", Integer),
    Column("reached_since", UtcDateTime),
)

fetch_tallies = Table(
    "fetch_tallies",
    metadata,
    Column("source_id", ForeignKey("sources.id"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("requests", Integer, nullable=False),
    Column("not_modified", Integer, nullable=False),
    Column("wire_bytes", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("pages", Integer, nullable=False, server_default="0"),
    Column("robots_files", Integer, nullable=False, server_default="0"),
    Column("page_bytes", Integer, nullable=False, server_default="0"),
    Index(None, "day"),
)

rhythms = Table(
    "rhythms",
    metadata,
    Column("source_id", ForeignKey("sources.id"), primary_key=True),
    Column("drawn_at", UtcDateTime, nullable=False),
    Column("articles", Integer, nullable=False),
    Column("hourly", Float, nullable=False),
    Column("weekdays", Json, nullable=False),
    Column("hours", Json, nullable=False),
    Column("spread", Float, nullable=False),
)

troubles = Table(
    "troubles",
    metadata,
    Column("source_id", ForeignKey("sources.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("since", UtcDateTime),
    Column("words", Words, nullable=False),
    Column("noted_at", UtcDateTime, nullable=False),
    Column("told_at", UtcDateTime),
)

hub_offers = Table(
    "hub_offers",
    metadata,
    Column("source_id", ForeignKey("sources.id"), primary_key=True),
    Column("feed", Words, nullable=False),
    Column("hub_url", Words, nullable=False),
    Column("topic_url", Words, nullable=False),
)

hub_subscriptions = Table(
    "hub_subscriptions",
    metadata,
    Column("token", Text, primary_key=True),
    Column("callback", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("source_id", ForeignKey("sources.id"), nullable=False),
    Column("feed", Words, nullable=False),
    Column("hub_url", Words, nullable=False),
    Column("topic_url", Words, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("verified_at", UtcDateTime),
    Column("lease_until", UtcDateTime),
    Column("failures", Integer, nullable=False),
    Column("last_error", Words, nullable=False),
    Column("pushed_at", UtcDateTime),
    Column("pushes", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("proofs", Integer, nullable=False),
    Index(None, "source_id"),
)

pushes = _numbered(
    "pushes",
    Column("token", ForeignKey("hub_subscriptions.token"), nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("content_type", Words),
    Column("sha256", Text, nullable=False),
    # How many bytes wait to be read; 0 and no body once they have been: the row stays, so that no push counts twice.
    Column("waiting_bytes", Integer, nullable=False),
    Column("body", LargeBinary),
    UniqueConstraint("token", "sha256"),
    Index(None, "waiting_bytes"),
)

robots_files = Table(
    "robots_files",
    metadata,
    Column("site", Words, primary_key=True),
    Column("rules", Words),
    Column("read_at", UtcDateTime),
    Column("expires_at", UtcDateTime, nullable=False),
    Index(None, "expires_at"),
)

# --- articles and their texts -------------------------------------------------------------------------------

articles = _numbered(
    "articles",
    Column("source_id", ForeignKey("sources.id"), nullable=False),
    Column("guid", Words, nullable=False),
    Column("url", Words, nullable=False),
    Column("canonical_url", Words, nullable=False),
    Column("headline", Words, nullable=False),
    Column("author", Words),
    Column("summary", Words, nullable=False),
    Column("text_origin", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("links", Json, nullable=False),
    Column("language", Words),
    Column("image_url", Words),
    Column("published_at", UtcDateTime, nullable=False),
    Column("stated_published", Words),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("withdrawn_at", UtcDateTime),
    # What it is known by, however they are spelled: its canonical address, and the one that it was met at.
    Column("address_key", Words, nullable=False),
    Column("own_key", Words, nullable=False),
    UniqueConstraint("address_key"),
    UniqueConstraint("source_id", "guid"),
    Index(None, "own_key"),
    Index(None, "published_at"),
)

article_headlines = _numbered(
    "article_headlines",
    Column("article_id", ForeignKey("articles.id"), nullable=False),
    Column("headline", Words, nullable=False),
    Column("replaced_at", UtcDateTime, nullable=False),
    Index(None, "article_id"),
)

withdrawals = _numbered(
    "withdrawals",
    Column("article_id", ForeignKey("articles.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("is_back", Boolean, nullable=False),
    Column("reason", Words, nullable=False),
    Index(None, "article_id"),
    Index(None, "at"),
)

readings = Table(
    "readings",
    metadata,
    Column("article_id", ForeignKey("articles.id"), primary_key=True),
    Column("entry_sha256", Text),
    Column("page_failures", Integer, nullable=False),
    Column("page_due_at", UtcDateTime),
    Column("vanished_at", UtcDateTime),
    Index(None, "page_due_at"),
)

texts = Table(
    "texts",
    metadata,
    Column("article_id", ForeignKey("articles.id"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("sha256", Text, nullable=False),
    Column("extractor", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("text", Words),
    Index(None, "created_at"),
)

vectors = Table(
    "vectors",
    metadata,
    Column("backend", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("dimension", Integer, nullable=False),
    Column("created_at", UtcDateTime),
    Column("bytes", LargeBinary, nullable=False),
    PrimaryKeyConstraint("backend", "key"),
    Index(None, "created_at"),
)

background = Table(
    "background",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("articles", Integer, nullable=False),
    Column("seen_in", Json, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)

# --- events, stories, pairings ------------------------------------------------------------------------------

stories = Table(
    "stories",
    metadata,
    Column("id", Text, primary_key=True),
    Column("founding_article_id", ForeignKey("articles.id"), nullable=False),
    Column("title", Words, nullable=False),
    Column("lead_article_id", ForeignKey("articles.id"), nullable=False),
    Column("topic_id", Text),
    Column("topic_reason", Words, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    # Deferred, so that a restore may insert the stories in any order.
    Column("merged_into", ForeignKey("stories.id", deferrable=True, initially="DEFERRED")),
    Column("retired_at", UtcDateTime),
    Column("staff_title", Words),
    Column("summary", Words, nullable=False, server_default=""),
    Column("summary_article_id", ForeignKey("articles.id")),
    Column("staff_summary", Words),
    Index(None, "merged_into"),
)

story_filings = Table(
    "story_filings",
    metadata,
    Column("story_id", ForeignKey("stories.id"), primary_key=True),
    # Null: under "other".
    Column("topic_id", Text),
    Column("example", Words, nullable=False),
    Column("by", Words, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

events = _numbered(
    "events",
    Column("story_id", ForeignKey("stories.id"), nullable=False),
    Index(None, "story_id"),
)

article_events = Table(
    "article_events",
    metadata,
    Column("article_id", ForeignKey("articles.id"), primary_key=True),
    Column("event_id", ForeignKey("events.id"), nullable=False),
    Index(None, "event_id"),
)

story_bindings = _numbered(
    "story_bindings",
    Column("kind", Text, nullable=False),
    Column("a", ForeignKey("articles.id"), nullable=False),
    Column("b", ForeignKey("articles.id"), nullable=False),
    Column("by", Words, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("a", "b"),
    CheckConstraint("a < b", name="ordered"),
)

pairings = _numbered(
    "pairings",
    Column("claim_article_id", ForeignKey("articles.id"), nullable=False),
    Column("claim_revision", Integer, nullable=False),
    Column("claim_start", Integer, nullable=False),
    Column("claim_end", Integer, nullable=False),
    Column("answer_article_id", ForeignKey("articles.id"), nullable=False),
    Column("answer_revision", Integer, nullable=False),
    Column("answer_start", Integer, nullable=False),
    Column("answer_end", Integer, nullable=False),
    Column("claim_text", Words, nullable=False),
    Column("answer_text", Words, nullable=False),
    Column("relation", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("evidence", Json, nullable=False),
    Column("state", Text, nullable=False),
    Column("decided_by", Words),
    Column("decided_at", UtcDateTime),
    Column("kept", Json),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint(
        "claim_article_id",
        "claim_revision",
        "claim_start",
        "claim_end",
        "answer_article_id",
        "answer_revision",
        "answer_start",
        "answer_end",
        name="uq_pairings_spans",
    ),
    Index(None, "answer_article_id"),
)

# --- editions -----------------------------------------------------------------------------------------------

editions = _numbered(
    "editions",
    Column("cadence", Text, nullable=False),
    Column("edition_on", Date, nullable=False),
    Column("state", Text, nullable=False),
    Column("covers_from", UtcDateTime, nullable=False),
    Column("cut_off_at", UtcDateTime, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("publish_at", UtcDateTime),
    Column("approved_by", Words),
    Column("published_at", UtcDateTime),
    Column("published_revision", Integer),
    Column("retracted_at", UtcDateTime),
    Column("retracted_by", Words),
    Column("retracted_reason", Words),
    UniqueConstraint("cadence", "edition_on"),
)

edition_holds = Table(
    "edition_holds",
    metadata,
    Column("edition_id", ForeignKey("editions.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("reason", Words, nullable=False),
)

edition_choices = Table(
    "edition_choices",
    metadata,
    Column("edition_id", ForeignKey("editions.id"), primary_key=True),
    Column("story_id", ForeignKey("stories.id"), primary_key=True),
    Column("is_pinned", Boolean, nullable=False),
    Column("is_hidden", Boolean, nullable=False),
    Column("position", Integer),
    Column("headline", Words),
    Column("note", Words),
    Column("by", Words, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "story_id"),
)

edition_revisions = Table(
    "edition_revisions",
    metadata,
    Column("edition_id", ForeignKey("editions.id"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("content_sha256", Text, nullable=False),
    Column("composed_at", UtcDateTime, nullable=False),
    Column("approved_by", Words),
    Column("approved_at", UtcDateTime),
    Column("published_at", UtcDateTime),
    # What the archive lists, so that a list never reads the documents.
    Column("title_line", Words, nullable=False),
    Column("answered", Integer, nullable=False),
    Column("cards", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Index(None, "published_at"),
)

edition_stories = Table(
    "edition_stories",
    metadata,
    Column("edition_id", Integer, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("story_id", ForeignKey("stories.id"), primary_key=True),
    ForeignKeyConstraint(["edition_id", "revision"], ["edition_revisions.edition_id", "edition_revisions.revision"]),
    Index(None, "story_id"),
)

# --- people -------------------------------------------------------------------------------------------------

staff = Table(
    "staff",
    metadata,
    Column("name", Words, primary_key=True),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("totp_secret", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("disabled_at", UtcDateTime),
)

audit = _numbered(
    "audit",
    Column("at", UtcDateTime, nullable=False),
    Column("by", Words, nullable=False),
    Column("act", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("detail", Words, nullable=False),
    Index(None, "subject"),
)

subscribers = _numbered(
    "subscribers",
    # The one column of the one table where an address stands; everything else holds the id.
    Column("address", Words, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("address"),
)

subscriptions = _numbered(
    "subscriptions",
    Column("subscriber_id", ForeignKey("subscribers.id"), nullable=False),
    Column("medium", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("cadence", Text, nullable=False),
    Column("wants_alerts", Boolean, nullable=False),
    Column("topics", Json, nullable=False),
    Column("region", Words),
    Column("ended_because", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("subscriber_id", "medium"),
    Index(None, "medium", "cadence", "state"),
)

consents = _numbered(
    "consents",
    Column("subscriber_id", ForeignKey("subscribers.id"), nullable=False),
    Column("medium", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("wording", Words, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "subscriber_id"),
)

# --- sending ------------------------------------------------------------------------------------------------

channels = Table(
    "channels",
    metadata,
    # Its name alone: the URL holds secrets and stays in the settings.
    Column("name", Words, primary_key=True),
    Column("first_used_at", UtcDateTime, nullable=False),
)

outbox = _numbered(
    "outbox",
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("recipient_kind", Text, nullable=False),
    Column("recipient_id", Text, nullable=False),
    Column("medium", Text, nullable=False),
    # The same subject and recipient as the ids above, where they are rows that SQL has to join.
    Column("edition_id", ForeignKey("editions.id")),
    Column("subscriber_id", ForeignKey("subscribers.id")),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("claimed_by", Text),
    Column("claimed_until", UtcDateTime),
    Column("intended_at", UtcDateTime),
    Column("last_detail", Words, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint(
        "subject_kind", "subject_id", "recipient_kind", "recipient_id", "medium", name="uq_outbox_message"
    ),
    Index(None, "state", "medium", "due_at", "id"),
    Index(None, "edition_id", "recipient_id"),
    Index(None, "subscriber_id"),
)

deliveries = _numbered(
    "deliveries",
    Column("outbox_id", ForeignKey("outbox.id"), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("result", Text, nullable=False),
    Column("detail", Words, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime, nullable=False),
    Index(None, "outbox_id"),
)

# --- processes ----------------------------------------------------------------------------------------------

jobs = _numbered(
    "jobs",
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("claimed_until", UtcDateTime),
    Column("attempts", Integer, nullable=False),
    Column("payload", Json, nullable=False),
    Column("result", Words, nullable=False),
    Column("finished_at", UtcDateTime),
    UniqueConstraint("kind", "key"),
    Index(None, "state", "due_at", "id"),
)

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until", UtcDateTime, nullable=False),
)

switches = Table(
    "switches",
    metadata,
    Column("name", Text, primary_key=True),
    Column("is_on", Boolean, nullable=False),
    Column("by", Words, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

clock = Table(
    "clock",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("now", UtcDateTime, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)

passes = _numbered(
    "passes",
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("summary", Json, nullable=False),
)
