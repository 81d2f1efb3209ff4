"""Releases as the publisher brings them and reads them back."""

from datetime import datetime
from typing import Any

from fastapi import Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from services.live_api.floor import Floor, Releaser
from services.live_api.paging import Limit, before
from services.live_api.tables import activations, releases
from shared.contracts import Release
from shared.db import utc
from shared.errors import NotFoundError
from shared.web.pages import Page
from shared.web.routing import Router
from shared.web.strict_json import JsonLimits

router = Router(prefix="/v1/bots/{bot}/releases", tags=["publishing"])

# A whole bot: thousands of flows are many keys.
_LIMITS = JsonLimits(depth=64, keys=5_000_000)


class StageRequest(BaseModel):
    """`provenance` is kept beside the release and not hashed into it (P10)."""

    model_config = ConfigDict(extra="forbid")

    release: Release
    provenance: dict[str, Any] = {}


class Activated(BaseModel):
    number: int
    digest: str
    origin: str
    rollback_of: int | None
    publication: str | None
    notes: str | None
    author: str | None
    activated_at: datetime


_DOCUMENT = {"required": True, "content": {"application/json": {"schema": StageRequest.model_json_schema()}}}


@router.get("/log")
def log(bot: str, floor: Floor, key: Releaser, limit: Limit = 100, cursor: str | None = None) -> Page[Activated]:
    """Every activation of the bot, newest first."""
    here = activations.c.bot_id == floor.bot_id(bot, key)
    query = select(activations).where(here, *before(activations.c.number, cursor))
    with floor.db.reading() as connection:
        rows = connection.execute(query.order_by(activations.c.number.desc()).limit(limit + 1)).mappings().all()
    items = [Activated(**{**row, "activated_at": utc(row["activated_at"])}) for row in rows[:limit]]
    return Page(items=items, next=str(items[-1].number) if len(rows) > limit else None)


@router.get("/{digest}")
def show(bot: str, digest: str, floor: Floor, key: Releaser) -> Release:
    """The document as it was staged, byte for byte."""
    here = releases.c.bot_id == floor.bot_id(bot, key), releases.c.digest == digest
    with floor.db.reading() as connection:
        document = connection.execute(select(releases.c.document).where(*here)).scalar()
    if document is None:
        raise NotFoundError("release_not_found", f"No release {digest} of this bot is kept here.")
    return Response(document, media_type="application/json")
