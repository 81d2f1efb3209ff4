"""the request that asked for what a job does"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

JOBS = ("publications", "erasures")


def upgrade() -> None:
    for table in JOBS:
        op.add_column(table, sa.Column("request_id", sa.String(40)))


def downgrade() -> None:
    for table in JOBS:
        op.drop_column(table, "request_id")
