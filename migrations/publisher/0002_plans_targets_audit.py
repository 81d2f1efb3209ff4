"""plans, targets, live edits, the audit trail"""

import json

import sqlalchemy as sa
from alembic import op

from shared.audit import append_only_statements

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_RUNNING = sa.text("status IN ('queued', 'running')")


def upgrade() -> None:
    _widen_publications()
    _rebuild_releases()
    op.create_table(
        "plans",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("bot_id", sa.String(40), nullable=False),
        sa.Column("target", sa.String(20), nullable=False),
        sa.Column("mode", sa.String(20), nullable=False),
        sa.Column("flows", sa.Text()),
        sa.Column("languages", sa.Text()),
        sa.Column("to_release", sa.Integer()),
        sa.Column("base_number", sa.Integer()),
        sa.Column("base_digest", sa.String(71)),
        sa.Column("candidate", sa.String(71)),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("drift", sa.Text(), nullable=False),
        sa.Column("conversations_affected", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("author_id", sa.String(40), nullable=False),
        sa.Column("approvals_needed", sa.Integer(), nullable=False),
        sa.Column("approvals", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_plans_bot", "plans", ["bot_id", "created_at"])
    op.create_table(
        "pulled_items",
        sa.Column("bot_id", sa.String(40), primary_key=True),
        sa.Column("item", sa.String(210), primary_key=True),
        sa.Column("value_digest", sa.String(71), primary_key=True),
        sa.Column("pulled_at", sa.DateTime(timezone=True), nullable=False),
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


def _widen_publications() -> None:
    op.drop_index("uq_publications_running", "publications")
    with op.batch_alter_table("publications") as batch:
        batch.add_column(sa.Column("target", sa.String(20), nullable=False, server_default="live"))
        batch.add_column(sa.Column("flows", sa.Text()))
        batch.add_column(sa.Column("to_release", sa.Integer()))
        batch.add_column(sa.Column("plan", sa.String(40)))
        batch.add_column(sa.Column("accept", sa.Text(), nullable=False, server_default="[]"))
    with op.batch_alter_table("publications") as batch:
        batch.alter_column("target", server_default=None)
        batch.alter_column("accept", server_default=None)
    op.create_index(
        "uq_publications_running",
        "publications",
        ["bot_id", "target"],
        unique=True,
        sqlite_where=_RUNNING,
        postgresql_where=_RUNNING,
    )


def _rebuild_releases() -> None:
    """Numbers belong to a target from now on; what is there is live's."""
    op.rename_table("releases", "releases_before")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER INDEX releases_pkey RENAME TO releases_before_pkey")
    op.create_table(
        "releases",
        sa.Column("bot_id", sa.String(40), primary_key=True),
        sa.Column("target", sa.String(20), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("bot_name", sa.String(200), nullable=False),
        sa.Column("digest", sa.String(71), nullable=False),
        sa.Column("origin", sa.String(20), nullable=False),
        sa.Column("publication", sa.String(40)),
        sa.Column("rollback_of", sa.Integer()),
        sa.Column("notes", sa.Text()),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("edits", sa.Text(), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_releases_name", "releases", ["bot_name"])
    _carry_over()
    op.drop_table("releases_before")


def _carry_over() -> None:
    connection = op.get_bind()
    names = {
        row.digest: json.loads(row.document)["bot"]["name"]
        for row in connection.execute(sa.text("SELECT digest, document FROM documents"))
    }
    copied = (
        "INSERT INTO releases SELECT bot_id, 'live', number, :name, digest, origin, publication, rollback_of, notes,"
        " author, '{}', activated_at FROM releases_before WHERE digest = :digest"
    )
    for digest in connection.execute(sa.text("SELECT DISTINCT digest FROM releases_before")).scalars().all():
        connection.execute(sa.text(copied), {"digest": digest, "name": names.get(digest, "")})


def downgrade() -> None:
    raise NotImplementedError("plans and the record of targets cannot be taken back")
