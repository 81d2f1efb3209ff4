"""What draft holds of one person of live: told, erased, and forgotten after a while (F5, D2)."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from pydantic import BaseModel
from sqlalchemy import ColumnElement, Connection, delete, func, or_, select, update

from services.draft_api.nlp import normal_key
from services.draft_api.tables import (
    bots,
    emulator_conversations,
    emulator_scope,
    expressions,
    idempotency,
    inbox,
    inbox_messages,
    models,
)
from shared.artifacts import Artifacts
from shared.db import utc

# A statement of either database takes only so many values.
_AT_A_TIME = 500


class PersonalInboxRow(BaseModel):
    """`said` is how often this person said it; `count` how often it was said at all."""

    id: str
    text: str
    language: str
    status: str
    said: int
    count: int
    first_at: datetime
    last_at: datetime


class AcceptedExpression(BaseModel):
    """What a person said and a builder accepted, for somebody to decide about: it is the bot's now."""

    id: str
    intent: str
    language: str


class Traces(BaseModel):
    """`trained_on_erased` are digests of the models that were trained on the expressions."""

    expressions: list[AcceptedExpression] = []
    trained_on_erased: list[str] = []


class Erased(Traces):
    """How many rows of the inbox are gone, and how many messages of this person they counted."""

    inbox: int = 0
    messages: int = 0


def theirs(bot: str, user: str, conversations: Sequence[str]) -> list[ColumnElement[bool]]:
    """A person is found by name, and by the conversations that live knows to be theirs."""
    names = inbox_messages.c.user_id == user
    return [inbox_messages.c.bot_id == bot, or_(names, inbox_messages.c.conversation.in_(conversations))]


def tell(connection: Connection, here: Iterable[ColumnElement[bool]]) -> list[PersonalInboxRow]:
    said = _said(connection, here)
    rows = _rows(connection, list(said))
    return [
        PersonalInboxRow(
            **{name: row[name] for name in ("id", "text", "language", "status", "count")},
            said=said[row["id"]],
            first_at=utc(row["first_at"]),
            last_at=utc(row["last_at"]),
        )
        for row in rows
    ]


def traces(connection: Connection, artifacts: Artifacts, bot: str, here: Iterable[ColumnElement[bool]]) -> Traces:
    accepted = [row["accepted_expression"] for row in _rows(connection, list(_said(connection, here)))]
    query = select(expressions).where(expressions.c.bot_id == bot, expressions.c.id.in_([e for e in accepted if e]))
    found = connection.execute(query.order_by(expressions.c.id)).mappings().all()
    return Traces(
        expressions=[AcceptedExpression(id=e["id"], intent=e["intent_id"], language=e["language"]) for e in found],
        trained_on_erased=_trained_on(connection, artifacts, bot, {(e["language"], e["normal"]) for e in found}),
    )


def erase(connection: Connection, here: Sequence[ColumnElement[bool]]) -> tuple[int, int]:
    """Rows of the inbox, and messages that they counted. What others said too stays, without this person's part.

    That a message has come home stays known by its id: delivered again, it still changes nothing.
    """
    said = _said(connection, here)
    for row in _rows(connection, list(said)):
        left = row["count"] - said[row["id"]]
        one = inbox.c.id == row["id"]
        connection.execute(update(inbox).where(one).values(count=left) if left > 0 else delete(inbox).where(one))
    gone = {"row": None, "user_id": None, "conversation": None}
    connection.execute(update(inbox_messages).where(*here).values(**gone))
    return len(said), sum(said.values())


def forget(connection: Connection, moment: datetime) -> dict[str, int]:
    """What was last said before each bot's retention, conversations with the emulator included; rows by bot."""
    kept = {row.id: moment - timedelta(days=row.retention_days) for row in connection.execute(select(bots))}
    return {bot: gone for bot, oldest in kept.items() if (gone := _forget(connection, bot, oldest))}


def _forget(connection: Connection, bot: str, oldest: datetime) -> int:
    old = select(inbox.c.id).where(inbox.c.bot_id == bot, inbox.c.last_at < oldest)
    ids = list(connection.execute(old).scalars())
    for some in _slices(ids):
        anonymous = {"row": None, "user_id": None, "conversation": None}
        connection.execute(update(inbox_messages).where(inbox_messages.c.row.in_(some)).values(**anonymous))
        connection.execute(delete(inbox).where(inbox.c.id.in_(some)))
    silent = emulator_conversations.c.bot_id == bot, emulator_conversations.c.updated_at < oldest
    answered = idempotency.c.scope == emulator_scope(bot), idempotency.c.created_at < oldest
    connection.execute(delete(idempotency).where(*answered))
    return len(ids) + connection.execute(delete(emulator_conversations).where(*silent)).rowcount


def _said(connection: Connection, here: Iterable[ColumnElement[bool]]) -> dict[str, int]:
    """How often, by row of the inbox."""
    query = select(inbox_messages.c.row, func.count()).where(*here, inbox_messages.c.row.is_not(None))
    return {str(found[0]): int(found[1]) for found in connection.execute(query.group_by(inbox_messages.c.row))}


def _rows(connection: Connection, ids: Sequence[str]) -> list[Any]:
    queries = (select(inbox).where(inbox.c.id.in_(some)).order_by(inbox.c.id) for some in _slices(ids))
    return [row for query in queries for row in connection.execute(query).mappings()]


def _trained_on(connection: Connection, artifacts: Artifacts, bot: str, wanted: set[tuple[str, str]]) -> list[str]:
    """Digests of models with one of these (language, normal form) among what they were trained on."""
    if not wanted:
        return []
    rows = connection.execute(select(models).where(models.c.bot_id == bot).order_by(models.c.trained_at)).mappings()
    return [
        row["digest"]
        for row in rows
        if any((row["language"], normal_key(text)) in wanted for text in _texts(artifacts.read(row["nlp_source"])))
    ]


def _texts(source: bytes) -> Iterator[str]:
    yield from (text for intent in orjson.loads(source)["intents"] for text in intent["expressions"])


def _slices(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    yield from (values[start : start + _AT_A_TIME] for start in range(0, len(values), _AT_A_TIME))
