"""What is to be sent: written with what it answers (M6), kept until a platform has it or refuses it for good (M4)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Connection, RowMapping, insert
from sqlalchemy.sql.dml import ReturningInsert

from services.live_api.lanes import Lanes
from services.live_api.tables import outbox
from shared.db import utc
from shared.ids import new_id

LANES = Lanes(outbox, ("bot_id", "target", "conversation"))


@dataclass(frozen=True)
class Draft:
    """Something to send to `target`, a channel's id. `address` is where the platform finds the conversation."""

    bot: str
    target: str
    conversation: str
    address: str
    body: Mapping[str, Any]
    message: str | None = None


@dataclass(frozen=True)
class Outbound:
    """A draft that is kept. `parts` is how many of the requests that it comes to the platform has accepted."""

    sequence: int
    id: str
    bot: str
    target: str
    conversation: str
    address: str
    body: Mapping[str, Any]
    parts: int
    attempts: int
    created_at: datetime


def put(connection: Connection, drafts: Sequence[Draft], owner: str | None) -> list[Outbound]:
    """Keeps drafts of one lane, in their order. What `owner` may send at once: nothing while something older waits."""
    if not drafts:
        return []
    if owner is not None and _waiting(connection, drafts[0]):
        owner = None
    moment = datetime.now(UTC)
    rows = [_row(draft, owner, moment) for draft in drafts]
    numbers = [connection.execute(_inserting(), row).scalar_one() for row in rows]
    if owner is None:
        return []
    return [_outbound({**row, "sequence": number}) for row, number in zip(rows, numbers, strict=True)]


def claim(
    connection: Connection,
    owner: str,
    most: int,
    spared_bots: Collection[str] = (),
    spared_targets: Collection[str] = (),
) -> list[Outbound]:
    rows = LANES.claim(connection, owner, most, bot_id=spared_bots, target=spared_targets)
    return [_outbound(row) for row in rows]


def claim_probe(connection: Connection, owner: str, target: str) -> list[Outbound]:
    """One of a target that failed until now, to see whether it still does."""
    return [_outbound(row) for row in LANES.claim_freshest(connection, owner, "target", target)]


def accepted(connection: Connection, out: Outbound, owner: str, parts: int, whole: bool) -> bool:
    """The platform has `parts` of it. What people said is forgotten here once it has the `whole`."""
    done = {"status": "sent", "owner": None, "address": None, "body": None} if whole else {}
    return _change(connection, out, owner, {"parts": parts, **done})


def tried(connection: Connection, out: Outbound, owner: str, attempts: int) -> bool:
    return _change(connection, out, owner, {"attempts": attempts})


def park(connection: Connection, out: Outbound, owner: str, reason: str) -> bool:
    return _change(connection, out, owner, {"status": "parked", "owner": None, "reason": reason[:200]})


def give_back(connection: Connection, outs: Collection[Outbound], owner: str) -> None:
    """For another time, or for another process. An attempt that was not made does not count."""
    for out in outs:
        _change(connection, out, owner, {"owner": None, "attempts": out.attempts - 1})


def _change(connection: Connection, out: Outbound, owner: str, values: Mapping[str, Any]) -> bool:
    """False when it is no longer `owner`'s."""
    return LANES.change(connection, out.sequence, owner, values)


def _waiting(connection: Connection, draft: Draft) -> bool:
    here = {"bot_id": draft.bot, "target": draft.target, "conversation": draft.conversation}
    return LANES.occupied(connection, here)


@cache
def _inserting() -> ReturningInsert[tuple[int]]:
    return insert(outbox).returning(outbox.c.sequence)


def _row(draft: Draft, owner: str | None, moment: datetime) -> dict[str, Any]:
    return {
        "id": new_id("out"),
        "bot_id": draft.bot,
        "target": draft.target,
        "conversation": draft.conversation,
        "message_id": draft.message,
        "address": draft.address,
        "body": orjson.dumps(draft.body).decode(),
        "parts": 0,
        "status": "pending",
        "attempts": 0 if owner is None else 1,
        "owner": owner,
        "created_at": moment,
    }


def _outbound(row: RowMapping | Mapping[str, Any]) -> Outbound:
    return Outbound(
        sequence=row["sequence"],
        id=row["id"],
        bot=row["bot_id"],
        target=row["target"],
        conversation=row["conversation"],
        address=row["address"],
        body=orjson.loads(row["body"]),
        parts=row["parts"],
        attempts=row["attempts"],
        created_at=utc(row["created_at"]),
    )
