"""the inbox knows who said what, what became of it, and for how long it keeps it"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("bots", sa.Column("retention_days", sa.Integer(), nullable=False, server_default="90"))
    op.add_column("inbox", sa.Column("accepted_expression", sa.String(40)))
    op.add_column("inbox_messages", sa.Column("user_id", sa.String(200)))
    op.add_column("inbox_messages", sa.Column("conversation", sa.String(200)))
    op.create_index("ix_inbox_messages_user", "inbox_messages", ["bot_id", "user_id"])
    op.create_index("ix_inbox_messages_conversation", "inbox_messages", ["bot_id", "conversation"])
    op.create_index("ix_inbox_messages_row", "inbox_messages", ["row"])


def downgrade() -> None:
    for name in ("row", "conversation", "user"):
        op.drop_index(f"ix_inbox_messages_{name}", "inbox_messages")
    with op.batch_alter_table("inbox_messages") as batch:
        batch.drop_column("conversation")
        batch.drop_column("user_id")
    with op.batch_alter_table("inbox") as batch:
        batch.drop_column("accepted_expression")
    with op.batch_alter_table("bots") as batch:
        batch.drop_column("retention_days")
