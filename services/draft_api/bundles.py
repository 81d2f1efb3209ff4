"""A whole bot as one JSON document: to carry it elsewhere, and to undo what was destructive."""

from datetime import datetime
from typing import Annotated, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, RowMapping, delete, insert, select

from services.draft_api.bots import create_bot, refuse_bound
from services.draft_api.desk import Desk, Reader, Writer
from services.draft_api.documents import documents_of, read_flows, write_document, write_flow
from services.draft_api.expressions import Expression, clean, insert_expressions
from services.draft_api.flows import FlowBody, compose_flow, refuse_duplicate_blocks
from services.draft_api.intents import insert_intents
from services.draft_api.nlp import Nlp, normal_key, read_nlp
from services.draft_api.resources import Entity, Variable
from services.draft_api.store import find_bot, intent_names, languages_of, now, settings_of, touch
from services.draft_api.tables import entities, flows, intents, snapshots, variables
from shared.contracts import BotSettings, Flow, Language
from shared.db import utc
from shared.errors import ConflictError, InvalidError, NotFoundError
from shared.ids import new_id
from shared.web.pages import Limit, Page, cut
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


class Bundle(_Closed):
    format: Literal["greenroom.bundle/1"]
    bot: BundleBot
    intents: list[BundleIntent] = []
    entities: dict[Name, Entity] = {}
    variables: dict[Name, Variable] = {}
    flows: list[BundleFlow] = []


class ImportedBot(BaseModel):
    id: str
    name: str


class SnapshotRow(BaseModel):
    id: str
    reason: str
    created_at: datetime


class SnapshotReason(_Closed):
    reason: Annotated[str, Field(max_length=200)] = "taken by hand"


class Restored(BaseModel):
    """`snapshot` undoes the restoring."""

    snapshot: str


@router.get("/v1/bots/{bot}/bundle")
def export(bot: str, desk: Desk, key: Reader) -> Bundle:
    with desk.db.reading() as connection:
        row = find_bot(connection, bot, key.bot)
        return _bundle(connection, row, desk.nlp.get(connection, row))


@router.post("/v1/bots/import", status_code=201, openapi_extra={UPLOAD: True})
def import_bot(body: Bundle, desk: Desk, key: Writer) -> ImportedBot:
    """A new bot; intents keep their ids, so that equal NLP has an equal fingerprint."""
    refuse_bound(key)
    with desk.db.writing() as connection:
        bot_id = create_bot(connection, body.bot.name, body.bot.languages, body.bot.settings)
        _fill(connection, bot_id, body)
    return ImportedBot(id=bot_id, name=body.bot.name)


@router.get("/v1/bots/{bot}/snapshots")
def list_snapshots(
    bot: str, desk: Desk, key: Reader, limit: Limit = 100, cursor: str | None = None
) -> Page[SnapshotRow]:
    with desk.db.reading() as connection:
        bot_id = find_bot(connection, bot, key.bot)["id"]
        query = select(snapshots.c.id, snapshots.c.reason, snapshots.c.created_at)
        rows = connection.execute(query.where(snapshots.c.bot_id == bot_id)).mappings().all()
    items = [SnapshotRow(id=r["id"], reason=r["reason"], created_at=utc(r["created_at"])) for r in rows]
    return cut(items, limit, cursor, key=lambda item: (item.created_at.isoformat(), item.id))


@router.post("/v1/bots/{bot}/snapshots", status_code=201)
def snapshot(bot: str, body: SnapshotReason, desk: Desk, key: Writer) -> SnapshotRow:
    with desk.db.writing() as connection:
        row = find_bot(connection, bot, key.bot)
        taken = take_snapshot(connection, row, body.reason)
        found = connection.execute(select(snapshots).where(snapshots.c.id == taken)).mappings().one()
    return SnapshotRow(id=taken, reason=found["reason"], created_at=utc(found["created_at"]))


@router.post("/v1/bots/{bot}/snapshots/{snapshot}/restore")
def restore(bot: str, snapshot: str, desk: Desk, key: Writer) -> Restored:
    """Draft as it was, ids and all; what it is now is snapshotted first, so that this too can be undone."""
    with desk.db.writing() as connection:
        row = find_bot(connection, bot, key.bot)
        here = snapshots.c.id == snapshot, snapshots.c.bot_id == row["id"]
        kept = connection.execute(select(snapshots.c.bundle).where(*here)).scalar()
        if kept is None:
            raise NotFoundError("not_found", f"The bot has no snapshot {snapshot!r}.")
        taken = take_snapshot(connection, row, f"before restoring {snapshot}")
        _empty(connection, row["id"])
        _refill(connection, row["id"], Bundle.model_validate(orjson.loads(kept)))
    return Restored(snapshot=taken)


def take_snapshot(connection: Connection, bot: RowMapping, reason: str) -> str:
    taken = new_id("snap")
    bundle = _bundle(connection, bot, read_nlp(connection, bot["id"])).model_dump_json()
    connection.execute(
        insert(snapshots).values(id=taken, bot_id=bot["id"], reason=reason, bundle=bundle, created_at=now())
    )
    return taken


def _bundle(connection: Connection, bot: RowMapping, nlp: Nlp) -> Bundle:
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
    )


def _empty(connection: Connection, bot_id: str) -> None:
    for table in (intents, flows, entities, variables):
        connection.execute(delete(table).where(table.c.bot_id == bot_id))


def _refill(connection: Connection, bot_id: str, bundle: Bundle) -> None:
    languages = orjson.dumps(bundle.bot.languages).decode()
    touch(connection, bot_id, nlp=True, languages=languages, settings=bundle.bot.settings.model_dump_json())
    _fill(connection, bot_id, bundle)


def _fill(connection: Connection, bot_id: str, bundle: Bundle) -> None:
    _refuse_repeated("intent", [intent.id for intent in bundle.intents])
    _refuse_repeated("intent", [intent.name for intent in bundle.intents])
    _refuse_repeated("flow", [flow.id for flow in bundle.flows])
    insert_intents(connection, bot_id, {intent.id: intent.name for intent in bundle.intents})
    insert_expressions(connection, bot_id, _expressions(bundle))
    for name, entity in bundle.entities.items():
        write_document(connection, entities, bot_id, name, entity.model_dump(mode="json", exclude_defaults=True))
    for name, variable in bundle.variables.items():
        write_document(connection, variables, bot_id, name, variable.model_dump(mode="json"))
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
            for text in map(clean, texts):
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
