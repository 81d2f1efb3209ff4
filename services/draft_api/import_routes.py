"""A new bot from another platform's export."""

from typing import Annotated, Literal

from fastapi import Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from services.draft_api.bot_records import create_bot, refuse_bound
from services.draft_api.bundles import Warned
from services.draft_api.desk import Desk, DeskParts, Writer
from services.draft_api.documents import write_document, write_flow
from services.draft_api.foreign.export import Export
from services.draft_api.foreign.reading import YAML, ZIP, read_export
from services.draft_api.nlp import normal_key
from services.draft_api.nlp_import import ImportPlan, plan_import
from services.draft_api.nlp_import_routes import Lost, Refused, lost, refused_lines, warnings_of
from services.draft_api.nlp_import_writing import write_plan
from services.draft_api.store import bot_etag, find_bot, intent_names
from services.draft_api.tables import variables
from shared.contracts import BotSettings, Language
from shared.errors import InvalidError, MediaTypeError
from shared.flows.writing import FlowBody, compose_flow
from shared.web.routing import UPLOAD, Router

router = Router(tags=["bundles"])

_BODY = {
    "required": True,
    "content": {
        YAML: {
            "schema": {"type": "string"},
            "example": "nlu:\n- intent: track_parcel\n  examples: |\n    - where is my parcel\n",
        },
        ZIP: {"schema": {"type": "string", "format": "binary"}},
    },
}
Named = Annotated[str, Query(min_length=1, max_length=200)]
Spoken = Annotated[Language | None, Query(description="Of what does not say its own.")]


class MovedIn(BaseModel):
    """`refused` expressions are named by their number; `blocks` are in one flow, called like the format."""

    id: str
    name: str
    format: str
    languages: list[str]
    intents: int
    added: int
    skipped: int
    refused: list[Refused]
    entities: list[str]
    blocks: int
    not_carried: Annotated[list[Lost], Field(description="What of the export has no place here, and why.")]
    warnings: list[Warned]


@router.post(
    "/v1/bots/import/{format}",
    status_code=201,
    openapi_extra={UPLOAD: True, "requestBody": _BODY},
    summary="Import a bot from another platform",
)
async def move_in(
    format: Literal["rasa", "dialogflow"],
    request: Request,
    desk: Desk,
    key: Writer,
    response: Response,
    name: Named,
    language: Spoken = None,
) -> MovedIn:
    """Rasa: a file as `application/yaml`, or a project as a zip. Dialogflow ES or CX: the zip of its export."""
    refuse_bound(key)
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind not in {YAML, ZIP}:
        raise MediaTypeError("unsupported_media_type", f"Send {YAML} or {ZIP}.")
    body = await request.body()

    def done() -> MovedIn:
        export = read_export(body, kind, language)
        if export.format != format:
            raise InvalidError("export_unrecognised", f"This is an export of {export.format}, not of {format}.")
        return _make(desk, name, export, language, response)

    return await run_in_threadpool(done)


def _make(desk: DeskParts, name: str, export: Export, language: str | None, response: Response) -> MovedIn:
    languages = export.languages or (language or "en",)
    plan = plan_import(export.parsed, languages, {}, normal_key)
    settings = BotSettings.model_validate({"profile": desk.default_profile})
    with desk.db.writing() as connection:
        bot_id = create_bot(connection, name, list(languages), settings)
        _fill(connection, bot_id, plan, export)
        count = len(intent_names(connection, bot_id))
        warnings = warnings_of(connection, bot_id)
        response.headers["ETag"] = bot_etag(find_bot(connection, bot_id, None))
    desk.trainers.expect()
    return MovedIn(
        id=bot_id,
        name=name,
        format=export.format,
        languages=list(languages),
        intents=count,
        added=len(plan.accepted),
        skipped=plan.skipped,
        refused=refused_lines(plan),
        entities=sorted(export.entities),
        blocks=len(export.blocks),
        not_carried=lost(export),
        warnings=warnings,
    )


def _fill(connection: Connection, bot_id: str, plan: ImportPlan, export: Export) -> None:
    write_plan(connection, bot_id, plan, export)
    for variable in export.variables:
        write_document(connection, variables, bot_id, variable, {"default": None, "sensitive": False})
    if export.blocks:
        blocks = [dict(block) for block in export.blocks]
        body = FlowBody(name=export.format.capitalize(), blocks=blocks, variables=list(export.variables))
        write_flow(connection, bot_id, compose_flow(export.format, body, intent_names(connection, bot_id)))
