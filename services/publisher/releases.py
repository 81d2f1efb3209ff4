"""What was live: the record that publications leave behind."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from services.publisher import records
from services.publisher.bridge import Bridge, Planner
from shared.contracts import Release
from shared.errors import NotFoundError
from shared.web.pages import Limit, Page, cut
from shared.web.routing import Router

router = Router(prefix="/v1/bots/{bot}/releases", tags=["releases"])


class ReleaseRow(BaseModel):
    number: int
    digest: str
    origin: str
    notes: str | None
    author: str
    activated_at: datetime
    publication: str | None
    rollback_of: int | None = None


class ReleaseDetail(ReleaseRow):
    release: Release
    provenance: dict[str, Any]


@router.get("")
def list_all(bot: str, bridge: Bridge, key: Planner, limit: Limit = 100, cursor: str | None = None) -> Page[ReleaseRow]:
    """Newest first."""
    bot_id = bridge.bot_id(bot, key)
    with bridge.db.reading() as connection:
        rows = records.release_rows(connection, bot_id)
    items = [ReleaseRow(**{name: row[name] for name in ReleaseRow.model_fields}) for row in rows]
    return cut(items, limit, cursor, key=lambda item: (item.number,), newest_first=True)


@router.get("/{number}")
def show(bot: str, number: int, bridge: Bridge, key: Planner) -> ReleaseDetail:
    bot_id = bridge.bot_id(bot, key)
    with bridge.db.reading() as connection:
        found = [row for row in records.release_rows(connection, bot_id) if row["number"] == number]
        if not found:
            raise NotFoundError("not_found", f"The bot has no release {number}.")
        release, provenance = records.thaw(connection, found[0]["digest"])
    row = {name: found[0][name] for name in ReleaseRow.model_fields}
    return ReleaseDetail(**row, release=release, provenance=provenance)
