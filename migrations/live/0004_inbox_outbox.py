"""what comes in from platforms and goes out to them, and conversations that people answer"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _sequence() -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("sequence", kind, autoincrement=True, nullable=False)


def _moment(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _pending(name: str, table: str, columns: list[str]) -> None:
    _index_some(name, table, columns, sa.text("status = 'pending'"))


def _parked(table: str) -> None:
    _index_some(f"ix_{table}_parked", table, ["bot_id", "sequence"], sa.text("status = 'parked'"))


def _index_some(name: str, table: str, columns: list[str], which: sa.TextClause) -> None:
    op.create_index(name, table, columns, sqlite_where=which, postgresql_where=which)


def upgrade() -> None:
    with op.batch_alter_table("conversations") as batch:
        batch.add_column(sa.Column("channel_id", sa.String(40)))
        batch.add_column(sa.Column("address", sa.Text()))
        batch.add_column(_moment("paused_at", nullable=True))
    _inbox()
    _outbox()
    _handover()


def _inbox() -> None:
    op.create_table(
        "inbox",
        _sequence(),
        sa.Column("bot_id", sa.String(40), nullable=False),
        sa.Column("channel_id", sa.String(40), nullable=False),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("conversation", sa.String(200)),
        sa.Column("body", sa.Text()),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(200)),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(40)),
        sa.Column("message_id", sa.String(40)),
        _moment("received_at"),
        sa.PrimaryKeyConstraint("sequence"),
        sa.UniqueConstraint("channel_id", "event"),
        sqlite_autoincrement=True,
    )
    _parked("inbox")
    _pending("ix_inbox_pending", "inbox", ["sequence"])
    _pending("ix_inbox_lanes", "inbox", ["bot_id", "conversation", "sequence"])
    op.create_index("ix_inbox_received", "inbox", ["received_at"])


def _outbox() -> None:
    op.create_table(
        "outbox",
        _sequence(),
        sa.Column("id", sa.String(40), nullable=False, unique=True),
        sa.Column("bot_id", sa.String(40), nullable=False),
        sa.Column("target", sa.String(40), nullable=False),
        sa.Column("conversation", sa.String(200), nullable=False),
        sa.Column("message_id", sa.String(40)),
        sa.Column("address", sa.Text()),
        sa.Column("body", sa.Text()),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(200)),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(40)),
        _moment("created_at"),
        sa.PrimaryKeyConstraint("sequence"),
        sqlite_autoincrement=True,
    )
    _parked("outbox")
    _pending("ix_outbox_pending", "outbox", ["sequence"])
    _pending("ix_outbox_lanes", "outbox", ["bot_id", "target", "conversation", "sequence"])
    op.create_index("ix_outbox_created", "outbox", ["created_at"])


def _handover() -> None:
    op.create_table(
        "agent_messages",
        _sequence(),
        sa.Column("id", sa.String(40), nullable=False, unique=True),
        sa.Column("bot_id", sa.String(40), nullable=False),
        sa.Column("conversation", sa.String(200), nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        _moment("sent_at"),
        sa.Column("idempotency_key", sa.String(200)),
        sa.Column("body_hash", sa.String(71), nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
        sa.UniqueConstraint("bot_id", "conversation", "idempotency_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_agent_messages_conversation", "agent_messages", ["bot_id", "conversation", "sequence"])
    op.create_table(
        "handover_webhooks",
        sa.Column("bot_id", sa.String(40), primary_key=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        _moment("updated_at"),
    )


def downgrade() -> None:
    for table in ("handover_webhooks", "agent_messages", "outbox", "inbox"):
        op.drop_table(table)
    with op.batch_alter_table("conversations") as batch:
        for name in ("paused_at", "address", "channel_id"):
            batch.drop_column(name)
