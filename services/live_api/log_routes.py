"""The log of activations: what was live when, and what it replaced."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel
from sqlalchemy import Select, and_, select

from services.live_api.floor import Floor, Releaser
from services.live_api.paging import Limit, after_number, before
from services.live_api.tables import activations
from shared.db import utc
from shared.web.pages import Page
from shared.web.routing import Router

router = Router(prefix="/v1/bots/{bot}/releases/log", tags=["publishing"])

After = Annotated[int | None, Query(ge=0, le=2**31 - 1)]


class Activated(BaseModel):
    """`previous_digest` is the release that it replaced; null for the first."""

    number: int
    digest: str
    previous_digest: str | None
    origin: str
    rollback_of: int | None
    publication: str | None
    notes: str | None
    author: str | None
    activated_at: datetime


@router.get("", summary="List what was served")
def log(
    bot: str, floor: Floor, key: Releaser, after: After = None, limit: Limit = 100, cursor: str | None = None
) -> Page[Activated]:
    """Every activation of the bot, newest first; with `after`, those with a higher number, oldest first.

    A bot that was not published yet has none, and is known by its id alone.
    """
    bot_id = floor.settable(bot, key)
    query = _newest_first(bot_id, cursor) if after is None else _oldest_first(bot_id, after, cursor)
    with floor.db.reading() as connection:
        rows = connection.execute(query.limit(limit + 1)).mappings().all()
    items = [Activated.model_validate({**row, "activated_at": utc(row["activated_at"])}) for row in rows[:limit]]
    return Page(items=items, next=str(items[-1].number) if len(rows) > limit else None)


def _newest_first(bot: str, cursor: str | None) -> Select[Any]:
    return _entries(bot).where(*before(activations.c.number, cursor)).order_by(activations.c.number.desc())


def _oldest_first(bot: str, after: int, cursor: str | None) -> Select[Any]:
    newer = activations.c.number > after, *after_number(activations.c.number, cursor)
    return _entries(bot).where(*newer).order_by(activations.c.number)


def _entries(bot: str) -> Select[Any]:
    """Numbers have no gaps: what an activation replaced is the one before it."""
    replaced = activations.alias()
    link = and_(replaced.c.bot_id == activations.c.bot_id, replaced.c.number == activations.c.number - 1)
    joined = activations.join(replaced, link, isouter=True)
    columns = activations, replaced.c.digest.label("previous_digest")
    return select(*columns).select_from(joined).where(activations.c.bot_id == bot)
