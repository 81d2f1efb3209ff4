"""The audit trail: who changed what, when, from which digest to which. Rows are added and never changed (A6)."""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    insert,
    select,
)

from shared.db import utc

TABLE = "audit"

REQUEST: ContextVar[str | None] = ContextVar("request", default=None)
"""The id of the request that is being answered: what is changed meanwhile is changed for it."""


@dataclass(frozen=True)
class Entry:
    """`action` is a past participle, `published` say; `before` and `after` are digests of what changed. A job, which
    outlives the request that asked for it, gives `request_id` itself.
    """

    action: str
    author: str
    bot: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict[str, Any])
    before: str | None = None
    after: str | None = None
    request_id: str | None = field(default_factory=REQUEST.get)


def audit_table(metadata: MetaData) -> Table:
    return Table(
        TABLE,
        metadata,
        # SQLite counts by itself only in a column that it calls INTEGER.
        Column("sequence", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
        Column("at", DateTime(timezone=True), nullable=False),
        Column("bot_id", String(40)),
        Column("action", String(40), nullable=False),
        Column("author", String(200), nullable=False),
        Column("detail", Text, nullable=False),
        Column("before", String(71)),
        Column("after", String(71)),
        Column("request_id", String(40)),
        Index("ix_audit_bot", "bot_id", "sequence"),
        sqlite_autoincrement=True,
    )


def note(connection: Connection, table: Table, entry: Entry) -> None:
    """In the transaction of the change itself: neither is there without the other."""
    connection.execute(
        insert(table).values(
            at=datetime.now(UTC),
            bot_id=entry.bot,
            action=entry.action,
            author=entry.author,
            detail=orjson.dumps(entry.detail).decode(),
            before=entry.before,
            after=entry.after,
            request_id=entry.request_id,
        )
    )


def entries(
    connection: Connection,
    table: Table,
    limit: int,
    bot: str | None = None,
    action: str | None = None,
    before: int | None = None,
) -> list[dict[str, Any]]:
    """Newest first; `before` is the sequence that the page before ended with."""
    query = select(table).order_by(table.c.sequence.desc()).limit(limit)
    for column, value in ((table.c.bot_id, bot), (table.c.action, action)):
        query = query if value is None else query.where(column == value)
    if before is not None:
        query = query.where(table.c.sequence < before)
    rows = connection.execute(query).mappings()
    return [{**row, "at": utc(row["at"]), "detail": orjson.loads(row["detail"])} for row in rows]


def append_only_statements(dialect: str) -> Sequence[str]:
    """What makes the database itself refuse to change or delete a row. For migrations."""
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {TABLE}_no_{verb.lower()} BEFORE {verb} ON {TABLE} "
            f"BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
            for verb in ("UPDATE", "DELETE")
        ]
    return [
        f"CREATE FUNCTION {TABLE}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$",
        f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {TABLE} "
        f"EXECUTE FUNCTION {TABLE}_append_only()",
    ]
