"""A whole bot as one JSON document: to carry it elsewhere, and to undo what was destructive."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

import orjson
from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, RowMapping, delete

from services.draft_api.bot_records import create_bot, refuse_bound
from services.draft_api.desk import Desk, Reader, Writer
from services.draft_api.documents import Variable, documents_of, read_flows, write_document, write_flow
from services.draft_api.expressions import Expression, insert_expressions
from services.draft_api.intent_records import insert_intents
from services.draft_api.names import refuse_unreachable
from services.draft_api.nlp import Nlp, normal_key
from services.draft_api.store import bot_etag, find_bot, intent_names, languages_of, settings_of, touch
from services.draft_api.tables import cases, entities, flows, intents, variables
from services.draft_api.wording import expression_text, intent_name
from shared.cases import Case
from shared.contracts import BotSettings, Flow, Language
from shared.entities.document import Entity, check_entity
from shared.errors import ConflictError, InvalidError
from shared.flows.writing import FlowBody, compose_flow, refuse_duplicate_blocks
from shared.ids import new_id
from shared.web.routing import UPLOAD, Router

router = Router(tags=["bundles"])

FORMAT = "greenroom.bundle/1"


Name = Annotated[str, Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(min_length=1, max_length=1000)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class BundleBot(_Closed):
    name: Name
    languages: Annotated[list[Language], Field(min_length=1, max_length=50)]
    settings: BotSettings = BotSettings()


class BundleIntent(_Closed):
    id: Annotated[str, Field(min_length=1, max_length=80)]
    name: Name
    expressions: dict[Language, list[Text]] = {}


class BundleFlow(FlowBody):
    id: Name

    def flow(self) -> Flow:
        return Flow(id=self.id, name=self.name, blocks=tuple(self.blocks), variables=tuple(self.variables))


_EXAMPLE: dict[str, Any] = {
    "format": "greenroom.bundle/1",
    "bot": {"name": "Lighthouse Tours", "languages": ["en"]},
    "intents": [{"id": "tour_times", "name": "tour_times", "expressions": {"en": ["when is the next tour"]}}],
    "flows": [
        {
            "id": "tours",
            "name": "Tours",
            "blocks": [
                {
                    "id": "tour_times",
                    "kind": "message",
                    "intent": "tour_times",
                    "messages": [{"text": "At every full hour, while the lamp is out."}],
                }
            ],
        }
    ],
}


class Bundle(_Closed):
    """Without `cases`, those that the bot has stay."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    format: Literal["greenroom.bundle/1"]
    bot: BundleBot
    intents: list[BundleIntent] = []
    entities: dict[Name, Entity] = {}
    variables: dict[Name, Variable] = {}
    flows: list[BundleFlow] = []
    cases: dict[Name, Case] | None = None


class Warned(BaseModel):
    code: str
    detail: str


class ImportedBot(BaseModel):
    """`warnings` name the regression cases whose intent the bundle does not have: they fail until they are changed."""

    id: str
    name: str
    warnings: list[Warned]


@router.get("/v1/bots/{bot}/bundle", summary="Export a bot")
def export(bot: str, desk: Desk, key: Reader) -> Bundle:
    with desk.db.reading() as connection:
        row = find_bot(connection, bot, key.bot)
        return bundle_of(connection, row, desk.nlp.get(connection, row))


@router.post("/v1/bots/import", status_code=201, openapi_extra={UPLOAD: True}, summary="Import a bot")
def import_bot(body: Bundle, desk: Desk, key: Writer, response: Response) -> ImportedBot:
    """A new bot; intents keep their ids, so that equal NLP has an equal fingerprint."""
    refuse_bound(key)
    _refuse_unreachable(body)
    for name, entity in body.entities.items():
        check_entity(name, entity)
    named, warnings = _cases_by_id(body)
    bundle = body.model_copy(update={"intents": [_worded(intent) for intent in body.intents], "cases": named})
    with desk.db.writing() as connection:
        bot_id = create_bot(connection, body.bot.name, body.bot.languages, body.bot.settings)
        fill(connection, bot_id, bundle)
        response.headers["ETag"] = bot_etag(find_bot(connection, bot_id, key.bot))
    desk.trainers.expect()
    return ImportedBot(id=bot_id, name=body.bot.name, warnings=warnings)


def _cases_by_id(bundle: Bundle) -> tuple[dict[str, Case], list[Warned]]:
    """Their intents by id, however they were written. A bot may have lost an intent of a case, and be carried still."""
    ids = {intent.name: intent.id for intent in bundle.intents} | {intent.id: intent.id for intent in bundle.intents}
    found = {name: case.naming(lambda intent: ids.get(intent, intent)) for name, case in (bundle.cases or {}).items()}
    lost = [(name, intent) for name, case in found.items() for intent in sorted(case.intents - set(ids.values()))]
    told = [f"The case {name!r} expects {intent!r}, an intent that the bundle does not have." for name, intent in lost]
    return found, [Warned(code="unknown_intent", detail=detail) for detail in told]


def _refuse_unreachable(bundle: Bundle) -> None:
    """Of what has no other way to it than its name. Raises InvalidError `invalid_name`."""
    named: dict[str, Iterable[str]] = {
        "intent": [intent.id for intent in bundle.intents],
        "flow": [flow.id for flow in bundle.flows],
        "entity": bundle.entities,
        "variable": bundle.variables,
        "case": bundle.cases or {},
    }
    for noun, names in named.items():
        for name in names:
            refuse_unreachable(noun, name)


def _worded(intent: BundleIntent) -> BundleIntent:
    """Only of what comes in: what a snapshot or a release has comes back as it was. Raises what `wording` raises."""
    spoken = {language: [expression_text(text) for text in texts] for language, texts in intent.expressions.items()}
    return BundleIntent(id=intent.id, name=intent_name(intent.name), expressions=spoken)


def bundle_of(connection: Connection, bot: RowMapping, nlp: Nlp) -> Bundle:
    found = read_flows(connection, bot["id"])
    return Bundle(
        format=FORMAT,
        bot=BundleBot(name=bot["name"], languages=list(languages_of(bot)), settings=settings_of(bot)),
        intents=[
            BundleIntent(id=i.id, name=i.name, expressions={k: list(t) for k, t in i.expressions.items()})
            for i in nlp.intents
        ],
        entities=documents_of(connection, entities, bot["id"]),
        variables=documents_of(connection, variables, bot["id"]),
        flows=[BundleFlow.model_validate(flow.model_dump(mode="json")) for _, flow in sorted(found.items())],
        cases={name: Case.model_validate(case) for name, case in documents_of(connection, cases, bot["id"]).items()},
    )


def empty(connection: Connection, bot_id: str) -> None:
    """What every bundle holds goes; models, trainings and the inbox stay."""
    for table in (intents, flows, entities, variables):
        connection.execute(delete(table).where(table.c.bot_id == bot_id))


def refill(connection: Connection, bot_id: str, bundle: Bundle) -> None:
    """Into an emptied bot, whose own name stays. Raises what `compose_flow` raises."""
    languages = orjson.dumps(bundle.bot.languages).decode()
    touch(connection, bot_id, nlp=True, languages=languages, settings=bundle.bot.settings.model_dump_json())
    fill(connection, bot_id, bundle)


def fill(connection: Connection, bot_id: str, bundle: Bundle) -> None:
    _refuse_repeated("intent", [intent.id for intent in bundle.intents])
    _refuse_repeated("intent", [intent.name for intent in bundle.intents])
    _refuse_repeated("flow", [flow.id for flow in bundle.flows])
    insert_intents(connection, bot_id, {intent.id: intent.name for intent in bundle.intents})
    insert_expressions(connection, bot_id, _expressions(bundle))
    for name, entity in bundle.entities.items():
        write_document(connection, entities, bot_id, name, entity.document())
    for name, variable in bundle.variables.items():
        write_document(connection, variables, bot_id, name, variable.model_dump(mode="json"))
    if bundle.cases is not None:
        connection.execute(delete(cases).where(cases.c.bot_id == bot_id))
        for name, case in bundle.cases.items():
            write_document(connection, cases, bot_id, name, case.document())
    names = intent_names(connection, bot_id)
    known: dict[str, Flow] = {}
    for body in bundle.flows:
        flow = compose_flow(body.id, body, names)
        refuse_duplicate_blocks(flow, known)
        known[flow.id] = flow
        write_flow(connection, bot_id, flow)


def _refuse_repeated(noun: str, ids: list[str]) -> None:
    if len(set(ids)) < len(ids):
        again = next(found for index, found in enumerate(ids) if found in ids[:index])
        raise InvalidError("duplicate_id", f"The {noun} {again!r} is twice in the bundle.")


def _expressions(bundle: Bundle) -> list[tuple[Expression, str, str]]:
    """Raises ConflictError `duplicate_expression`, InvalidError `unknown_language`."""
    rows: dict[tuple[str, str], tuple[Expression, str, str]] = {}
    names = {intent.id: intent.name for intent in bundle.intents}
    for intent in bundle.intents:
        for language, texts in intent.expressions.items():
            if language not in bundle.bot.languages:
                raise InvalidError("unknown_language", f"The bundle's bot does not speak {language!r}.")
            for text in texts:
                place = (language, normal_key(text))
                if place in rows:
                    owner = names[rows[place][1]]
                    raise ConflictError("duplicate_expression", f"{text!r} equals an expression of {owner!r}.")
                rows[place] = (
                    Expression(id=new_id("expr"), text=text, language=language),
                    intent.id,
                    place[1],
                )
    return list(rows.values())
