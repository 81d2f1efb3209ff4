"""What live gave up on: events that could not be answered and replies that could not be sent, kept to be replayed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    String,
    Table,
    cast,
    literal,
    select,
    union_all,
    update,
)

from services.live_api import inbox, outbox
from services.live_api.paging import before_moment
from services.live_api.tables import inbox as events
from services.live_api.tables import outbox as replies
from shared.db import utc

What = Literal["event", "reply"]

_EVENT = "in_"


@dataclass(frozen=True)
class Parked:
    """`text` is what the user said, or what the user was to be told."""

    id: str
    what: What
    channel: str
    conversation: str | None
    text: str
    reason: str | None
    attempts: int
    at: datetime


def parked(connection: Connection, bot: str, cursor: str | None, most: int) -> list[Parked]:
    """Newest first; the cursor is that of `moment_cursor`, over `at` and `id`."""
    both = union_all(_events(bot), _replies(bot)).subquery()
    after = before_moment(both.c.at, both.c.id, cursor)
    query = select(both).where(*after).order_by(both.c.at.desc(), both.c.id.desc()).limit(most)
    return [_parked(row) for row in connection.execute(query).mappings()]


def replay(connection: Connection, bot: str, ids: Sequence[str] | None) -> list[str]:
    """Has them tried again, all of them for None; the ids of those that were parked."""
    numbers = None if ids is None else [int(one[len(_EVENT) :]) for one in ids if _is_event(one)]
    came = [] if numbers is None else [events.c.sequence.in_(numbers)]
    went = [] if ids is None else [replies.c.id.in_(list(ids))]
    again = _again(connection, events, events.c.bot_id == bot, inbox.LANES.parked, *came)
    resent = _again(connection, replies, replies.c.bot_id == bot, outbox.LANES.parked, *went)
    return [*(f"{_EVENT}{row.sequence}" for row in again), *(row.id for row in resent)]


def _again(connection: Connection, table: Table, *which: ColumnElement[bool]) -> Sequence[Any]:
    fresh = {"status": "pending", "attempts": 0, "owner": None, "reason": None}
    name = table.c.id if "id" in table.c else literal("").label("id")
    changed = update(table).where(*which, table.c.body.is_not(None)).values(**fresh)
    return connection.execute(changed.returning(table.c.sequence, name)).all()


def _is_event(name: str) -> bool:
    number = name.removeprefix(_EVENT)
    return name.startswith(_EVENT) and number.isascii() and number.isdigit() and len(number) <= 18


def _events(bot: str) -> Select[Any]:
    return select(
        (literal(_EVENT) + cast(events.c.sequence, String)).label("id"),
        literal("event").label("what"),
        events.c.channel_id.label("channel"),
        events.c.conversation,
        events.c.body,
        events.c.reason,
        events.c.attempts,
        events.c.received_at.label("at"),
    ).where(events.c.bot_id == bot, inbox.LANES.parked)


def _replies(bot: str) -> Select[Any]:
    return select(
        replies.c.id,
        literal("reply").label("what"),
        replies.c.target.label("channel"),
        replies.c.conversation,
        replies.c.body,
        replies.c.reason,
        replies.c.attempts,
        replies.c.created_at.label("at"),
    ).where(replies.c.bot_id == bot, outbox.LANES.parked)


def _parked(row: RowMapping) -> Parked:
    said = orjson.loads(row["body"]) if row["body"] else {}
    text = said.get("text", "")
    named = {name: row[name] for name in ("id", "what", "channel", "conversation", "reason", "attempts")}
    return Parked(**named, text=text if isinstance(text, str) else "", at=utc(row["at"]))
