"""Asking for the inbox now, and when it comes by itself (F1)."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, RowMapping, select, update

from services.publisher import records
from services.publisher.bridge import Bridge, Executor, Planner
from services.publisher.inbox_sync import GOING, ask_for_sync, ask_to_cancel
from services.publisher.records import now
from services.publisher.tables import idempotency, inbox_schedules, inbox_syncs
from shared.db import utc
from shared.errors import NotFoundError
from shared.web.events import EventStream, event_stream
from shared.web.idempotency import once
from shared.web.keys import Principal
from shared.web.routing import Empty, Router

router = Router(tags=["inbox"])

_SOON = timedelta(days=1)


class Sync(BaseModel):
    """How much is left nobody knows before it is moved: it is at 0 % until it ends, and has no `eta_seconds`."""

    id: str
    bot: str
    status: str
    step: str
    percent: float
    eta_seconds: float | None = None
    moved: int
    error: dict[str, str] | None
    created_at: datetime
    ended_at: datetime | None


class Schedule(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"enabled": True, "every_minutes": 1440}]}
    )

    enabled: bool = True
    every_minutes: Annotated[int, Field(ge=5, le=43_200)] = 1440


class ShownSchedule(Schedule):
    next_at: datetime


@router.post("/v1/bots/{bot}/inbox-syncs", status_code=202, summary="Bring the inbox home")
def sync(
    bot: str,
    bridge: Bridge,
    key: Executor,
    response: Response,
    idempotency_key: Annotated[str | None, Header()] = None,
    _body: Empty = Empty(),
) -> Sync:
    """Moves live's user messages to draft's inbox, each exactly once."""
    bot_id = bridge.bot_id(bot, key)
    with bridge.db.writing() as connection:
        records.schedule_inbox(connection, bot_id, now() + _SOON)
        started = once(
            connection,
            idempotency,
            key,
            "inbox-syncs",
            idempotency_key,
            bot_id,
            lambda: ask_for_sync(connection, bot_id),
        )
    bridge.jobs.start("inbox_sync", started)
    response.headers["Location"] = f"/v1/inbox-syncs/{started}"
    return show(started, bridge, key)


@router.get("/v1/inbox-syncs/{sync}", summary="Show an inbox sync")
def show(sync: str, bridge: Bridge, key: Planner) -> Sync:
    with bridge.db.reading() as connection:
        return _shown(_find(connection, sync, key))


@router.get("/v1/inbox-syncs/{sync}/events", response_class=EventStream, summary="Follow an inbox sync")
def events(sync: str, request: Request, bridge: Bridge, key: Planner) -> EventStream:
    """Server-sent events: `progress` with the sync as it stands, until it has ended."""
    show(sync, bridge, key)
    return event_stream(
        request,
        read=lambda: show(sync, bridge, key).model_dump(mode="json"),
        ended=lambda state: state["status"] != "running",
    )


@router.post("/v1/inbox-syncs/{sync}/cancel", summary="Cancel an inbox sync")
def cancel(sync: str, bridge: Bridge, key: Executor) -> Sync:
    """Takes effect once the messages in hand have arrived: they stay, and the next sync goes on after them."""
    with bridge.db.writing() as connection:
        _find(connection, sync, key)
        ask_to_cancel(connection, sync)
        return _shown(_find(connection, sync, key))


@router.get("/v1/bots/{bot}/inbox-schedule", summary="Show the schedule of the inbox")
def schedule(bot: str, bridge: Bridge, key: Planner) -> ShownSchedule:
    bot_id = bridge.bot_id(bot, key)
    with bridge.db.writing() as connection:
        records.schedule_inbox(connection, bot_id, now() + _SOON)
        row = connection.execute(select(inbox_schedules).where(inbox_schedules.c.bot_id == bot_id)).mappings().one()
    return _shown_schedule(row)


@router.put("/v1/bots/{bot}/inbox-schedule", summary="Write the schedule of the inbox")
def reschedule(bot: str, body: Schedule, bridge: Bridge, key: Executor) -> ShownSchedule:
    bot_id = bridge.bot_id(bot, key)
    next_at = now() + timedelta(minutes=body.every_minutes)
    here = inbox_schedules.c.bot_id == bot_id
    with bridge.db.writing() as connection:
        records.schedule_inbox(connection, bot_id, next_at)
        connection.execute(update(inbox_schedules).where(here).values(next_at=next_at, **body.model_dump()))
        row = connection.execute(select(inbox_schedules).where(here)).mappings().one()
    return _shown_schedule(row)


def _find(connection: Connection, sync: str, key: Principal) -> RowMapping:
    row = connection.execute(select(inbox_syncs).where(inbox_syncs.c.id == sync)).mappings().first()
    if row is None or (key.bot is not None and key.bot != row["bot_id"]):
        raise NotFoundError("not_found", f"There is no inbox sync {sync!r}.")
    return row


def _shown(row: RowMapping) -> Sync:
    going = row["status"] in GOING
    return Sync(
        id=row["id"],
        bot=row["bot_id"],
        status="running" if going else row["status"],
        step={"running": "moving", "cancelling": "cancelling"}.get(row["status"], "done"),
        percent=0.0 if going else 100.0,
        moved=row["moved"],
        error=records.error_of(row["error"]),
        created_at=utc(row["created_at"]),
        ended_at=utc(row["ended_at"]),
    )


def _shown_schedule(row: RowMapping) -> ShownSchedule:
    return ShownSchedule(enabled=row["enabled"], every_minutes=row["every_minutes"], next_at=utc(row["next_at"]))
