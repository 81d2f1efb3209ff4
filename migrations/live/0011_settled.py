"""since when a live process has nothing in hand any more"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of a process of an older version nothing is known."""
    op.add_column("live_processes", sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("live_processes") as batch:
        batch.drop_column("settled_at")
