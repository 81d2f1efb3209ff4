"""The REST channel: people's messages in, the bot's answers out, and what was said so far."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Header, Path
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import RowMapping, select

from services.live_api.floor import Classifier, Floor, Reader
from services.live_api.memory import Heard, Row, history, read_row
from services.live_api.paging import Limit, before_moment, moment_cursor
from services.live_api.tables import conversations
from shared.contracts import ScoredIntent
from shared.db import utc
from shared.errors import InvalidError
from shared.web.pages import Page
from shared.web.routing import Router

router = Router(prefix="/v1/bots/{bot}/conversations", tags=["talking"])

ConversationId = Annotated[str, Path(min_length=1, max_length=200)]
_LONGEST_KEY = 200


class SaidMessage(BaseModel):
    """`user` is whoever you know the person as; `language` changes the language of the conversation; `payload` is that
    of the choice that was pressed, whose title is then the text.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"text": "hello", "user": "maud"}]})

    text: str
    payload: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    user: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    language: Annotated[str, Field(max_length=35)] | None = None


class Answer(BaseModel):
    replies: list[dict[str, Any]]
    language: str
    understood: bool
    reason: str | None
    intent: ScoredIntent | None
    block: str | None
    release: int
    message_id: str


class AnsweredMessage(Answer):
    text: str
    user: str | None
    received_at: datetime


class Conversation(BaseModel):
    id: str
    user: str | None
    language: str
    release: int
    messages: int
    started_at: datetime
    last_at: datetime


@router.post("/{conversation}/messages", summary="Say something to a bot")
async def say(
    bot: str,
    conversation: ConversationId,
    body: SaidMessage,
    floor: Floor,
    key: Classifier,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> Answer:
    """The answer is given when message and answer are on disk. With an `Idempotency-Key`, once and the same."""
    serving = floor.serving(bot, key)
    once = checked_key(idempotency_key)
    heard = Heard(serving.pointer.bot, conversation, body.text, body.user, body.language, once, body.payload)
    return Answer(**_answer(await floor.talk.turn(serving, heard)))


@router.get("/{conversation}/messages", summary="List messages of a conversation")
def messages(
    bot: str, conversation: ConversationId, floor: Floor, key: Reader, limit: Limit = 100, cursor: str | None = None
) -> Page[AnsweredMessage]:
    """What was said, newest first."""
    query = history(floor.pointer(bot, key).bot, conversation, cursor)
    with floor.db.reading() as connection:
        rows = connection.execute(query.limit(limit + 1)).mappings().all()
    items = [_answered(read_row(row)) for row in rows[:limit]]
    return Page(items=items, next=str(rows[limit - 1]["sequence"]) if len(rows) > limit else None)


@router.get("")
def list_all(bot: str, floor: Floor, key: Reader, limit: Limit = 100, cursor: str | None = None) -> Page[Conversation]:
    """The conversations of a bot, the most recent first."""
    moments, names = conversations.c.last_at, conversations.c.id
    here = conversations.c.bot_id == floor.pointer(bot, key).bot, *before_moment(moments, names, cursor)
    query = select(conversations).where(*here).order_by(moments.desc(), names.desc())
    with floor.db.reading() as connection:
        rows = connection.execute(query.limit(limit + 1)).mappings().all()
    items = [_listed(row) for row in rows[:limit]]
    more = len(rows) > limit
    return Page(items=items, next=moment_cursor(items[-1].last_at, items[-1].id) if more else None)


def _listed(row: RowMapping) -> Conversation:
    return Conversation(
        id=row["id"],
        user=row["user_id"],
        language=row["language"],
        release=row["release_number"],
        messages=row["version"],
        started_at=utc(row["started_at"]),
        last_at=utc(row["last_at"]),
    )


def checked_key(key: str | None) -> str | None:
    if key is not None and not (0 < len(key) <= _LONGEST_KEY and key.isprintable()):
        raise InvalidError("invalid_idempotency_key", f"Idempotency-Key has 1 to {_LONGEST_KEY} printable characters.")
    return key


def _answer(row: Row) -> dict[str, Any]:
    return {
        "replies": list(row.replies),
        "language": row.found.language,
        "understood": row.found.understood,
        "reason": row.found.reason,
        "intent": row.found.intent,
        "block": row.block,
        "release": row.release,
        "message_id": row.id,
    }


def _answered(row: Row) -> AnsweredMessage:
    return AnsweredMessage(
        **_answer(row),
        text=row.heard.text,
        user=row.heard.user,
        received_at=row.received_at,
    )
