"""The tables of what comes in from platforms and of what goes out to them."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from shared.text_keys import Spoken

# SQLite counts by itself only in a column that it calls INTEGER.
SEQUENCE = BigInteger().with_variant(Integer, "sqlite")

PENDING = text("status = 'pending'")
"""What still has to be done: few rows of many, hence with indexes of their own."""


PARKED = text("status = 'parked'")


def _pending(name: str, *columns: str) -> Index:
    return Index(name, *columns, sqlite_where=PENDING, postgresql_where=PENDING)


def _parked(name: str) -> Index:
    return Index(name, "bot_id", "sequence", sqlite_where=PARKED, postgresql_where=PARKED)


def inbox_table(metadata: MetaData) -> Table:
    """Events as platforms sent them, kept before they are acknowledged (M1). `conversation` and `body` are what people
    said: gone as soon as an event is dealt with. What stays, for as long as a platform may repeat it, is a hash.
    """
    return Table(
        "inbox",
        metadata,
        Column("sequence", SEQUENCE, primary_key=True, autoincrement=True),
        Column("bot_id", String(40), nullable=False),
        Column("channel_id", String(40), nullable=False),
        Column("event", String(64), nullable=False),
        Column("conversation", String(200)),
        Column("body", Spoken),
        Column("status", String(10), nullable=False),
        Column("reason", String(200)),
        Column("attempts", Integer, nullable=False),
        # The live process that works on it.
        Column("owner", String(40)),
        Column("message_id", String(40)),
        Column("received_at", DateTime(timezone=True), nullable=False),
        UniqueConstraint("channel_id", "event"),
        _pending("ix_inbox_pending", "sequence"),
        _parked("ix_inbox_parked"),
        _pending("ix_inbox_lanes", "bot_id", "conversation", "sequence"),
        Index("ix_inbox_received", "received_at"),
        sqlite_autoincrement=True,
    )


def outbox_table(metadata: MetaData) -> Table:
    """What is to be sent, in order per target and conversation. `target` is a channel, or `handover` for the webhook of
    those who answer instead of the bot. `address` and `body` are gone as soon as it is sent.
    """
    return Table(
        "outbox",
        metadata,
        Column("sequence", SEQUENCE, primary_key=True, autoincrement=True),
        Column("id", String(40), nullable=False, unique=True),
        Column("bot_id", String(40), nullable=False),
        Column("target", String(40), nullable=False),
        Column("conversation", String(200), nullable=False),
        Column("message_id", String(40)),
        Column("address", Text),
        Column("body", Spoken),
        # How many of the requests that it is rendered to the platform has accepted.
        Column("parts", Integer, nullable=False),
        Column("status", String(10), nullable=False),
        Column("reason", String(200)),
        Column("attempts", Integer, nullable=False),
        Column("owner", String(40)),
        Column("created_at", DateTime(timezone=True), nullable=False),
        _pending("ix_outbox_pending", "sequence"),
        _parked("ix_outbox_parked"),
        _pending("ix_outbox_lanes", "bot_id", "target", "conversation", "sequence"),
        Index("ix_outbox_created", "created_at"),
        sqlite_autoincrement=True,
    )


def agent_messages_table(metadata: MetaData) -> Table:
    """What people said in place of the bot."""
    return Table(
        "agent_messages",
        metadata,
        Column("sequence", SEQUENCE, primary_key=True, autoincrement=True),
        Column("id", String(40), nullable=False, unique=True),
        Column("bot_id", String(40), nullable=False),
        Column("conversation", String(200), nullable=False),
        Column("author", String(200), nullable=False),
        Column("reply", Spoken, nullable=False),
        Column("sent_at", DateTime(timezone=True), nullable=False),
        # What makes a repeated request the same message; NULLs are all different.
        Column("idempotency_key", String(200)),
        Column("body_hash", String(71), nullable=False),
        UniqueConstraint("bot_id", "conversation", "idempotency_key"),
        Index("ix_agent_messages_conversation", "bot_id", "conversation", "sequence"),
        sqlite_autoincrement=True,
    )


def handover_webhooks_table(metadata: MetaData) -> Table:
    """Where the people who answer instead of the bot are told of what users say. `secret` is sealed."""
    return Table(
        "handover_webhooks",
        metadata,
        Column("bot_id", String(40), primary_key=True),
        Column("url", Text, nullable=False),
        Column("secret", Text, nullable=False),
        Column("updated_at", DateTime(timezone=True), nullable=False),
    )
