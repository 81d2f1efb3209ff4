"""What was said in one conversation, by its user, by the bot and by people, in order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Table, func, select

from services.live_api.tables import agent_messages, messages
from shared.db import utc
from shared.errors import InvalidError

MOST = 100


class Cursor(NamedTuple):
    """How far it was read: the last number among messages, and among those of people."""

    message: int = 0
    agent: int = 0

    def __str__(self) -> str:
        return f"{self.message}-{self.agent}"


@dataclass(frozen=True)
class Said:
    """One item, and the cursor once it was read. `text` is the user's; None where a person wrote on their own."""

    cursor: Cursor
    id: str
    text: str | None
    replies: Sequence[Mapping[str, Any]]
    at: str

    def json(self) -> dict[str, Any]:
        return {"cursor": str(self.cursor), "id": self.id, "text": self.text, "replies": self.replies, "at": self.at}


def read_cursor(text: str) -> Cursor:
    """Raises InvalidError `invalid_cursor`."""
    message, _, agent = text.partition("-")
    if not all(number.isascii() and number.isdigit() and len(number) < 19 for number in (message, agent)):
        raise InvalidError("invalid_cursor", "This is no place in a conversation.")
    return Cursor(int(message), int(agent))


def said_after(connection: Connection, bot: str, conversation: str, after: Cursor) -> list[Said]:
    """Oldest first, at most `MOST`."""
    spoken = [("message", row) for row in _rows(connection, messages, bot, conversation, after.message)]
    written = [("agent", row) for row in _rows(connection, agent_messages, bot, conversation, after.agent)]
    found, at = [], after
    for kind, row in sorted((*spoken, *written), key=_moment)[:MOST]:
        at = at._replace(**{kind: row["sequence"]})
        found.append(_message(row, at) if kind == "message" else _agent(row, at))
    return found


def latest(connection: Connection, bot: str, conversation: str) -> Cursor:
    """Before the last few things that were said: where a page that knows nothing begins to read."""
    counts = []
    for table in (messages, agent_messages):
        here = table.c.bot_id == bot, table.c.conversation == conversation
        newest = select(table.c.sequence).where(*here).order_by(table.c.sequence.desc()).limit(MOST // 2)
        counts.append(connection.execute(select(func.min(newest.subquery().c.sequence))).scalar() or 1)
    return Cursor(counts[0] - 1, counts[1] - 1)


def ends(connection: Connection, bot: str, conversations: Sequence[str]) -> dict[str, Cursor]:
    """The last numbers of conversations in which anything was said."""
    spoken, written = (_last(connection, table, bot, conversations) for table in (messages, agent_messages))
    return {name: Cursor(spoken.get(name, 0), written.get(name, 0)) for name in spoken.keys() | written.keys()}


def _last(connection: Connection, table: Table, bot: str, conversations: Sequence[str]) -> dict[str, int]:
    here = table.c.bot_id == bot, table.c.conversation.in_(conversations)
    query = select(table.c.conversation, func.max(table.c.sequence)).where(*here).group_by(table.c.conversation)
    return {row[0]: row[1] for row in connection.execute(query)}


def _rows(connection: Connection, table: Table, bot: str, conversation: str, after: int) -> Sequence[Any]:
    here = table.c.bot_id == bot, table.c.conversation == conversation, table.c.sequence > after
    query = select(table).where(*here).order_by(table.c.sequence).limit(MOST)
    return connection.execute(query).mappings().all()


def _moment(item: tuple[str, Any]) -> Any:
    kind, row = item
    return utc(row["received_at"] if kind == "message" else row["sent_at"])


def _message(row: Any, at: Cursor) -> Said:
    """To the user themselves nothing that they were told is masked."""
    replies = orjson.loads(row["unmasked"] or row["replies"])
    return Said(at, row["id"], row["text"], replies, _stamp(row["received_at"]))


def _agent(row: Any, at: Cursor) -> Said:
    return Said(at, row["id"], None, [orjson.loads(row["reply"])], _stamp(row["sent_at"]))


def _stamp(moment: datetime) -> str:
    return utc(moment).isoformat().replace("+00:00", "Z")
