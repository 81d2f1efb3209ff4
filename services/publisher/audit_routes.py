"""The audit trail of one bot, newest first."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from services.publisher import history
from services.publisher.bridge import Bridge, Planner
from services.publisher.tables import audit
from shared.audit import entries
from shared.errors import InvalidError
from shared.web.pages import Limit, Page
from shared.web.routing import Router

router = Router(tags=["audit"])


class AuditEntry(BaseModel):
    """`before` and `after` are digests of what live served, where live is what changed."""

    sequence: int
    at: datetime
    action: str
    author: str
    detail: dict[str, Any]
    before: str | None
    after: str | None


@router.get("/v1/bots/{bot}/audit")
def trail(
    bot: str, bridge: Bridge, key: Planner, limit: Limit = 100, cursor: str | None = None, action: str | None = None
) -> Page[AuditEntry]:
    """Publications, refusals, overrides, rollbacks, live edits, restores, pulls, approvals."""
    bot_id = bridge.bot_id(bot, key)
    history.catch_up(bridge.db, bridge.live, "live", bot_id)
    with bridge.db.reading() as connection:
        rows = entries(connection, audit, limit + 1, bot_id, action, _sequence(cursor))
    items = [AuditEntry.model_validate({name: row[name] for name in AuditEntry.model_fields}) for row in rows[:limit]]
    return Page(items=items, next=str(items[-1].sequence) if len(rows) > limit else None)


def _sequence(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 18:
        raise InvalidError("invalid_cursor", "Use the `next` of the page before.")
    return int(cursor)
