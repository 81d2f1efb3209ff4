"""environments before the first publication, what is kept, the audit trail"""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.audit import append_only_statements

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_OWN = ("enabled", "retention_days", "env")


def upgrade() -> None:
    _split_environments()
    _name_artifacts()
    op.create_table(
        "kept",
        sa.Column("bot_id", sa.String(40), primary_key=True),
        sa.Column("digest", sa.String(71), primary_key=True),
    )
    op.create_table(
        "audit",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bot_id", sa.String(40)),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("before", sa.String(71)),
        sa.Column("after", sa.String(71)),
        sa.Column("request_id", sa.String(40)),
        sa.PrimaryKeyConstraint("sequence"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_bot", "audit", ["bot_id", "sequence"])
    for statement in append_only_statements(op.get_bind().dialect.name):
        op.execute(statement)


def _split_environments() -> None:
    op.create_table(
        "environments",
        sa.Column("bot_id", sa.String(40), primary_key=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("retention_days", sa.Integer(), nullable=False),
        sa.Column("env", sa.Text(), nullable=False),
    )
    columns = ", ".join(("bot_id", *_OWN))
    op.execute(f"INSERT INTO environments ({columns}) SELECT {columns} FROM active")
    with op.batch_alter_table("active") as batch:
        for column in _OWN:
            batch.drop_column(column)


def _name_artifacts() -> None:
    """Each document is read this once, and written nowhere: its digest is its name."""
    with op.batch_alter_table("releases") as batch:
        batch.add_column(sa.Column("artifacts", sa.Text(), nullable=False, server_default="[]"))
    with op.batch_alter_table("releases") as batch:
        batch.alter_column("artifacts", server_default=None)
    connection = op.get_bind()
    write = sa.text("UPDATE releases SET artifacts = :artifacts WHERE bot_id = :bot_id AND digest = :digest")
    read = sa.text("SELECT document FROM releases WHERE bot_id = :bot_id AND digest = :digest")
    for row in connection.execute(sa.text("SELECT bot_id, digest FROM releases")).all():
        here = {"bot_id": row.bot_id, "digest": row.digest}
        document = json.loads(connection.execute(read, here).scalar_one())
        connection.execute(write, {**here, "artifacts": json.dumps(_artifacts(document))})


def _artifacts(document: dict[str, Any]) -> list[str]:
    models = document["models"].values()
    parts = [part for model in models for part in (model, model["encoder"]) if part]
    return sorted({file["digest"] for part in parts for file in part["files"]})


def downgrade() -> None:
    op.drop_table("audit")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_append_only()")
    op.drop_table("kept")
    with op.batch_alter_table("releases") as batch:
        batch.drop_column("artifacts")
    _join_environments()


def _join_environments() -> None:
    defaults = {"enabled": sa.true(), "retention_days": sa.text("90"), "env": sa.text("'{}'")}
    kinds = {"enabled": sa.Boolean(), "retention_days": sa.Integer(), "env": sa.Text()}
    with op.batch_alter_table("active") as batch:
        for name in _OWN:
            batch.add_column(sa.Column(name, kinds[name], nullable=False, server_default=defaults[name]))
    for name in _OWN:
        op.execute(
            f"UPDATE active SET {name} = (SELECT e.{name} FROM environments e WHERE e.bot_id = active.bot_id)"
            " WHERE bot_id IN (SELECT bot_id FROM environments)"
        )
    with op.batch_alter_table("active") as batch:
        for name in _OWN:
            batch.alter_column(name, server_default=None)
    op.drop_table("environments")
