"""figures of a model beside its evaluation, and the outcomes that thresholds are tried on"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("models", sa.Column("accuracy", sa.Float()))
    op.add_column("models", sa.Column("calibration_error", sa.Float()))
    op.add_column("models", sa.Column("expressions", sa.Integer()))
    op.add_column("models", sa.Column("outcomes", sa.LargeBinary()))
    _fill()


def _fill() -> None:
    models = sa.table(
        "models",
        *(
            sa.column(name)
            for name in ("bot_id", "digest", "evaluation", "accuracy", "calibration_error", "expressions")
        ),
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(models.c.bot_id, models.c.digest, models.c.evaluation)).all():
        known = json.loads(row.evaluation)
        figures = {
            "accuracy": known.get("accuracy"),
            "calibration_error": known.get("ece"),
            "expressions": known.get("expressions"),
        }
        here = (models.c.bot_id == row.bot_id) & (models.c.digest == row.digest)
        connection.execute(sa.update(models).where(here).values(**figures))


def downgrade() -> None:
    for name in ("outcomes", "expressions", "calibration_error", "accuracy"):
        op.drop_column("models", name)
