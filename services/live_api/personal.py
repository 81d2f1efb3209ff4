"""What live holds of one person: found, told and erased (F5, D2). A person is who the channel says that they are."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

import orjson
from pydantic import BaseModel
from sqlalchemy import Connection, Table, delete, select, update

from services.live_api.inbox import read_event
from services.live_api.memory import read_row
from services.live_api.tables import active, agent_messages, conversations, inbox, messages, outbox, releases
from shared.db import utc
from shared.flows.engine import ConversationState

HIDDEN = "•••"
# A statement of either database takes only so many values.
_AT_A_TIME = 500


class PersonalMessage(BaseModel):
    id: str
    text: str
    language: str
    intent: str | None
    replies: list[dict[str, Any]]
    received_at: datetime


class AgentMessage(BaseModel):
    """What people answered instead of the bot."""

    reply: Any
    sent_at: datetime


class PersonalConversation(BaseModel):
    """`variables` are what it remembers, those that are sensitive hidden. None of the times when all that is left

    are messages in a conversation that is no longer this person's.
    """

    id: str
    channel: str | None = None
    language: str | None = None
    started_at: datetime | None = None
    last_at: datetime | None = None
    variables: dict[str, Any] = {}
    messages: list[PersonalMessage]
    agent_messages: list[AgentMessage] = []


class Erased(BaseModel):
    """How much is gone. `waiting` are events that had not been answered, `replies` what was on its way out or sent."""

    conversations: int = 0
    messages: int = 0
    agent_messages: int = 0
    waiting: int = 0
    replies: int = 0

    @property
    def anything(self) -> bool:
        return any(self.model_dump().values())


def conversations_of(connection: Connection, bot: str, user: str) -> list[str]:
    """Ids of the conversations that are this person's."""
    here = conversations.c.bot_id == bot, conversations.c.user_id == user
    return list(connection.execute(select(conversations.c.id).where(*here).order_by(conversations.c.id)).scalars())


def tell(connection: Connection, bot: str, user: str) -> list[PersonalConversation]:
    own = conversations_of(connection, bot, user)
    said = _messages(connection, bot, user, own)
    hidden = _sensitive(connection, bot)
    found = [_conversation(connection, bot, name, said.pop(name, []), hidden) for name in own]
    return [*found, *(PersonalConversation(id=name, messages=rest) for name, rest in sorted(said.items()))]


def erase(connection: Connection, bot: str, user: str) -> Erased:
    """Everything of theirs at once. Once more, it finds nothing."""
    own = conversations_of(connection, bot, user)
    theirs = delete(messages).where(messages.c.bot_id == bot, messages.c.user_id == user)
    return Erased(
        waiting=_erase_waiting(connection, bot, user, own),
        replies=_delete(connection, outbox, bot, own),
        agent_messages=_delete(connection, agent_messages, bot, own),
        messages=_delete(connection, messages, bot, own) + connection.execute(theirs).rowcount,
        conversations=_delete(connection, conversations, bot, own, "id"),
    )


def _messages(connection: Connection, bot: str, user: str, own: Sequence[str]) -> dict[str, list[PersonalMessage]]:
    """By conversation, in their order."""
    found: dict[str, list[PersonalMessage]] = {}
    for names in [*_slices(own), ()]:
        theirs = messages.c.conversation.in_(names) if names else messages.c.user_id == user
        query = select(messages).where(messages.c.bot_id == bot, theirs).order_by(messages.c.sequence)
        for row in connection.execute(query).mappings():
            if names or row["conversation"] not in own:
                found.setdefault(row["conversation"], []).append(_message(row))
    return found


def _message(row: Any) -> PersonalMessage:
    kept = read_row(row)
    return PersonalMessage(
        id=kept.id,
        text=kept.heard.text,
        language=kept.found.language,
        intent=kept.found.intent.name if kept.found.intent else None,
        replies=list(kept.replies),
        received_at=kept.received_at,
    )


def _conversation(
    connection: Connection, bot: str, name: str, said: list[PersonalMessage], hidden: Collection[str]
) -> PersonalConversation:
    here = conversations.c.bot_id == bot, conversations.c.id == name
    row = connection.execute(select(conversations).where(*here)).mappings().one()
    variables = ConversationState.model_validate_json(row["state"]).variables
    return PersonalConversation(
        id=name,
        channel=row["channel_id"],
        language=row["language"],
        started_at=utc(row["started_at"]),
        last_at=utc(row["last_at"]),
        variables={key: HIDDEN if key in hidden else value for key, value in variables.items()},
        messages=said,
        agent_messages=_agents(connection, bot, name),
    )


def _agents(connection: Connection, bot: str, conversation: str) -> list[AgentMessage]:
    here = agent_messages.c.bot_id == bot, agent_messages.c.conversation == conversation
    rows = connection.execute(select(agent_messages).where(*here).order_by(agent_messages.c.sequence)).mappings()
    return [AgentMessage(reply=orjson.loads(row["reply"]), sent_at=utc(row["sent_at"])) for row in rows]


def _sensitive(connection: Connection, bot: str) -> set[str]:
    """Names of the variables that the bot calls sensitive, by what it served last."""
    last = (releases.c.bot_id == active.c.bot_id) & (releases.c.digest == active.c.digest)
    query = select(releases.c.document).join(active, last).where(active.c.bot_id == bot)
    document = connection.execute(query).scalar()
    variables = orjson.loads(document)["variables"] if document else {}
    return {name for name, variable in variables.items() if variable.get("sensitive")}


def _erase_waiting(connection: Connection, bot: str, user: str, own: Collection[str]) -> int:
    """Events that wait or are parked: that there was one stays known, since the platform may repeat it."""
    query = select(inbox.c.sequence, inbox.c.conversation, inbox.c.body)
    rows = connection.execute(query.where(inbox.c.bot_id == bot, inbox.c.body.is_not(None))).all()
    theirs = [row.sequence for row in rows if row.conversation in own or read_event(row.body).user == user]
    gone = {"status": "ignored", "reason": "erased", "conversation": None, "body": None, "owner": None}
    for sequences in _slices(theirs):
        connection.execute(update(inbox).where(inbox.c.sequence.in_(sequences)).values(**gone))
    return len(theirs)


def _delete(connection: Connection, table: Table, bot: str, own: Sequence[str], name: str = "conversation") -> int:
    return sum(
        connection.execute(delete(table).where(table.c.bot_id == bot, table.c[name].in_(names))).rowcount
        for names in _slices(own)
    )


def _slices(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    yield from (values[start : start + _AT_A_TIME] for start in range(0, len(values), _AT_A_TIME))
