"""The draft database. Rows are small and plain; documents are canonical JSON text."""

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from shared.audit import audit_table
from shared.sealed import SealedColumn, secrets_table
from shared.text_keys import Spoken, text_keys_table
from shared.web.idempotency import idempotency_table
from shared.web.keys import keys_table

metadata = MetaData()


def _bot() -> Column[str]:
    return Column("bot_id", String(40), ForeignKey("bots.id", ondelete="CASCADE"), primary_key=True)


bots = Table(
    "bots",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("languages", Text, nullable=False),
    Column("settings", Text, nullable=False),
    # Values of this environment (E4): never published.
    Column("env", Text, nullable=False, server_default="{}"),
    # How long the inbox keeps what was said.
    Column("retention_days", Integer, nullable=False, server_default="90"),
    # `revision` moves with every change; `nlp_revision` only with what training reads.
    Column("revision", Integer, nullable=False, default=1),
    Column("nlp_revision", Integer, nullable=False, default=1),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
)

intents = Table(
    "intents",
    metadata,
    _bot(),
    Column("id", String(80), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("bot_id", "name"),
)

expressions = Table(
    "expressions",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("bot_id", String(40), nullable=False),
    Column("intent_id", String(80), nullable=False),
    Column("language", String(35), nullable=False),
    Column("text", Text, nullable=False),
    # SHA-256 of the normal form (T4): one expression per bot, language and normal form.
    Column("normal", String(64), nullable=False),
    ForeignKeyConstraint(["bot_id", "intent_id"], ["intents.bot_id", "intents.id"], ondelete="CASCADE"),
    UniqueConstraint("bot_id", "language", "normal"),
    Index("ix_expressions_intent", "bot_id", "intent_id"),
)

flows = Table(
    "flows",
    metadata,
    _bot(),
    Column("id", String(200), primary_key=True),
    Column("document", Text, nullable=False),
)

entities = Table(
    "entities",
    metadata,
    _bot(),
    Column("name", String(200), primary_key=True),
    Column("document", Text, nullable=False),
)

variables = Table(
    "variables",
    metadata,
    _bot(),
    Column("name", String(200), primary_key=True),
    Column("document", Text, nullable=False),
)

# Regression cases (P16): they stay in draft, and go to live for the moment of a publication.
cases = Table(
    "cases",
    metadata,
    _bot(),
    Column("name", String(200), primary_key=True),
    Column("document", Text, nullable=False),
)

trainings = Table(
    "trainings",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("bot_id", String(40), ForeignKey("bots.id", ondelete="CASCADE"), nullable=False),
    Column("languages", Text, nullable=False),
    Column("status", String(20), nullable=False),
    Column("step", String(80)),
    Column("percent", Float, nullable=False, default=0.0),
    Column("models", Text, nullable=False, default="{}"),
    Column("error", Text),
    Column("cancel_requested", Boolean, nullable=False, default=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("started_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    # T1: one at a time; the database says so, not a check that races.
    Index(
        "uq_trainings_running",
        "bot_id",
        unique=True,
        sqlite_where=text("status IN ('queued', 'running')"),
        postgresql_where=text("status IN ('queued', 'running')"),
    ),
)

models = Table(
    "models",
    metadata,
    _bot(),
    Column("digest", String(71), primary_key=True),
    Column("language", String(35), nullable=False),
    Column("manifest", Text, nullable=False),
    Column("evaluation", Text, nullable=False),
    # Of the evaluation, so that a list need not read each whole.
    Column("accuracy", Float),
    Column("calibration_error", Float),
    Column("expressions", Integer),
    # What the model made of expressions that it had not seen, a record each: thresholds are tried on these.
    Column("outcomes", LargeBinary),
    # The expressions it was trained on, as an artifact in draft's own store: they never leave draft.
    Column("nlp_source", String(71), nullable=False),
    Column("intent_names", Text, nullable=False),
    Column("trained_at", DateTime(timezone=True), nullable=False),
)

trained_languages = Table(
    "trained_languages",
    metadata,
    _bot(),
    Column("language", String(35), primary_key=True),
    Column("outcome", String(20), nullable=False),
    Column("model", String(71)),
    Column("error", Text),
    Column("ended_at", DateTime(timezone=True), nullable=False),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("bot_id", String(40), ForeignKey("bots.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("reason", String(200), nullable=False),
    Column("bundle", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

emulator_conversations = Table(
    "emulator_conversations",
    metadata,
    _bot(),
    Column("id", String(80), primary_key=True),
    Column("state", Spoken, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("bot_id", String(40), ForeignKey("bots.id", ondelete="CASCADE"), nullable=False),
    Column("language", String(35), nullable=False),
    Column("text", Spoken, nullable=False),
    # What stands for the normal form (T4): its SHA-256 under the text key, or as it is without one.
    Column("normal", String(64), nullable=False),
    Column("status", String(20), nullable=False),
    Column("count", Integer, nullable=False),
    Column("intent_then", String(80)),
    Column("confidence_then", Float),
    Column("scope_then", Float),
    Column("understood_then", Boolean, nullable=False),
    Column("release", Integer, nullable=False),
    Column("accepted_intent", String(80)),
    Column("accepted_expression", String(40)),
    Column("first_at", DateTime(timezone=True), nullable=False),
    Column("last_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("bot_id", "language", "normal"),
)

# Every live message that has come home, by its id, so that a message delivered again counts once (F4). Who said it is
# there for as long as what was said.
inbox_messages = Table(
    "inbox_messages",
    metadata,
    _bot(),
    Column("message_id", String(80), primary_key=True),
    Column("row", String(40), nullable=True),
    Column("user_id", String(200)),
    Column("conversation", String(200)),
    Index("ix_inbox_messages_user", "bot_id", "user_id"),
    Index("ix_inbox_messages_conversation", "bot_id", "conversation"),
    Index("ix_inbox_messages_row", "row"),
)

# Where words of people lie.
HOLDING_TEXT = ("inbox", "inbox_messages", "emulator_conversations", "idempotency")

text_keys = text_keys_table(metadata)
secrets = secrets_table(metadata, _bot())
# Every column whose texts are sealed: they are sealed anew when the key changes.
SEALED = (SealedColumn(secrets, "sealed"), SealedColumn(text_keys, "sealed"))

keys = keys_table(metadata)
audit = audit_table(metadata)
idempotency = idempotency_table(metadata)


def emulator_scope(bot_id: str) -> str:
    """Under which answers of the emulator are kept for those who ask again."""
    return f"emulator {bot_id}"
