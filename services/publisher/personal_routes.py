"""A person's data, exported and erased over live, the preview and draft's inbox with one call (F5)."""

from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import RowMapping

from services.publisher import audit
from services.publisher.bridge import Bridge, BridgeParts, Executor, Planner
from services.publisher.erasing import ENDED, STEPS, ask_for_erasure, find
from services.publisher.records import error_of, now
from services.publisher.tables import idempotency
from shared.db import utc
from shared.errors import ConflictError, NotFoundError
from shared.web.events import EventStream, event_stream
from shared.web.idempotency import once
from shared.web.keys import Principal
from shared.web.progress import eta_seconds
from shared.web.routing import Router

router = Router(tags=["people"])


class Person(BaseModel):
    """`user` is who the channel, or the caller of the REST channel, says that they are."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"bot": "Tern Valley Railway", "user": "otto"}]}
    )

    bot: Annotated[str, Field(min_length=1, max_length=200)]
    user: Annotated[str, Field(min_length=1, max_length=200)]


class Found(BaseModel):
    conversations: int
    messages: int


class AcceptedExpression(BaseModel):
    """A builder has made it the bot's: delete it, or leave it."""

    id: str
    intent: str
    language: str


class Report(BaseModel):
    """How much there was. `draft` counts messages of the inbox; `preview` is absent where there is none.

    `trained_on_erased` are digests of the models that were trained on the expressions.
    """

    live: Found
    preview: Found | None = None
    draft: dict[str, int]
    expressions: list[AcceptedExpression]
    trained_on_erased: list[str]


class Erasure(BaseModel):
    """Without the person's name, which is erased with the rest."""

    id: str
    bot: str
    status: str
    step: str
    percent: float
    eta_seconds: float | None = None
    report: Report | None
    author: str
    error: dict[str, str] | None
    created_at: datetime
    ended_at: datetime | None


class Export(BaseModel):
    """Sensitive variables are hidden, as everywhere."""

    bot: str
    user: str
    exported_at: datetime
    live: dict[str, Any]
    preview: dict[str, Any] | None = None
    draft: dict[str, Any]


@router.post("/v1/erasures", status_code=202, summary="Erase a person")
def erase(
    body: Person,
    bridge: Bridge,
    key: Executor,
    response: Response,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> Erasure:
    """Everything that the person said, and what was answered, is gone when it has succeeded: also from the files.

    What builders made of it stays, and is named in the report.
    """
    bot_id = bridge.bot_id(body.bot, key)
    with bridge.db.writing() as connection:

        def ask() -> str:
            erasure = ask_for_erasure(connection, bot_id, body.user, key.name)
            audit.erasure_asked(connection, bot_id, erasure, key)
            return erasure

        asked = [bot_id, body.user]
        started = str(once(connection, idempotency, key, "erasures", idempotency_key, asked, ask))
    bridge.jobs.start("erasure", started)
    response.headers["Location"] = f"/v1/erasures/{started}"
    return show(started, bridge, key)


@router.get("/v1/erasures/{erasure}")
def show(erasure: str, bridge: Bridge, key: Planner) -> Erasure:
    return _shown(_find(bridge, erasure, key))


@router.get("/v1/erasures/{erasure}/events", response_class=EventStream)
def events(erasure: str, request: Request, bridge: Bridge, key: Planner) -> EventStream:
    """Server-sent events: `progress` with the erasure as it stands, until it has ended."""
    _find(bridge, erasure, key)
    return event_stream(
        request,
        read=lambda: show(erasure, bridge, key).model_dump(mode="json"),
        ended=lambda state: state["status"] in ENDED,
    )


@router.post("/v1/erasures/{erasure}/cancel")
def cancel(erasure: str, bridge: Bridge, key: Executor) -> Erasure:
    """An erasure is owed to a person: it cannot be cancelled, and one that has ended stays as it ended."""
    found = _find(bridge, erasure, key)
    if found["status"] not in ENDED:
        raise ConflictError("not_cancellable", "An erasure that was asked for is seen through.", step=found["step"])
    return _shown(found)


@router.post("/v1/exports", summary="Export a person")
def export(body: Person, bridge: Bridge, key: Executor) -> Export:
    """Everything that the three know of the person, in one document."""
    bot_id = bridge.bot_id(body.bot, key)
    there = {name: target.live.personal(bot_id, body.user) for name, target in bridge.targets.items()}
    known = sorted({conversation["id"] for conversations in there.values() for conversation in conversations})
    home = bridge.draft.personal(bot_id, body.user, known)
    with bridge.db.writing() as connection:
        audit.user_exported(connection, bot_id, key)
    targets: dict[str, Any] = {name: {"conversations": conversations} for name, conversations in there.items()}
    return Export(bot=bot_id, user=body.user, exported_at=now(), draft=home, **targets)


def _find(bridge: BridgeParts, erasure: str, key: Principal) -> RowMapping:
    with bridge.db.reading() as connection:
        row = find(connection, erasure)
    if row is None or (key.bot is not None and key.bot != row["bot_id"]):
        raise NotFoundError("not_found", f"There is no erasure {erasure!r}.")
    return row


def _shown(row: RowMapping) -> Erasure:
    percent = 100.0 * STEPS.index(row["step"]) / (len(STEPS) - 1)
    return Erasure(
        **{name: row[name] for name in ("id", "status", "step", "author")},
        error=error_of(row["error"]),
        bot=row["bot_id"],
        percent=percent,
        eta_seconds=eta_seconds(row["status"] == "running", utc(row["created_at"]), percent),
        report=Report.model_validate(orjson.loads(row["report"])) if row["report"] else None,
        created_at=utc(row["created_at"]),
        ended_at=utc(row["ended_at"]),
    )
