"""Conversations that people answer instead of the bot: paused, told about, given back.

Those who answer hear of it at a webhook of their own, from the outbox like everything that is sent: what a user says
while the bot is silent reaches them once, in order, and waits for them while they are away.
"""

from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, RowMapping, select, update

from services.live_api.outbox import Draft, put
from services.live_api.tables import conversations, handover_webhooks, messages
from shared.db import utc

_TOLD = 20
"""Messages of before, told to whoever takes over."""


def paused_since(connection: Connection, bot: str, conversation: str) -> datetime | None:
    here = conversations.c.bot_id == bot, conversations.c.id == conversation
    return utc(connection.execute(select(conversations.c.paused_at).where(*here)).scalar())


def pause(connection: Connection, bot: str, conversation: str) -> bool:
    """False when it was paused already, or is not there."""
    return _switch(connection, bot, conversation, datetime.now(UTC))


def give_back(connection: Connection, bot: str, conversation: str) -> bool:
    """False when the bot has it already, or it is not there."""
    return _switch(connection, bot, conversation, None)


def _switch(connection: Connection, bot: str, conversation: str, moment: datetime | None) -> bool:
    paused = conversations.c.paused_at
    here = conversations.c.bot_id == bot, conversations.c.id == conversation
    other = paused.is_(None) if moment else paused.is_not(None)
    return connection.execute(update(conversations).where(*here, other).values(paused_at=moment)).rowcount == 1


def tell(connection: Connection, bot: str, conversation: str, event: str, **told: Any) -> None:
    """Keeps an event for the bot's webhook, when it has one."""
    if connection.execute(select(handover_webhooks.c.bot_id).where(handover_webhooks.c.bot_id == bot)).first() is None:
        return
    body = {"event": event, "bot": bot, "conversation": conversation, "at": datetime.now(UTC), **told}
    put(connection, [Draft(bot=bot, target=bot, conversation=conversation, address="", body=body)], None)


def tell_of_request(connection: Connection, bot: str, conversation: str, note: str, by: str) -> None:
    """Somebody is wanted: with what was said so far."""
    told = {"note": note, "by": by, "transcript": transcript(connection, bot, conversation)}
    tell(connection, bot, conversation, "handover_requested", **told)


def transcript(connection: Connection, bot: str, conversation: str) -> list[dict[str, Any]]:
    """The last messages with their answers, the oldest first."""
    here = messages.c.bot_id == bot, messages.c.conversation == conversation
    last = select(messages).where(*here).order_by(messages.c.sequence.desc()).limit(_TOLD)
    return [_told(row) for row in reversed(connection.execute(last).mappings().all())]


def _told(row: RowMapping) -> dict[str, Any]:
    return {
        "user": row["user_id"],
        "text": row["text"],
        "replies": orjson.loads(row["replies"]),
        "at": utc(row["received_at"]),
    }
