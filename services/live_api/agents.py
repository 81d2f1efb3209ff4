"""What people say in place of the bot: kept, and sent out on the conversation's own channel, in order with the rest."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, RowMapping, insert, select

from services.live_api.outbox import Draft, put
from services.live_api.paging import before
from services.live_api.tables import agent_messages, conversations
from shared.db import utc
from shared.digest import canonical, digest_of
from shared.errors import ConflictError, InvalidError, NotFoundError
from shared.flows.conversation import Reply
from shared.ids import new_id
from shared.text_keys import words_of


@dataclass(frozen=True)
class AgentMessage:
    id: str
    sequence: int
    author: str
    reply: dict[str, Any]
    sent_at: datetime


def answer(
    connection: Connection, bot: str, conversation: str, author: str, reply: Reply, key: str | None
) -> AgentMessage:
    """Keeps it, with what is to be sent. With a `key`, once and the same.

    Raises NotFoundError `not_found`, ConflictError `not_handed_over`, InvalidError `idempotency_key_reused`.
    """
    told = reply.model_dump(mode="json", exclude_none=True)
    marks = words_of(connection).marks(digest_of(canonical(told)))
    known = _known(connection, bot, conversation, key, marks)
    if known is not None:
        return known
    place, name = _place(connection, bot, conversation), new_id("agt")
    row = {
        "id": name,
        "bot_id": bot,
        "conversation": conversation,
        "author": author,
        "reply": orjson.dumps(told).decode(),
        "sent_at": datetime.now(UTC),
        "idempotency_key": key,
        "body_hash": marks[0],
    }
    kept = connection.execute(insert(agent_messages).values(**row).returning(agent_messages)).mappings().one()
    if place["channel_id"] is not None:
        put(connection, [Draft(bot, place["channel_id"], conversation, place["address"], told, message=name)], None)
    return _read(kept)


def said(connection: Connection, bot: str, conversation: str, cursor: str | None, most: int) -> Sequence[AgentMessage]:
    """Newest first."""
    here = agent_messages.c.bot_id == bot, agent_messages.c.conversation == conversation
    query = select(agent_messages).where(*here, *before(agent_messages.c.sequence, cursor))
    rows = connection.execute(query.order_by(agent_messages.c.sequence.desc()).limit(most)).mappings()
    return [_read(row) for row in rows]


def _known(
    connection: Connection, bot: str, conversation: str, key: str | None, marks: Collection[str]
) -> AgentMessage | None:
    if key is None:
        return None
    here = agent_messages.c.bot_id == bot, agent_messages.c.conversation == conversation
    known = select(agent_messages).where(*here, agent_messages.c.idempotency_key == key)
    row = connection.execute(known).mappings().first()
    if row is not None and row["body_hash"] not in marks:
        raise InvalidError("idempotency_key_reused", "This Idempotency-Key was used with another message.")
    return _read(row) if row else None


def _place(connection: Connection, bot: str, conversation: str) -> RowMapping:
    here = conversations.c.bot_id == bot, conversations.c.id == conversation
    row = connection.execute(select(conversations).where(*here)).mappings().first()
    if row is None:
        raise NotFoundError("not_found", f"There is no conversation {conversation!r}.")
    if row["paused_at"] is None:
        detail = "The bot answers this conversation: take it over first."
        raise ConflictError("not_handed_over", detail)
    return row


def _read(row: RowMapping) -> AgentMessage:
    return AgentMessage(
        id=row["id"],
        sequence=row["sequence"],
        author=row["author"],
        reply=orjson.loads(row["reply"]),
        sent_at=utc(row["sent_at"]),
    )
