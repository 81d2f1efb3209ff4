"""which of two bots of one name is meant by it"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Until now the one that changed last."""
    op.add_column("active", sa.Column("named_epoch", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute(sa.text("UPDATE active SET named_epoch = epoch"))


def downgrade() -> None:
    with op.batch_alter_table("active") as batch:
        batch.drop_column("named_epoch")
