"""What the publisher carries home to draft's inbox: what users said, in order, each once."""

from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel
from sqlalchemy import RowMapping, Select, func, select

from services.live_api.feed import settled
from services.live_api.floor import Floor, Releaser
from services.live_api.tables import conversations, messages
from shared.contracts import UserMessage
from shared.db import utc
from shared.web.routing import Router

router = Router(prefix="/v1/bots/{bot}/messages", tags=["publishing"])


class Feed(BaseModel):
    """Go on with `after` = the last `sequence`; an empty page is the end for now."""

    items: list[UserMessage]
    next: str | None = None


@router.get("", summary="List messages for the inbox")
def feed(
    bot: str,
    floor: Floor,
    key: Releaser,
    after: Annotated[int, Query(ge=0, le=2**62)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 500,
) -> Feed:
    """Messages of real users with a `sequence` above `after`; nothing ever appears below one that was shown.

    Answers to questions of the bot are left out: there is nothing to learn from them.
    """
    here = messages.c.bot_id == floor.pointer(bot, key).bot, messages.c.sequence > after
    asked = messages.c.reason.is_distinct_from("answer")
    query = _with_whose().where(*here, asked).order_by(messages.c.sequence).limit(limit)
    with settled(floor.db) as connection:
        rows = connection.execute(query).mappings().all()
    items = [_message(row) for row in rows]
    return Feed(items=items, next=str(items[-1].sequence) if len(items) == limit else None)


def _with_whose() -> Select[Any]:
    """Who said it, or else whose conversation it is: what is to be erased later must be found."""
    same = (conversations.c.bot_id == messages.c.bot_id) & (conversations.c.id == messages.c.conversation)
    whose = func.coalesce(messages.c.user_id, conversations.c.user_id).label("whose")
    return select(messages, whose).join(conversations, same, isouter=True)


def _message(row: RowMapping) -> UserMessage:
    return UserMessage(
        sequence=row["sequence"],
        id=row["id"],
        text=row["text"],
        language=row["language"],
        intent=row["intent_id"],
        confidence=row["confidence"],
        scope=row["scope"],
        understood=row["understood"],
        exact=row["exact"],
        release=row["release_number"],
        conversation=row["conversation"],
        user=row["whose"],
        received_at=utc(row["received_at"]),
    )
