"""The audit trail of one service, for admins: newest first."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Table

from shared.audit import entries
from shared.db import Database
from shared.errors import InvalidError
from shared.web.keys import Principal
from shared.web.pages import Limit, Page
from shared.web.routing import Router, requires


class AuditEntry(BaseModel):
    """`before` and `after` are digests of what changed."""

    sequence: int
    at: datetime
    bot: str | None
    action: str
    author: str
    detail: dict[str, Any]
    before: str | None
    after: str | None
    request_id: str | None


def audit_router(db: Database, table: Table) -> Router:
    router = Router(tags=["audit"])

    @router.get("/v1/audit", summary="List who did what")
    def trail(
        limit: Limit = 100,
        cursor: str | None = None,
        bot: str | None = None,
        action: str | None = None,
        _key: Principal = requires("admin"),
    ) -> Page[AuditEntry]:
        return audit_page(db, table, limit, cursor, bot, action)

    return router


def audit_page(
    db: Database, table: Table, limit: int, cursor: str | None, bot: str | None, action: str | None
) -> Page[AuditEntry]:
    """`bot` is an id."""
    with db.reading() as connection:
        rows = entries(connection, table, limit + 1, bot, action, _sequence(cursor))
    items = [AuditEntry.model_validate({**row, "bot": row["bot_id"]}) for row in rows[:limit]]
    return Page(items=items, next=str(items[-1].sequence) if len(rows) > limit else None)


def _sequence(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 18:
        raise InvalidError("invalid_cursor", "Use the `next` of the page before.")
    return int(cursor)
