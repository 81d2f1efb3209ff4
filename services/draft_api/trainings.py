"""Asking for a training and following it. What it does is in `training_job`."""

from datetime import datetime
from typing import Annotated

import orjson
from fastapi import Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, RowMapping, insert, select, update
from sqlalchemy.exc import IntegrityError

from services.draft_api.desk import Desk, DeskParts, Reader, Writer
from services.draft_api.store import find_bot, languages_of, now
from services.draft_api.tables import bots, idempotency, trainings
from shared.contracts import Language
from shared.db import utc
from shared.errors import ConflictError, InvalidError, NotFoundError
from shared.ids import new_id
from shared.web.events import EventStream, event_stream
from shared.web.idempotency import once
from shared.web.keys import Principal
from shared.web.pages import Limit, Page, cut
from shared.web.progress import eta_seconds
from shared.web.routing import Router

router = Router(tags=["training"])

ENDED = {"succeeded", "failed", "cancelled"}


class TrainingRequest(BaseModel):
    """Every language of the bot, unless some are named."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{}]})

    languages: Annotated[list[Language], Field(min_length=1)] | None = None


class Training(BaseModel):
    id: str
    bot: str
    languages: list[str]
    status: str
    step: str | None
    percent: float
    eta_seconds: float | None
    models: dict[str, str]
    error: dict[str, str] | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


@router.post("/v1/bots/{bot}/trainings", status_code=202, summary="Train a bot")
def start(
    bot: str,
    desk: Desk,
    key: Writer,
    response: Response,
    body: TrainingRequest = TrainingRequest(),
    idempotency_key: Annotated[str | None, Header()] = None,
) -> Training:
    """Ends by itself, whatever happens to the process; one at a time per bot."""
    asked = (bot, body.model_dump(mode="json"))
    try:
        with desk.db.writing() as connection:
            training = once(
                connection,
                idempotency,
                principal=key,
                scope="trainings",
                key=idempotency_key,
                request=asked,
                run=lambda: _create(connection, find_bot(connection, bot, key.bot), body.languages),
            )
    except IntegrityError:
        raise _running(desk, bot, key) from None
    desk.jobs.start("training", training)
    response.headers["Location"] = f"/v1/trainings/{training}"
    with desk.db.reading() as connection:
        return _shown(find_training(connection, training, key))


@router.get("/v1/bots/{bot}/trainings")
def list_all(bot: str, desk: Desk, key: Reader, limit: Limit = 100, cursor: str | None = None) -> Page[Training]:
    with desk.db.reading() as connection:
        bot_id = find_bot(connection, bot, key.bot)["id"]
        rows = connection.execute(select(trainings).where(trainings.c.bot_id == bot_id)).mappings().all()
    items = [_shown(row) for row in rows]
    return cut(items, limit, cursor, key=lambda item: (item.created_at.isoformat(), item.id), newest_first=True)


@router.get("/v1/trainings/{training}")
def show(training: str, desk: Desk, key: Reader) -> Training:
    with desk.db.reading() as connection:
        return _shown(find_training(connection, training, key))


@router.get("/v1/trainings/{training}/events", response_class=EventStream)
def events(training: str, request: Request, desk: Desk, key: Reader) -> EventStream:
    """Server-sent events: `progress` with the training as it stands, until it has ended."""
    show(training, desk, key)
    return event_stream(
        request,
        read=lambda: show(training, desk, key).model_dump(mode="json"),
        ended=lambda state: state["status"] in ENDED,
    )


@router.post("/v1/trainings/{training}/cancel")
def cancel(training: str, desk: Desk, key: Writer) -> Training:
    """Takes effect within a moment; a training that has ended stays as it ended."""
    with desk.db.writing() as connection:
        found = find_training(connection, training, key)
        if found["status"] not in ENDED:
            connection.execute(update(trainings).where(trainings.c.id == training).values(cancel_requested=True))
        return _shown(found)


def find_training(connection: Connection, training: str, key: Principal) -> RowMapping:
    row = connection.execute(select(trainings).where(trainings.c.id == training)).mappings().first()
    if row is None or (key.bot is not None and row["bot_id"] != key.bot):
        raise NotFoundError("not_found", f"There is no training {training!r}.")
    return row


def _create(connection: Connection, bot: RowMapping, languages: list[str] | None) -> str:
    unknown = sorted(set(languages or ()) - set(languages_of(bot)))
    if unknown:
        raise InvalidError("unknown_language", f"This bot does not speak {unknown[0]!r}.")
    wanted = list(dict.fromkeys(languages or languages_of(bot)))
    training = new_id("train")
    connection.execute(
        insert(trainings).values(
            id=training,
            bot_id=bot["id"],
            languages=orjson.dumps(wanted).decode(),
            status="queued",
            percent=0.0,
            models="{}",
            cancel_requested=False,
            created_at=now(),
        )
    )
    return training


def _running(desk: DeskParts, bot: str, key: Principal) -> ConflictError:
    """Only one training of a bot runs at a time (T1); the caller is told which."""
    with desk.db.reading() as connection:
        bot_id = find_bot(connection, bot, key.bot)["id"]
        query = select(trainings.c.id).join(bots, bots.c.id == trainings.c.bot_id)
        here = trainings.c.bot_id == bot_id, trainings.c.status.in_(("queued", "running"))
        running = connection.execute(query.where(*here)).scalar()
    return ConflictError("training_running", "This bot is being trained already.", training=running)


def _shown(row: RowMapping) -> Training:
    return Training(
        id=row["id"],
        bot=row["bot_id"],
        languages=orjson.loads(row["languages"]),
        status=row["status"],
        step=row["step"],
        percent=row["percent"],
        eta_seconds=eta_seconds(row["status"] == "running", utc(row["started_at"]), row["percent"]),
        models=orjson.loads(row["models"]),
        error=orjson.loads(row["error"]) if row["error"] else None,
        created_at=utc(row["created_at"]),
        started_at=utc(row["started_at"]),
        ended_at=utc(row["ended_at"]),
    )
