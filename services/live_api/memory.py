"""What live remembers of conversations: their state, and every message with its answer."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Connection, RowMapping, Select, Update, bindparam, insert, select, tuple_, update

from services.live_api.paging import before
from services.live_api.pointer import Pointer
from services.live_api.tables import conversations, messages
from shared.contracts import Classification, ScoredIntent
from shared.db import utc
from shared.digest import canonical, digest_of
from shared.errors import InvalidError
from shared.flows.engine import ConversationState
from shared.flows.masking import mask
from shared.text_keys import words_of


@dataclass(frozen=True)
class Heard:
    """A message as it arrived. `key` is what makes a repeated delivery the same message; `language` is
    asked for, `told` came with the message, `hint` is that of the app which the person writes in.
    """

    bot: str
    conversation: str
    text: str
    user: str | None
    language: str | None
    key: str | None
    payload: str | None = None
    told: str | None = None
    hint: str | None = None

    @property
    def body_hash(self) -> str:
        pressed = [self.payload] if self.payload else []
        return digest_of(canonical([self.text, self.user, self.language, *pressed]))


@dataclass(frozen=True)
class Row:
    """A message with what was understood and answered, and by which release. `hidden` texts are kept masked."""

    id: str
    heard: Heard
    found: Classification
    replies: tuple[dict[str, Any], ...]
    block: str | None
    release: int
    received_at: datetime
    hidden: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Remembered:
    """A conversation before a message; `answered` is that message, when it was heard before. It is `paused` while
    people answer instead of the bot.
    """

    state: ConversationState = field(default_factory=ConversationState)
    version: int = 0
    release_number: int = 0
    release_digest: str | None = None
    last_at: datetime | None = None
    answered: Row | None = None
    paused: bool = False


def recall(connection: Connection, heard: Heard) -> Remembered:
    """Raises InvalidError `idempotency_key_reused` when the key came with another message."""
    answered = _heard_before(connection, heard)
    if answered is not None:
        return Remembered(answered=answered)
    here = heard.bot, heard.conversation
    return states(connection, {here})[here]


def states(connection: Connection, names: Collection[tuple[str, str]]) -> dict[tuple[str, str], Remembered]:
    """Conversations as they are now, by the bot's id and their own."""
    rows = connection.execute(_finding(), {"names": list(names)}).mappings()
    found = {(row["bot_id"], row["id"]): _remembered(row) for row in rows}
    return {name: found.get(name) or Remembered() for name in names}


@cache
def _finding() -> Select[Any]:
    """Written once: to write a statement costs more than to have it done."""
    name = tuple_(conversations.c.bot_id, conversations.c.id)
    return select(conversations).where(name.in_(bindparam("names", expanding=True)))


def _remembered(row: RowMapping) -> Remembered:
    return Remembered(
        state=ConversationState.model_validate_json(row["state"]),
        version=row["version"],
        release_number=row["release_number"],
        release_digest=row["release_digest"],
        last_at=utc(row["last_at"]),
        paused=row["paused_at"] is not None,
    )


def _heard_before(connection: Connection, heard: Heard) -> Row | None:
    if heard.key is None:
        return None
    here = messages.c.bot_id == heard.bot, messages.c.conversation == heard.conversation
    known = select(messages).where(*here, messages.c.idempotency_key == heard.key)
    row = connection.execute(known).mappings().first()
    if row is None:
        return None
    if row["body_hash"] not in words_of(connection).marks(heard.body_hash):
        raise InvalidError("idempotency_key_reused", "This Idempotency-Key was used with another message.")
    answered = read_row(row)
    return replace(answered, replies=tuple(orjson.loads(row["unmasked"]))) if row["unmasked"] else answered


def save_state(
    connection: Connection, pointer: Pointer, row: Row, state: ConversationState, before: Remembered, **more: Any
) -> bool:
    """False when the conversation has moved on from `before` meanwhile, or was paused or given back. Raises
    IntegrityError likewise. `more` are further columns.
    """
    values: dict[str, Any] = {
        "state": state.model_dump_json(),
        "version": before.version + 1,
        "release_number": pointer.number,
        "release_digest": pointer.digest,
        "language": row.found.language,
        "last_at": row.received_at,
        **({"user_id": row.heard.user} if row.heard.user else {}),
        **more,
    }
    name = {"bot_id": row.heard.bot, "id": row.heard.conversation}
    if before.version == 0:
        connection.execute(insert(conversations), {**name, "started_at": row.received_at, **values})
        return True
    here = {"this_bot": name["bot_id"], "this": name["id"], "from_version": before.version}
    return connection.execute(_moving(tuple(values), before.paused), {**values, **here}).rowcount == 1


@cache
def _moving(names: tuple[str, ...], paused: bool) -> Update:
    """Written once: to write a statement costs more than to have it done."""
    here = conversations.c.bot_id == bindparam("this_bot"), conversations.c.id == bindparam("this")
    expected = conversations.c.version == bindparam("from_version")
    silent = conversations.c.paused_at.is_not(None) if paused else conversations.c.paused_at.is_(None)
    return update(conversations).where(*here, expected, silent).values({name: bindparam(name) for name in names})


def save_message(connection: Connection, row: Row) -> None:
    """Whoever reads what was said reads it masked (C6); the user alone is told again what was told."""
    heard, found = row.heard, row.found
    text, replies = mask(heard.text, row.hidden), mask(list(row.replies), row.hidden)
    values = {
        "id": row.id,
        "bot_id": heard.bot,
        "conversation": heard.conversation,
        "user_id": heard.user,
        "text": text,
        "language": found.language,
        "understood": found.understood,
        "reason": found.reason,
        "intent_id": found.intent.id if found.intent else None,
        "intent_name": found.intent.name if found.intent else None,
        "confidence": found.intent.confidence if found.intent else _best(found),
        "scope": found.scope,
        "exact": found.exact_match,
        "replies": orjson.dumps(replies).decode(),
        "unmasked": orjson.dumps(row.replies).decode() if replies != list(row.replies) else None,
        "block": row.block,
        "release_number": row.release,
        "received_at": row.received_at,
        "idempotency_key": heard.key,
        "body_hash": words_of(connection).marks(heard.body_hash)[0],
    }
    connection.execute(insert(messages), values)


def _best(found: Classification) -> float | None:
    return found.ranking[0].confidence if found.ranking else None


def history(bot: str, conversation: str, cursor: str | None) -> Select[Any]:
    """The messages of a conversation, newest first."""
    here = messages.c.bot_id == bot, messages.c.conversation == conversation
    query = select(messages).where(*here, *before(messages.c.sequence, cursor))
    return query.order_by(messages.c.sequence.desc())


def read_row(row: RowMapping | Mapping[str, Any]) -> Row:
    intent = None
    if row["intent_id"] is not None:
        intent = ScoredIntent(id=row["intent_id"], name=row["intent_name"], confidence=row["confidence"])
    heard = Heard(
        bot=row["bot_id"],
        conversation=row["conversation"],
        text=row["text"],
        user=row["user_id"],
        language=row["language"],
        key=row["idempotency_key"],
    )
    found = Classification(
        text=row["text"],
        language=row["language"],
        understood=row["understood"],
        reason=row["reason"],
        intent=intent,
        exact_match=row["exact"],
        scope=row["scope"],
    )
    return Row(
        id=row["id"],
        heard=heard,
        found=found,
        replies=tuple(orjson.loads(row["replies"])),
        block=row["block"],
        release=row["release_number"],
        received_at=utc(row["received_at"]),
    )
