"""messages are found by who said them and when, conversations by whose they are"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_conversations_user", "conversations", ["bot_id", "user_id"])
    op.create_index("ix_messages_user", "messages", ["bot_id", "user_id"])
    op.create_index("ix_messages_received", "messages", ["bot_id", "received_at"])


def downgrade() -> None:
    op.drop_index("ix_messages_received", "messages")
    op.drop_index("ix_messages_user", "messages")
    op.drop_index("ix_conversations_user", "conversations")
