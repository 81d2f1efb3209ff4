"""The publisher's database: the record of publications and releases, and where the inbox stands."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)

from shared.audit import audit_table
from shared.sealed import SealedColumn
from shared.text_keys import Spoken, text_keys_table
from shared.web.idempotency import idempotency_table
from shared.web.keys import keys_table

metadata = MetaData()

# Frozen candidates and published releases, by digest: canonical JSON, never changed.
documents = Table(
    "documents",
    metadata,
    Column("digest", String(71), primary_key=True),
    Column("document", Text, nullable=False),
    Column("provenance", Text, nullable=False),
)

publications = Table(
    "publications",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("bot_id", String(40), nullable=False),
    Column("target", String(20), nullable=False),
    # The wish: what the publication was asked to carry.
    Column("mode", String(20), nullable=False),
    Column("flows", Text),
    Column("languages", Text),
    Column("to_release", Integer),
    Column("plan", String(40)),
    Column("accept", Text, nullable=False),
    Column("train", Boolean, nullable=False),
    Column("notes", Text),
    Column("author", String(200), nullable=False),
    Column("status", String(20), nullable=False),
    Column("step", String(20)),
    Column("percent", Float, nullable=False),
    Column("candidate", String(71)),
    Column("base_digest", String(71)),
    Column("release", Integer),
    Column("release_digest", String(71)),
    Column("findings", Text, nullable=False),
    Column("proof", Text),
    Column("draft_moved", Boolean, nullable=False),
    Column("error", Text),
    Column("cancel_requested", Boolean, nullable=False),
    Column("request_id", String(40)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("started_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Index("ix_publications_bot", "bot_id", "created_at"),
    # P11: one at a time; the database says so, not a check that races.
    Index(
        "uq_publications_running",
        "bot_id",
        "target",
        unique=True,
        sqlite_where=text("status IN ('queued', 'running')"),
        postgresql_where=text("status IN ('queued', 'running')"),
    ),
)

# What each target served, as its own log tells it. `edits` are the live edits that stand in it: JSON by item.
releases = Table(
    "releases",
    metadata,
    Column("bot_id", String(40), primary_key=True),
    Column("target", String(20), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("bot_name", String(200), nullable=False),
    Column("digest", String(71), nullable=False),
    Column("origin", String(20), nullable=False),
    Column("publication", String(40)),
    Column("rollback_of", Integer),
    Column("notes", Text),
    Column("author", String(200), nullable=False),
    Column("edits", Text, nullable=False),
    Column("activated_at", DateTime(timezone=True), nullable=False),
    Index("ix_releases_name", "bot_name"),
)

plans = Table(
    "plans",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("bot_id", String(40), nullable=False),
    Column("target", String(20), nullable=False),
    Column("mode", String(20), nullable=False),
    Column("flows", Text),
    Column("languages", Text),
    Column("to_release", Integer),
    Column("base_number", Integer),
    Column("base_digest", String(71)),
    Column("candidate", String(71)),
    Column("changes", Text, nullable=False),
    Column("findings", Text, nullable=False),
    Column("drift", Text, nullable=False),
    Column("conversations_affected", Integer, nullable=False),
    Column("author", String(200), nullable=False),
    Column("author_id", String(40), nullable=False),
    Column("approvals_needed", Integer, nullable=False),
    Column("approvals", Text, nullable=False),
    # Among it, as examples, what users said.
    Column("impact", Spoken, nullable=False, server_default='{"status":"skipped"}'),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Index("ix_plans_bot", "bot_id", "created_at"),
)

inbox_syncs = Table(
    "inbox_syncs",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("bot_id", String(40), nullable=False),
    Column("status", String(20), nullable=False),
    Column("moved", Integer, nullable=False),
    Column("error", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Index("ix_inbox_syncs_bot", "bot_id", "created_at"),
)

inbox_schedules = Table(
    "inbox_schedules",
    metadata,
    Column("bot_id", String(40), primary_key=True),
    Column("enabled", Boolean, nullable=False),
    Column("every_minutes", Integer, nullable=False),
    Column("next_at", DateTime(timezone=True), nullable=False),
    # The last message of live's feed that draft has confirmed.
    Column("after", BigInteger, nullable=False),
    # Its id: a live that was restored from a backup gives the same number to another one.
    Column("after_id", String(80)),
)

# A person whose data is erased everywhere. `subject` says who, and is gone when that is done.
erasures = Table(
    "erasures",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("bot_id", String(40), nullable=False),
    Column("status", String(20), nullable=False),
    Column("step", String(20), nullable=False),
    Column("subject", Spoken),
    Column("report", Text),
    Column("author", String(200), nullable=False),
    Column("request_id", String(40)),
    Column("error", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Index("ix_erasures_bot", "bot_id", "created_at"),
)
HOLDING_SUBJECTS = ("erasures", "plans")

text_keys = text_keys_table(metadata)
# Every column whose texts are sealed: they are sealed anew when the key changes.
SEALED = (SealedColumn(text_keys, "sealed"),)

keys = keys_table(metadata)
audit = audit_table(metadata)
idempotency = idempotency_table(metadata)
