"""Intents: a stable id, a unique name. Blocks refer to the id, so a rename breaks nothing."""

from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, delete, func, select, update

from services.draft_api.desk import Desk, Reader, Writer
from services.draft_api.documents import read_flows, write_flow
from services.draft_api.expressions import MOST_AT_ONCE, NewExpression, add_expressions
from services.draft_api.intent_records import insert_intents, intent_etag
from services.draft_api.snapshots import take_snapshot
from services.draft_api.store import find_bot, find_intent, languages_of, touch
from services.draft_api.tables import audit, expressions, intents
from services.draft_api.wording import intent_name
from shared.audit import Entry, note
from shared.errors import ConflictError
from shared.flows.references import references
from shared.ids import new_id
from shared.web.pages import Limit, Page, cut
from shared.web.preconditions import IfMatch, require_match
from shared.web.routing import Router

router = Router(prefix="/v1/bots/{bot}/intents", tags=["intents"])

Name = Annotated[str, Field(min_length=1, max_length=200, examples=["ghost_train"])]
Text = Annotated[str, Field(min_length=1, max_length=1000)]


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewIntent(Closed):
    name: Name
    expressions: Annotated[list[Text], Field(max_length=MOST_AT_ONCE)] = []

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"name": "ghost_train", "expressions": ["is there a ghost train", "when does the haunted special run"]}
            ]
        },
    )


class IntentChange(Closed):
    """The name that it has already changes nothing."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "bring_bicycle"}]})

    name: Name


class Intent(BaseModel):
    id: str
    name: str
    expression_count: int


@router.post("", status_code=201)
def create(bot: str, body: NewIntent, desk: Desk, key: Writer, response: Response) -> Intent:
    with desk.db.writing() as connection:
        row = find_bot(connection, bot, key.bot)
        name = intent_name(body.name)
        intent = create_intent(connection, row["id"], name)
        texts = [NewExpression(text=text) for text in body.expressions]
        add_expressions(connection, row["id"], languages_of(row), intent, texts)
        touch(connection, row["id"], nlp=True)
        made = _shown(connection, row["id"], intent, response)
    desk.trainers.expect()
    return made


@router.get("")
def list_all(bot: str, desk: Desk, key: Reader, limit: Limit = 100, cursor: str | None = None) -> Page[Intent]:
    with desk.db.reading() as connection:
        bot_id = find_bot(connection, bot, key.bot)["id"]
        rows = connection.execute(_counted(bot_id)).mappings().all()
    return cut([Intent(**row) for row in rows], limit, cursor, key=lambda intent: (intent.name, intent.id))


@router.get("/{intent}")
def show(bot: str, intent: str, desk: Desk, key: Reader, response: Response) -> Intent:
    with desk.db.reading() as connection:
        bot_id = find_bot(connection, bot, key.bot)["id"]
        return _shown(connection, bot_id, find_intent(connection, bot_id, intent)["id"], response)


@router.patch("/{intent}")
def rename(
    bot: str,
    intent: str,
    body: IntentChange,
    desk: Desk,
    key: Writer,
    response: Response,
    if_match: IfMatch = None,
) -> Intent:
    with desk.db.writing() as connection:
        bot_id = find_bot(connection, bot, key.bot)["id"]
        found, name = find_intent(connection, bot_id, intent), intent_name(body.name)
        require_match(if_match, intent_etag(connection, found))
        if name != found["name"]:
            _refuse_taken_name(connection, bot_id, name)
            here = intents.c.bot_id == bot_id, intents.c.id == found["id"]
            connection.execute(update(intents).where(*here).values(name=name))
            touch(connection, bot_id, nlp=True)
        return _shown(connection, bot_id, found["id"], response)


@router.delete("/{intent}", status_code=204)
def remove(
    bot: str,
    intent: str,
    desk: Desk,
    key: Writer,
    unlink: Annotated[bool, Query()] = False,
    if_match: IfMatch = None,
) -> Response:
    """Its expressions go with it; a snapshot that is taken first brings both back, and the blocks that it was on."""
    with desk.db.writing() as connection:
        row = find_bot(connection, bot, key.bot)
        found = find_intent(connection, row["id"], intent)
        require_match(if_match, intent_etag(connection, found))
        if not unlink:
            refuse_used(connection, row["id"], {found["id"]: found["name"]})
        snapshot = take_snapshot(connection, row, f"before deleting intent {found['name']}"[:200])
        unlink_intents(connection, row["id"], {found["id"]})
        connection.execute(delete(intents).where(intents.c.bot_id == row["id"], intents.c.id == found["id"]))
        touch(connection, row["id"], nlp=True)
        detail = {"intent": found["id"], "name": found["name"], "snapshot": snapshot}
        note(connection, audit, Entry("intent_deleted", key.name, row["id"], detail))
    return Response(status_code=204)


# -- what other nouns of draft need of intents ------------------------------------------


def create_intent(connection: Connection, bot_id: str, name: str) -> str:
    _refuse_taken_name(connection, bot_id, name)
    intent = new_id("intent")
    insert_intents(connection, bot_id, {intent: name})
    return intent


def refuse_used(connection: Connection, bot_id: str, names: dict[str, str]) -> None:
    """T12: an intent that blocks use is not deleted without saying so."""
    used = [ref for ref in references(read_flows(connection, bot_id)) if ref.kind == "intent" and ref.target in names]
    if used:
        blocks = [{"flow": ref.flow, "block": ref.block, "intent": names[ref.target]} for ref in used]
        which = ", ".join(sorted({names[ref.target] for ref in used}))
        detail = f"Blocks still use {which}. Change them, or delete with unlink=true to take it off them."
        raise ConflictError("intent_in_use", detail, blocks=blocks)


def unlink_intents(connection: Connection, bot_id: str, gone: set[str]) -> None:
    for flow in read_flows(connection, bot_id).values():
        blocks = tuple(
            {k: v for k, v in block.items() if k != "intent"} if block.get("intent") in gone else block
            for block in flow.blocks
        )
        if blocks != flow.blocks:
            write_flow(connection, bot_id, flow.model_copy(update={"blocks": blocks}))


def _refuse_taken_name(connection: Connection, bot_id: str, name: str) -> None:
    query = select(intents.c.id).where(intents.c.bot_id == bot_id, intents.c.name == name)
    taken = connection.execute(query).scalar()
    if taken:
        raise ConflictError("duplicate_intent", f"The bot has an intent {name!r} already.", intent=taken)


def _shown(connection: Connection, bot_id: str, intent: str, response: Response) -> Intent:
    row = connection.execute(_counted(bot_id).having(intents.c.id == intent)).mappings().one()
    response.headers["ETag"] = intent_etag(connection, find_intent(connection, bot_id, intent))
    return Intent(**row)


def _counted(bot_id: str) -> Any:
    same = (expressions.c.bot_id == intents.c.bot_id) & (expressions.c.intent_id == intents.c.id)
    return (
        select(intents.c.id, intents.c.name, func.count(expressions.c.id).label("expression_count"))
        .outerjoin(expressions, same)
        .where(intents.c.bot_id == bot_id)
        .group_by(intents.c.id, intents.c.name)
    )
