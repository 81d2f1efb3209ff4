"""the key that seals what people say in this database"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SPOKEN = (("plans", "impact"), ("erasures", "subject"))


def upgrade() -> None:
    op.create_table(
        "text_keys",
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Raises when something is sealed: without the keys that go nobody could read it any more."""
    for table, column in SPOKEN:
        sealed = sa.text(f"SELECT 1 FROM {table} WHERE {column} LIKE 'sealed:%' LIMIT 1")
        if op.get_bind().execute(sealed).first():
            raise RuntimeError(f"What people said is sealed in {table}, and what came before this cannot read it.")
    op.drop_table("text_keys")
