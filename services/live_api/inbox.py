"""Events from platforms, kept before they are acknowledged and each once (M1, M3).

The commit that `accept` takes part in is the promise: once it is on disk, the platform may be told so. What a
platform repeats is known by a hash of the name that it gave the event, for as long as platforms repeat things.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Connection, RowMapping
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from services.live_api.channel import Event, Ignored, Incoming
from services.live_api.group_commit import GroupCommit
from services.live_api.lanes import Lanes
from services.live_api.tables import inbox
from shared.failpoints import reach

_LONGEST_NAME = 200
_LONGEST_LANGUAGE = 35
# A statement of either database takes only so many values.
_AT_A_TIME = 500


LANES = Lanes(inbox, ("bot_id", "conversation"))


@dataclass(frozen=True)
class Arrival:
    """An event that `owner`, a live process, has claimed. `attempts` were made of it, this one included."""

    sequence: int
    bot: str
    channel: str
    conversation: str
    event: Incoming
    owner: str
    attempts: int


@dataclass(frozen=True)
class Inbox:
    """`arrived` is called after a commit that brought something new."""

    group: GroupCommit
    arrived: Callable[[], None]

    async def accept(self, bot: str, channel: str, events: Sequence[Event]) -> int:
        """As the function `accept`, and on disk when it returns: now the platform may be told.

        Raises BusyError `overloaded` at once when too many writes wait.
        """
        if not events:
            return 0
        unheard = await self.group.write(lambda connection: accept(connection, bot, channel, events))
        reach("live.webhook.after_commit")
        if unheard:
            self.arrived()
        return unheard


def accept(connection: Connection, bot: str, channel: str, events: Sequence[Event]) -> int:
    """Keeps the events of one call that were not heard before; how many those are.

    `bot` and `channel` are ids. Nothing about an event makes this fail: what is odd is made fit to be kept.
    """
    moment = datetime.now(UTC)
    rows = [_row(bot, channel, event, moment) for event in events]
    unheard = sum(_insert(connection, rows[start : start + _AT_A_TIME]) for start in range(0, len(rows), _AT_A_TIME))
    reach("live.webhook.before_commit")
    return unheard


def _insert(connection: Connection, rows: list[dict[str, Any]]) -> int:
    return len(connection.execute(_inserting(connection.dialect.name), rows).all())


@cache
def _inserting(dialect: str) -> ReturningInsert[Any]:
    """Written once: to write a statement costs more than to have it done."""
    table = (postgresql if dialect == "postgresql" else sqlite).insert(inbox)
    unheard: ReturningInsert[Any]
    unheard = table.on_conflict_do_nothing(index_elements=["channel_id", "event"]).returning(inbox.c.sequence)
    return unheard


def conversation_name(channel: str, conversation: str) -> str:
    """The conversation's id in live: two channels may use the same name for two people."""
    name = f"{channel}:{_sound(conversation)}"
    return name if len(name) <= _LONGEST_NAME else f"{channel}:{_sha256(conversation)}"


def claim(connection: Connection, owner: str, most: int, spared_bots: Collection[str] = ()) -> list[Arrival]:
    return [_arrival(row) for row in LANES.claim(connection, owner, most, bot_id=spared_bots)]


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


def _arrival(row: RowMapping) -> Arrival:
    return Arrival(
        sequence=row["sequence"],
        bot=row["bot_id"],
        channel=row["channel_id"],
        conversation=row["conversation"],
        event=read_event(row["body"]),
        owner=row["owner"],
        attempts=row["attempts"],
    )


def read_event(body: str) -> Incoming:
    """What `accept` kept."""
    return Incoming(**orjson.loads(body))


def _row(bot: str, channel: str, event: Event, moment: datetime) -> dict[str, Any]:
    common = {"bot_id": bot, "channel_id": channel, "event": _sha256(event.event_id), "attempts": 0}
    if isinstance(event, Ignored):
        told = {"conversation": None, "body": None, "status": "ignored", "reason": _sound(event.reason)[:_LONGEST_NAME]}
    else:
        name = conversation_name(channel, event.conversation)
        told = {"conversation": name, "body": _body(event), "status": "pending", "reason": None}
    return {**common, **told, "received_at": moment}


def _body(event: Incoming) -> str:
    spoken = event.language if event.language and len(event.language) <= _LONGEST_LANGUAGE else None
    values = {
        "event_id": event.event_id,
        "conversation": event.conversation,
        "user": event.user[:_LONGEST_NAME] if event.user else None,
        "text": event.text,
        "payload": event.payload,
        "language": spoken,
    }
    return orjson.dumps({name: _sound(value) if value else value for name, value in values.items()}).decode()


def _sound(text: str) -> str:
    """Without what a database or JSON refuses: NUL, and halves of characters."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
