"""bots that were taken off keep their place in the numbering"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("active", sa.Column("serving", sa.Boolean(), nullable=False, server_default=sa.true()))


def downgrade() -> None:
    """What was taken off is served again: the version before knows nothing else."""
    with op.batch_alter_table("active") as batch:
        batch.drop_column("serving")
