"""What was given up on, for people to see and to have tried again (M7)."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.concurrency import run_in_threadpool

from services.live_api.floor import Editor, Floor, FloorParts, Reader
from services.live_api.paging import Limit, moment_cursor
from services.live_api.parked import What, parked, replay
from services.live_api.tables import audit
from shared.audit import Entry, note
from shared.web.pages import Page
from shared.web.routing import Router

router = Router(prefix="/v1/bots/{bot}/parked", tags=["channels"])

_Id = Annotated[str, Field(min_length=1, max_length=60)]


class ParkedItem(BaseModel):
    """`what` says whether a user's event was not answered, or a reply not sent; `reason` is a code."""

    id: str
    what: What
    channel: str
    conversation: str | None
    text: str
    reason: str | None
    attempts: int
    at: datetime


class Replay(BaseModel):
    """Either the `ids`, or `all` of them."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"all": True}]})

    ids: Annotated[list[_Id], Field(min_length=1, max_length=500)] | None = None
    all: bool = False

    @model_validator(mode="after")
    def _one_of_both(self) -> "Replay":
        if (self.ids is None) == (not self.all):
            raise ValueError("give either ids or all")
        return self


class Replayed(BaseModel):
    """The ids of those that were parked, and are tried again now."""

    replayed: list[str]


@router.get("", summary="List parked messages")
def list_all(bot: str, floor: Floor, key: Reader, limit: Limit = 100, cursor: str | None = None) -> Page[ParkedItem]:
    """Newest first."""
    with floor.db.reading() as connection:
        found = parked(connection, floor.bot_id(bot, key), cursor, limit + 1)
    items = [ParkedItem.model_validate(one, from_attributes=True) for one in found[:limit]]
    more = len(found) > limit
    return Page(items=items, next=moment_cursor(items[-1].at, items[-1].id) if more else None)


@router.post("/replay", summary="Try parked messages again")
async def try_again(bot: str, body: Replay, floor: Floor, key: Editor) -> Replayed:
    """Each goes through as if it had just arrived, in its old place. What is not parked stays as it is."""
    done = await run_in_threadpool(_replay, floor, floor.bot_id(bot, key), key.name, body.ids)
    floor.delivery.wake()
    return Replayed(replayed=done)


def _replay(floor: FloorParts, bot: str, author: str, ids: list[str] | None) -> list[str]:
    with floor.db.writing() as connection:
        done = replay(connection, bot, ids)
        note(connection, audit, Entry("parked_replayed", author, bot, {"ids": done}))
    return done
