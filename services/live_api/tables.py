"""The live database. Documents are canonical JSON text, so that their digests stay exact."""

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
    UniqueConstraint,
    true,
)

from services.live_api.delivery_tables import (
    SEQUENCE,
    agent_messages_table,
    handover_webhooks_table,
    inbox_table,
    outbox_table,
)
from shared.audit import audit_table
from shared.sealed import SealedColumn, secrets_table
from shared.text_keys import Spoken, text_keys_table
from shared.web.keys import keys_table

metadata = MetaData()

releases = Table(
    "releases",
    metadata,
    Column("bot_id", String(40), primary_key=True),
    Column("digest", String(71), primary_key=True),
    Column("document", Text, nullable=False),
    Column("provenance", Text, nullable=False),
    # The digests of every artifact that the document names: sweeping reads no documents.
    Column("artifacts", Text, nullable=False),
    Column("staged_at", DateTime(timezone=True), nullable=False),
)

# What the publisher wants kept beside what live keeps by itself: the candidates of its plans.
kept = Table(
    "kept",
    metadata,
    Column("bot_id", String(40), primary_key=True),
    Column("digest", String(71), primary_key=True),
)

# What belongs to this environment alone (E4), perhaps before the first publication. No row: the defaults.
environments = Table(
    "environments",
    metadata,
    Column("bot_id", String(40), primary_key=True),
    Column("enabled", Boolean, nullable=False),
    Column("retention_days", Integer, nullable=False),
    Column("env", Text, nullable=False),
)

# One row a bot: the pointer that a publication moves.
active = Table(
    "active",
    metadata,
    Column("bot_id", String(40), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("number", Integer, nullable=False),
    Column("digest", String(71), nullable=False),
    Column("previous_digest", String(71)),
    Column("origin", String(20), nullable=False),
    Column("activated_at", DateTime(timezone=True), nullable=False),
    # Counts every change of a bot or its environment, over all bots: a process that follows asks for what is newer.
    Column("epoch", BigInteger, nullable=False, unique=True),
    # False when the bot was taken off: the row keeps the place in the numbering.
    Column("serving", Boolean, nullable=False, server_default=true()),
    # The epoch since which it is served under this name: of two bots with one, the later is meant.
    Column("named_epoch", BigInteger, nullable=False, server_default="0"),
)

activations = Table(
    "activations",
    metadata,
    Column("bot_id", String(40), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("digest", String(71), nullable=False),
    Column("origin", String(20), nullable=False),
    Column("rollback_of", Integer),
    Column("publication", String(80)),
    Column("notes", Text),
    Column("author", String(200)),
    Column("activated_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("bot_id", "publication"),
)

conversations = Table(
    "conversations",
    metadata,
    Column("bot_id", String(40), primary_key=True),
    Column("id", String(200), primary_key=True),
    Column("state", Spoken, nullable=False),
    # Moves with every message: two processes cannot both write the next one.
    Column("version", Integer, nullable=False),
    Column("release_number", Integer, nullable=False),
    Column("release_digest", String(71), nullable=False),
    Column("user_id", String(200)),
    Column("language", String(35), nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("last_at", DateTime(timezone=True), nullable=False),
    # Where answers go, in the platform's own terms. NULL for the REST channel, which answers in the request.
    Column("channel_id", String(40)),
    Column("address", Text),
    # Since when people answer instead of the bot.
    Column("paused_at", DateTime(timezone=True)),
    Index("ix_conversations_last", "bot_id", "last_at"),
    Index("ix_conversations_user", "bot_id", "user_id"),
)

messages = Table(
    "messages",
    metadata,
    Column("sequence", SEQUENCE, primary_key=True, autoincrement=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("bot_id", String(40), nullable=False),
    Column("conversation", String(200), nullable=False),
    Column("user_id", String(200)),
    Column("text", Spoken, nullable=False),
    Column("language", String(35), nullable=False),
    Column("understood", Boolean, nullable=False),
    Column("reason", String(40)),
    Column("intent_id", String(80)),
    Column("intent_name", String(200)),
    Column("confidence", Float),
    Column("scope", Float),
    Column("exact", Boolean, nullable=False),
    Column("replies", Spoken, nullable=False),
    Column("unmasked", Spoken),
    Column("block", String(200)),
    Column("release_number", Integer, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    # What makes a repeated delivery the same message (M3); NULLs are all different.
    Column("idempotency_key", String(200)),
    Column("body_hash", String(71), nullable=False),
    UniqueConstraint("bot_id", "conversation", "idempotency_key"),
    Index("ix_messages_feed", "bot_id", "sequence"),
    Index("ix_messages_conversation", "bot_id", "conversation", "sequence"),
    Index("ix_messages_user", "bot_id", "user_id"),
    Index("ix_messages_received", "bot_id", "received_at"),
    sqlite_autoincrement=True,
)

# Ways in and out (E4: this environment's own). Each column of secrets is one sealed document, empty for none.
channels = Table(
    "channels",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("bot_id", String(40), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("name", String(200), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("config", Text, nullable=False),
    Column("secrets", Text, nullable=False),
    # Those that were replaced and are still taken for proof, until then.
    Column("previous_secrets", Text, nullable=False),
    Column("previous_until", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Index("ix_channels_bot", "bot_id", "name"),
)

inbox = inbox_table(metadata)
outbox = outbox_table(metadata)
agent_messages = agent_messages_table(metadata)
handover_webhooks = handover_webhooks_table(metadata)

# Where words of people lie.
HOLDING_TEXT = ("conversations", "messages", "inbox", "outbox", "agent_messages")

live_processes = Table(
    "live_processes",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Column("settled_at", DateTime(timezone=True)),
)

text_keys = text_keys_table(metadata)
secrets = secrets_table(metadata, Column("bot_id", String(40), primary_key=True))
# Every column whose texts are sealed: they are sealed anew when the key changes.
SEALED = (
    SealedColumn(secrets, "sealed"),
    SealedColumn(channels, "secrets"),
    SealedColumn(channels, "previous_secrets"),
    SealedColumn(handover_webhooks, "secret"),
    SealedColumn(text_keys, "sealed"),
)

keys = keys_table(metadata)
audit = audit_table(metadata)
