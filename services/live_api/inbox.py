"""Events from platforms, kept before they are acknowledged and each once (M1, M3).

The commit that `accept` takes part in is the promise: once it is on disk, the platform may be told so. With it the
process that was called takes the event up, if it is the first of its conversation and there is room. What a
platform repeats is known by a hash of the name that it gave the event, for as long as platforms repeat things.
"""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Protocol

import orjson
from sqlalchemy import Column, Connection, RowMapping

from services.live_api.channel import Event, Ignored, Incoming
from services.live_api.group_commit import GroupCommit
from services.live_api.lanes import Lanes
from services.live_api.memory import Remembered, states
from services.live_api.tables import inbox
from shared.failpoints import reach

_LONGEST_NAME = 200
_LONGEST_LANGUAGE = 35
# A statement of either database takes only so many values.
_AT_A_TIME = 500

_WRITTEN = (
    "bot_id",
    "channel_id",
    "event",
    "conversation",
    "body",
    "status",
    "reason",
    "attempts",
    "owner",
    "received_at",
)

LANES = Lanes(inbox, ("bot_id", "conversation"))
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Arrival:
    """An event that `owner`, a live process, has claimed. `attempts` were made of it, this one included.

    `before` is its conversation as it was when the event was kept, where that was looked at.
    """

    sequence: int
    bot: str
    channel: str
    conversation: str
    event: Incoming
    owner: str
    attempts: int
    before: Remembered | None = None


@dataclass(frozen=True)
class Call:
    """What a platform sent in one request. `owner` has room to take it up at once; None when nobody has."""

    bot: str
    channel: str
    events: Sequence[Event]
    owner: str | None = None


@dataclass(frozen=True)
class Kept:
    """How many events were not heard before, and those that the call's owner has claimed with that."""

    unheard: int
    taken: tuple[Arrival, ...] = ()


class Readers(Protocol):
    """Whoever takes events up."""

    def expecting(self, bot: str, events: int) -> AbstractContextManager[str | None]: ...

    def take(self, kept: Kept) -> None: ...


@dataclass(frozen=True)
class Inbox:
    group: GroupCommit
    readers: Readers

    async def accept(self, bot: str, channel: str, events: Sequence[Event]) -> int:
        """How many were not heard before, and on disk when it returns: now the platform may be told.

        Raises BusyError `overloaded` at once when too many writes wait.
        """
        if not events:
            return 0
        # Not broken off: what is kept in our name, somebody here must have in hand.
        return await asyncio.shield(self._accept(bot, channel, events))

    async def _accept(self, bot: str, channel: str, events: Sequence[Event]) -> int:
        with self.readers.expecting(bot, len(events)) as owner:
            kept = await self.group.together(accept, Call(bot, channel, events, owner))
        reach("live.webhook.after_commit")
        self.readers.take(kept)
        return kept.unheard


def accept(connection: Connection, calls: Sequence[Call]) -> list[Kept]:
    """Keeps the events that were not heard before. Nothing about an event makes this fail: what is odd is made fit to
    be kept.
    """
    moment = _binding(connection, inbox.c.received_at)(datetime.now(UTC))
    rows = [[_row(call, event, moment) for event in call.events] for call in calls]
    numbers = _insert(connection, [row for called in rows for row in called])
    # Who said the same in two calls is answered for the first.
    unheard = [
        [{**row, "sequence": number} for row in called if (number := numbers.pop(_name(row), None))] for called in rows
    ]
    claimed = _claimed(connection, [row for called in unheard for row in called if row["owner"]])
    reach("live.webhook.before_commit")
    return [
        Kept(len(called), tuple(claimed[row["sequence"]] for row in called if row["sequence"] in claimed))
        for called in unheard
    ]


def _insert(connection: Connection, rows: Sequence[Row]) -> dict[tuple[str, str], int]:
    """The numbers of those that are new."""
    found: dict[tuple[str, str], int] = {}
    seal = _binding(connection, inbox.c.body)
    for start in range(0, len(rows), _AT_A_TIME):
        some = rows[start : start + _AT_A_TIME]
        values = tuple(seal(row[name]) if name == "body" else row[name] for row in some for name in _WRITTEN)
        came = connection.exec_driver_sql(_inserting(connection.dialect.paramstyle, len(some)), values)
        found.update({(channel, event): number for number, channel, event in came})
    return found


@cache
def _inserting(style: str, rows: int) -> str:
    """As text: to have SQLAlchemy bind the values of many rows costs more than SQLite takes to write them."""
    mark = "?" if style == "qmark" else "%s"
    row = f"({', '.join([mark] * len(_WRITTEN))})"
    return (
        f"INSERT INTO inbox ({', '.join(_WRITTEN)}) VALUES {', '.join([row] * rows)} "
        "ON CONFLICT (channel_id, event) DO NOTHING RETURNING sequence, channel_id, event"
    )


def _claimed(connection: Connection, rows: Sequence[Row]) -> dict[int, Arrival]:
    """Of rows that were kept in somebody's name those that are the first of their lanes; the others are let go."""
    if not rows:
        return {}
    later = LANES.let_go_later(connection, [row["sequence"] for row in rows])
    first = [row for row in rows if row["sequence"] not in later]
    before = states(connection, {(row["bot_id"], row["conversation"]) for row in first})
    return {row["sequence"]: _arrival(row, before[row["bot_id"], row["conversation"]]) for row in first}


def conversation_name(channel: str, conversation: str) -> str:
    """The conversation's id in live: two channels may use the same name for two people."""
    name = f"{channel}:{_sound(conversation)}"
    return name if len(name) <= _LONGEST_NAME else f"{channel}:{_sha256(conversation)}"


def arrivals(rows: Sequence[RowMapping]) -> list[Arrival]:
    return [_arrival(row) for row in rows]


def answered(connection: Connection, arrival: Arrival, message: str) -> bool:
    """Dealt with: what was said stands in the message now, and is forgotten here."""
    gone = {"conversation": None, "body": None, "owner": None}
    return _change(connection, arrival, {"status": "answered", "message_id": message, **gone})


def tried(connection: Connection, arrival: Arrival, attempts: int) -> bool:
    return _change(connection, arrival, {"attempts": attempts})


def park(connection: Connection, arrival: Arrival, reason: str) -> bool:
    return _change(connection, arrival, {"status": "parked", "owner": None, "reason": reason[:_LONGEST_NAME]})


def give_back(connection: Connection, arrival: Arrival) -> bool:
    """For another process. An attempt that was broken off does not count."""
    return _change(connection, arrival, {"owner": None, "attempts": arrival.attempts - 1})


def _change(connection: Connection, arrival: Arrival, values: Mapping[str, Any]) -> bool:
    """False when it is no longer its owner's."""
    return LANES.change(connection, arrival.sequence, arrival.owner, values)


def _arrival(row: RowMapping | Row, before: Remembered | None = None) -> Arrival:
    return Arrival(
        sequence=row["sequence"],
        bot=row["bot_id"],
        channel=row["channel_id"],
        conversation=row["conversation"],
        event=read_event(row["body"]),
        owner=row["owner"],
        attempts=row["attempts"],
        before=before,
    )


def read_event(body: str) -> Incoming:
    """What `accept` kept."""
    return Incoming(**orjson.loads(body))


def _binding(connection: Connection, column: Column[Any]) -> Callable[[Any], Any]:
    """What makes of a value what the driver wants for a column of this type."""
    process = column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    return process or (lambda value: value)


def _row(call: Call, event: Event, moment: Any) -> Row:
    common = {"bot_id": call.bot, "channel_id": call.channel, "event": _sha256(event.event_id)}
    if isinstance(event, Ignored):
        reason = _sound(event.reason)[:_LONGEST_NAME]
        told = {"conversation": None, "body": None, "status": "ignored", "reason": reason, "owner": None, "attempts": 0}
    else:
        name, attempts = conversation_name(call.channel, event.conversation), 0 if call.owner is None else 1
        told = {"conversation": name, "body": _body(event), "status": "pending", "reason": None}
        told |= {"owner": call.owner, "attempts": attempts}
    return {**common, **told, "received_at": moment}


def _name(row: Row) -> tuple[str, str]:
    return row["channel_id"], row["event"]


def _body(event: Incoming) -> str:
    tags = {"language": event.language, "hint": event.hint}
    values = {
        "event_id": event.event_id,
        "conversation": event.conversation,
        "user": event.user[:_LONGEST_NAME] if event.user else None,
        "text": event.text,
        "payload": event.payload,
        **{name: tag for name, tag in tags.items() if tag and len(tag) <= _LONGEST_LANGUAGE},
    }
    return orjson.dumps({name: _sound(value) if value else value for name, value in values.items()}).decode()


def _sound(text: str) -> str:
    """Without what a database or JSON refuses: NUL, and halves of characters."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
