"""NLP as a whole: status, import, export."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from fastapi import Query, Request, Response
from pydantic import BaseModel
from sqlalchemy import Connection, delete, select
from starlette.concurrency import run_in_threadpool

from services.draft_api.desk import Desk, DeskParts, Reader, Writer
from services.draft_api.expressions import Expression, insert_expressions
from services.draft_api.intents import create_intent, refuse_used, unlink_intents
from services.draft_api.nlp import normal_key
from services.draft_api.nlp_import import (
    ImportPlan,
    Parsed,
    Place,
    Row,
    parse_csv,
    parse_jsonl,
    plan_import,
    write_csv,
    write_jsonl,
)
from services.draft_api.nlp_status import language_states
from services.draft_api.snapshots import take_snapshot
from services.draft_api.store import find_bot, intent_names, languages_of, touch
from services.draft_api.tables import audit, expressions, intents
from shared.audit import Entry, note
from shared.contracts import NlpStatus
from shared.errors import MediaTypeError
from shared.ids import new_id
from shared.web.keys import Principal
from shared.web.routing import UPLOAD, Router

router = Router(prefix="/v1/bots/{bot}/nlp", tags=["nlp"])

_PARSERS = {"text/csv": parse_csv, "application/x-ndjson": parse_jsonl}
_IMPORT_BODY = {
    "required": True,
    "content": {
        "text/csv": {
            "schema": {"type": "string"},
            "example": "text,intent\nwhere is my parcel,track_parcel\n",
        },
        "application/x-ndjson": {
            "schema": {"type": "string"},
            "example": '{"text": "where is my parcel", "intent": "track_parcel"}\n',
        },
    },
}


class LanguageStatus(BaseModel):
    status: NlpStatus
    fingerprint: str
    model: str | None
    trained_at: Any
    error: str | None


class NlpState(BaseModel):
    languages: dict[str, LanguageStatus]


class Refused(BaseModel):
    line: int
    code: str
    detail: str


class Imported(BaseModel):
    """`skipped` lines are expressions that their intent has already. `snapshot` undoes a replacement."""

    added: int
    skipped: int
    refused: list[Refused]
    snapshot: str | None = None


@router.get("")
def status(bot: str, desk: Desk, key: Reader) -> NlpState:
    with desk.db.reading() as connection:
        row = find_bot(connection, bot, key.bot)
        states = language_states(connection, row["id"], desk.nlp.get(connection, row))
    return NlpState(
        languages={
            language: LanguageStatus(
                status=state.status,
                fingerprint=state.fingerprint,
                model=state.model.digest if state.model else None,
                trained_at=state.trained_at,
                error=state.error,
            )
            for language, state in states.items()
        }
    )


@router.post("/import", openapi_extra={UPLOAD: True, "requestBody": _IMPORT_BODY})
async def import_nlp(
    bot: str,
    request: Request,
    desk: Desk,
    key: Writer,
    mode: Annotated[Literal["merge", "replace"], Query()] = "merge",
    unlink: Annotated[bool, Query()] = False,
) -> Imported:
    """CSV (`text,intent[,language]`) or JSON Lines. Good lines go in; the others are named by their number."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind not in _PARSERS:
        raise MediaTypeError("unsupported_media_type", "Send text/csv or application/x-ndjson.")
    body = await request.body()
    return await run_in_threadpool(_import, desk, key, bot, _PARSERS[kind](body), mode == "replace", unlink)


@router.get("/export")
def export_nlp(
    bot: str,
    desk: Desk,
    key: Reader,
    format: Literal["csv", "jsonl"] = "csv",
    language: Annotated[list[str] | None, Query()] = None,
    intent: Annotated[list[str] | None, Query()] = None,
) -> Response:
    with desk.db.reading() as connection:
        nlp = desk.nlp.get(connection, find_bot(connection, bot, key.bot))
    rows = [
        Row(0, text, i.name, spoken)
        for i in nlp.intents
        for spoken, texts in sorted(i.expressions.items())
        for text in texts
        if (not language or spoken in language) and (not intent or i.name in intent or i.id in intent)
    ]
    if format == "csv":
        return Response(write_csv(rows), media_type="text/csv; charset=utf-8")
    return Response(write_jsonl(rows), media_type="application/x-ndjson")


def _import(
    desk: DeskParts, key: Principal, bot: str, parsed: Iterable[Parsed], replace: bool, unlink: bool
) -> Imported:
    with desk.db.writing() as connection:
        row = find_bot(connection, bot, key.bot)
        taken = {} if replace else _taken(connection, row["id"])
        plan = plan_import(parsed, languages_of(row), taken, normal_key)
        snapshot = take_snapshot(connection, row, "before replacing the NLP") if replace else None
        if replace:
            _clear(connection, row["id"], {a.row.intent for a in plan.accepted}, unlink)
        _write(connection, row["id"], plan)
        if plan.accepted or replace:
            touch(connection, row["id"], nlp=True)
        if replace:
            note(connection, audit, Entry("nlp_replaced", key.name, row["id"], {"snapshot": snapshot}))
    refused = [Refused(line=r.line, code=r.code, detail=r.detail) for r in plan.refused]
    return Imported(added=len(plan.accepted), skipped=plan.skipped, refused=refused, snapshot=snapshot)


def _taken(connection: Connection, bot_id: str) -> dict[Place, str]:
    owner = (intents.c.bot_id == expressions.c.bot_id) & (intents.c.id == expressions.c.intent_id)
    query = select(expressions.c.language, expressions.c.normal, intents.c.name).join(intents, owner)
    rows = connection.execute(query.where(expressions.c.bot_id == bot_id))
    return {(row.language, row.normal): row.name for row in rows}


def _clear(connection: Connection, bot_id: str, kept: set[str], unlink: bool) -> None:
    """Replacing matches intents by name, so that their ids stay (T6); the others go, if no block uses them (T12)."""
    gone = {intent: name for intent, name in intent_names(connection, bot_id).items() if name not in kept}
    if unlink:
        unlink_intents(connection, bot_id, set(gone))
    else:
        refuse_used(connection, bot_id, gone)
    connection.execute(delete(expressions).where(expressions.c.bot_id == bot_id))
    for intent in gone:
        connection.execute(delete(intents).where(intents.c.bot_id == bot_id, intents.c.id == intent))


def _write(connection: Connection, bot_id: str, plan: ImportPlan) -> None:
    ids = {name: intent for intent, name in intent_names(connection, bot_id).items()}
    for name in dict.fromkeys(accepted.row.intent for accepted in plan.accepted):
        ids[name] = ids.get(name) or create_intent(connection, bot_id, name)
    rows = [
        (Expression(id=new_id("expr"), text=a.row.text, language=a.place[0]), ids[a.row.intent], a.place[1])
        for a in plan.accepted
    ]
    insert_expressions(connection, bot_id, rows)
