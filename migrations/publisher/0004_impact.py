"""what a plan would mean to those who wrote lately"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("plans", sa.Column("impact", sa.Text(), nullable=False, server_default='{"status":"skipped"}'))


def downgrade() -> None:
    op.drop_column("plans", "impact")
