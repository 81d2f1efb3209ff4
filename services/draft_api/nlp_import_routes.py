"""Expressions from elsewhere into a bot that is there: lists, or the export of another platform."""

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Query, Request
from pydantic import BaseModel
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from services.draft_api.bundles import Warned
from services.draft_api.desk import Desk, DeskParts, Writer
from services.draft_api.foreign.export import Export, only_expressions
from services.draft_api.foreign.reading import YAML, ZIP, read_export
from services.draft_api.nlp import normal_key
from services.draft_api.nlp_import import ImportPlan, parse_csv, parse_jsonl, plan_import
from services.draft_api.nlp_import_writing import clear_nlp, crowded, has_expressions, taken_places, write_plan
from services.draft_api.snapshots import take_snapshot
from services.draft_api.store import bot_etag, find_bot, languages_of, touch
from services.draft_api.tables import audit
from services.draft_api.wording import MOST_INTENTS
from shared.audit import Entry, note
from shared.contracts import Language
from shared.errors import InvalidError, MediaTypeError
from shared.web.keys import Principal
from shared.web.preconditions import IfMatch, require_match
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
    `warnings` are what a training would refuse.
    """

    format: str
    added: int
    skipped: int
    refused: list[Refused]
    entities: list[str] = []
    not_carried: list[Lost] = []
    warnings: list[Warned] = []
    snapshot: str | None = None


@router.post(
    "/import", openapi_extra={UPLOAD: True, "requestBody": _IMPORT_BODY}, summary="Import intents and expressions"
)
async def import_nlp(
    bot: str,
    request: Request,
    desk: Desk,
    key: Writer,
    mode: Annotated[Literal["merge", "replace"], Query()] = "merge",
    unlink: Annotated[bool, Query()] = False,
    language: Annotated[Language | None, Query(description="Of what does not say its own.")] = None,
    if_match: IfMatch = None,
) -> Imported:
    """CSV (`text,intent[,language]`), JSON Lines, or the export of another platform, recognised by what is in it:

    Rasa (YAML, or a project as a zip) or Dialogflow (zip). Good lines go in; the others are named by their number.
    A file that cannot be read is refused as a whole, and so is a replacement by nothing. `If-Match` names the bot.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind not in {*_PARSERS, YAML, ZIP}:
        raise MediaTypeError("unsupported_media_type", f"Send {', '.join((*_PARSERS, YAML))} or {ZIP}.")
    body = await request.body()
    return await run_in_threadpool(
        _import, desk, key, bot, _Sent(kind, body, language), mode == "replace", unlink, if_match
    )


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


def _import(
    desk: DeskParts, key: Principal, bot: str, sent: _Sent, replace: bool, unlink: bool, if_match: str | None
) -> Imported:
    export = sent.read()
    with desk.db.writing() as connection:
        row = find_bot(connection, bot, key.bot)
        require_match(if_match, bot_etag(row))
        taken = {} if replace else taken_places(connection, row["id"])
        languages = _starting_with(sent.language, languages_of(row))
        plan = plan_import(export.parsed, languages, taken, normal_key)
        if replace:
            _refuse_nothing(plan, export)
        snapshot = take_snapshot(connection, row, "before replacing the NLP") if replace else None
        if replace:
            clear_nlp(connection, row["id"], {*export.intents, *(a.row.intent for a in plan.accepted)}, unlink)
        write_plan(connection, row["id"], plan, export)
        if plan.accepted or replace or export.intents or export.entities:
            touch(connection, row["id"], nlp=True)
        if replace:
            note(connection, audit, Entry("nlp_replaced", key.name, row["id"], {"snapshot": snapshot}))
        warnings = warnings_of(connection, row["id"])
    desk.trainers.expect()
    return Imported(
        format=export.format,
        added=len(plan.accepted),
        skipped=plan.skipped,
        refused=refused_lines(plan),
        entities=sorted(export.entities),
        not_carried=[*lost(export), *_left_behind(export)],
        warnings=warnings,
        snapshot=snapshot,
    )


def _starting_with(language: str | None, spoken: tuple[str, ...]) -> tuple[str, ...]:
    """The first is that of expressions which do not say theirs. Raises InvalidError `unknown_language`."""
    if language is None:
        return spoken
    if language not in spoken:
        raise InvalidError("unknown_language", f"This bot does not speak {language!r}.")
    return language, *(other for other in spoken if other != language)


def _refuse_nothing(plan: ImportPlan, export: Export) -> None:
    """A replacement that brings no expression would only take away; intents that never had one are enough.

    Raises InvalidError `nothing_to_import`.
    """
    if plan.accepted or (export.intents and not plan.refused):
        return
    why = f"{len(plan.refused)} of its lines are refused" if plan.refused else "there is none in it"
    detail = f"No expression would come in ({why}), so nothing was replaced."
    refused = [line.model_dump() for line in refused_lines(plan)]
    not_carried = [found.model_dump() for found in lost(export)]
    raise InvalidError("nothing_to_import", detail, refused=refused, not_carried=not_carried)


def warnings_of(connection: Connection, bot_id: str) -> list[Warned]:
    if not has_expressions(connection, bot_id):
        return [Warned(code="no_expressions", detail="No intent has an expression: there is nothing to train.")]
    found = sorted(crowded(connection, bot_id).items())
    why = f"a training takes up to {MOST_INTENTS}: join those that lead to the same answer"
    return [Warned(code="too_many_intents", detail=f"{count} intents in {lang!r}; {why}.") for lang, count in found]


def refused_lines(plan: ImportPlan) -> list[Refused]:
    return [Refused(line=r.line, code=r.code, detail=r.detail) for r in plan.refused]


def lost(export: Export) -> list[Lost]:
    return [Lost(what=found.what, why=found.why) for found in export.not_carried]


def _left_behind(export: Export) -> list[Lost]:
    """NLP alone comes into a bot that is there; what it says is its own."""
    count = len(export.blocks)
    why = f"only NLP comes into a bot that is there: import a new bot with POST /v1/bots/import/{export.format}"
    return [Lost(what=f"{count} responses", why=why)] if count else []
