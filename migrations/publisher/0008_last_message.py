"""the last message that came home is known by its id as well: after a restored backup live counts anew"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("inbox_schedules", sa.Column("after_id", sa.String(80)))


def downgrade() -> None:
    op.drop_column("inbox_schedules", "after_id")
