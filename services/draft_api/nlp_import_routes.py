"""Expressions from elsewhere into a bot that is there: lists, or the export of another platform."""

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Query, Request
from pydantic import BaseModel
from sqlalchemy import Connection, delete, select
from starlette.concurrency import run_in_threadpool

from services.draft_api.desk import Desk, DeskParts, Writer
from services.draft_api.documents import write_document
from services.draft_api.expressions import Expression, insert_expressions
from services.draft_api.foreign.harvest import Export, only_expressions
from services.draft_api.foreign.reading import YAML, ZIP, read_export
from services.draft_api.intents import create_intent, refuse_used, unlink_intents
from services.draft_api.nlp import normal_key
from services.draft_api.nlp_import import (
    ImportPlan,
    Place,
    parse_csv,
    parse_jsonl,
    plan_import,
)
from services.draft_api.snapshots import take_snapshot
from services.draft_api.store import find_bot, intent_names, languages_of, touch
from services.draft_api.tables import audit, entities, expressions, intents
from shared.audit import Entry, note
from shared.contracts import Language
from shared.errors import InvalidError, MediaTypeError
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
        YAML: {
            "schema": {"type": "string"},
            "example": "nlu:\n- intent: track_parcel\n  examples: |\n    - where is my parcel\n",
        },
        ZIP: {"schema": {"type": "string", "format": "binary"}},
    },
}


class Refused(BaseModel):
    line: int
    code: str
    detail: str


class Lost(BaseModel):
    """`what` is in the words of where it comes from."""

    what: str
    why: str


class Imported(BaseModel):
    """`skipped` lines are expressions that their intent has already. `snapshot` undoes a replacement.

    Of another platform's export, a line is the number of an expression, and `entities` are those that came along.
    """

    format: str
    added: int
    skipped: int
    refused: list[Refused]
    entities: list[str] = []
    not_carried: list[Lost] = []
    snapshot: str | None = None


@router.post("/import", openapi_extra={UPLOAD: True, "requestBody": _IMPORT_BODY})
async def import_nlp(
    bot: str,
    request: Request,
    desk: Desk,
    key: Writer,
    mode: Annotated[Literal["merge", "replace"], Query()] = "merge",
    unlink: Annotated[bool, Query()] = False,
    language: Annotated[Language | None, Query(description="Of what does not say its own.")] = None,
) -> Imported:
    """CSV (`text,intent[,language]`), JSON Lines, or the export of another platform, recognised by what is in it:

    Rasa (YAML, or a project as a zip) or Dialogflow (zip). Good lines go in; the others are named by their number.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind not in {*_PARSERS, YAML, ZIP}:
        raise MediaTypeError("unsupported_media_type", f"Send {', '.join((*_PARSERS, YAML))} or {ZIP}.")
    body = await request.body()
    return await run_in_threadpool(_import, desk, key, bot, _Sent(kind, body, language), mode == "replace", unlink)


@dataclass(frozen=True)
class _Sent:
    media_type: str
    body: bytes
    language: str | None

    def read(self) -> Export:
        """Raises what `read_export` raises."""
        if self.media_type in _PARSERS:
            return only_expressions(self.media_type, _PARSERS[self.media_type](self.body))
        return read_export(self.body, self.media_type, self.language)


def _import(desk: DeskParts, key: Principal, bot: str, sent: _Sent, replace: bool, unlink: bool) -> Imported:
    export = sent.read()
    with desk.db.writing() as connection:
        row = find_bot(connection, bot, key.bot)
        taken = {} if replace else _taken(connection, row["id"])
        languages = _starting_with(sent.language, languages_of(row))
        plan = plan_import(export.parsed, languages, taken, normal_key)
        snapshot = take_snapshot(connection, row, "before replacing the NLP") if replace else None
        if replace:
            _clear(connection, row["id"], {*export.intents, *(a.row.intent for a in plan.accepted)}, unlink)
        write_plan(connection, row["id"], plan, export)
        if plan.accepted or replace or export.intents or export.entities:
            touch(connection, row["id"], nlp=True)
        if replace:
            note(connection, audit, Entry("nlp_replaced", key.name, row["id"], {"snapshot": snapshot}))
    desk.trainers.expect()
    return Imported(
        format=export.format,
        added=len(plan.accepted),
        skipped=plan.skipped,
        refused=refused_lines(plan),
        entities=sorted(export.entities),
        not_carried=[*lost(export), *_left_behind(export)],
        snapshot=snapshot,
    )


def _starting_with(language: str | None, spoken: tuple[str, ...]) -> tuple[str, ...]:
    """The first is that of expressions which do not say theirs. Raises InvalidError `unknown_language`."""
    if language is None:
        return spoken
    if language not in spoken:
        raise InvalidError("unknown_language", f"This bot does not speak {language!r}.")
    return language, *(other for other in spoken if other != language)


def refused_lines(plan: ImportPlan) -> list[Refused]:
    return [Refused(line=r.line, code=r.code, detail=r.detail) for r in plan.refused]


def lost(export: Export) -> list[Lost]:
    return [Lost(what=found.what, why=found.why) for found in export.not_carried]


def _left_behind(export: Export) -> list[Lost]:
    """NLP alone comes into a bot that is there; what it says is its own."""
    count = len(export.blocks)
    why = f"only NLP comes into a bot that is there: import a new bot with POST /v1/bots/import/{export.format}"
    return [Lost(what=f"{count} responses", why=why)] if count else []


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


def write_plan(connection: Connection, bot_id: str, plan: ImportPlan, export: Export) -> None:
    """Intents, expressions and entities; an entity that is there already is written anew."""
    ids = {name: intent for intent, name in intent_names(connection, bot_id).items()}
    for name in dict.fromkeys((*export.intents, *(accepted.row.intent for accepted in plan.accepted))):
        ids[name] = ids.get(name) or create_intent(connection, bot_id, name)
    rows = [
        (Expression(id=new_id("expr"), text=a.row.text, language=a.place[0]), ids[a.row.intent], a.place[1])
        for a in plan.accepted
    ]
    insert_expressions(connection, bot_id, rows)
    for name, entity in export.entities.items():
        write_document(connection, entities, bot_id, name, entity.document())
