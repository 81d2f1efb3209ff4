"""what was pulled is known with the edits of a release; an edit that was pulled before this is to be pulled again"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("pulled_items")


def downgrade() -> None:
    op.create_table(
        "pulled_items",
        sa.Column("bot_id", sa.String(40), primary_key=True),
        sa.Column("item", sa.String(210), primary_key=True),
        sa.Column("value_digest", sa.String(71), primary_key=True),
        sa.Column("pulled_at", sa.DateTime(timezone=True), nullable=False),
    )
