"""Flows: named groups of blocks. A jump may dangle while work goes on; an intent may not be unknown."""

from typing import Annotated, Any

from fastapi import Header, Path, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import delete

from services.draft_api.desk import Desk, Reader, Writer
from services.draft_api.documents import documents_of, read_flows, write_flow
from services.draft_api.preconditions import etag_of, require_match
from services.draft_api.store import find_bot, intent_names, languages_of, touch
from services.draft_api.tables import entities, flows, variables
from shared.contracts import Finding, Flow
from shared.errors import ConflictError, InvalidError, NotFoundError
from shared.flows.block import block_schema, parse_blocks
from shared.flows.lint import lint
from shared.web.pages import Limit, Page, cut
from shared.web.routing import Router

router = Router(tags=["flows"])

_EXAMPLE: dict[str, Any] = {
    "name": "Refunds",
    "blocks": [
        {
            "id": "refund_how",
            "kind": "message",
            "messages": [{"text": "You get your money back within five days.", "quick_replies": [{"title": "Thanks"}]}],
        }
    ],
}


class FlowBody(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    name: Annotated[str, Field(min_length=1, max_length=200)]
    blocks: Annotated[list[dict[str, Any]], Field(max_length=2000)] = []
    variables: Annotated[list[str], Field(max_length=500)] = []


class Findings(BaseModel):
    items: list[Finding]


@router.put("/v1/bots/{bot}/flows/{flow}")
def put(
    bot: str,
    flow: Annotated[str, Path(min_length=1, max_length=200)],
    body: FlowBody,
    desk: Desk,
    key: Writer,
    response: Response,
    if_match: Annotated[str | None, Header()] = None,
) -> Flow:
    with desk.db.writing() as connection:
        bot_id = find_bot(connection, bot, key.bot)["id"]
        before = read_flows(connection, bot_id)
        if if_match is not None:
            require_match(if_match, etag_of(before[flow]) if flow in before else None)
        document = compose_flow(flow, body, intent_names(connection, bot_id))
        refuse_duplicate_blocks(document, before)
        write_flow(connection, bot_id, document)
        touch(connection, bot_id)
    response.headers["ETag"] = etag_of(document)
    return document


@router.get("/v1/bots/{bot}/flows")
def list_all(bot: str, desk: Desk, key: Reader, limit: Limit = 100, cursor: str | None = None) -> Page[Flow]:
    with desk.db.reading() as connection:
        found = read_flows(connection, find_bot(connection, bot, key.bot)["id"])
    return cut(list(found.values()), limit, cursor, key=lambda flow: (flow.id,))


@router.get("/v1/bots/{bot}/flows/{flow}")
def show(bot: str, flow: str, desk: Desk, key: Reader, response: Response) -> Flow:
    with desk.db.reading() as connection:
        found = read_flows(connection, find_bot(connection, bot, key.bot)["id"]).get(flow)
    if found is None:
        raise NotFoundError("not_found", f"The bot has no flow {flow!r}.")
    response.headers["ETag"] = etag_of(found)
    return found


@router.delete("/v1/bots/{bot}/flows/{flow}", status_code=204)
def remove(bot: str, flow: str, desk: Desk, key: Writer) -> Response:
    with desk.db.writing() as connection:
        bot_id = find_bot(connection, bot, key.bot)["id"]
        here = flows.c.bot_id == bot_id, flows.c.id == flow
        if connection.execute(delete(flows).where(*here)).rowcount == 0:
            raise NotFoundError("not_found", f"The bot has no flow {flow!r}.")
        touch(connection, bot_id)
    return Response(status_code=204)


@router.get("/v1/bots/{bot}/lint")
def findings(bot: str, desk: Desk, key: Reader) -> Findings:
    """Everything that a publication or a user would stumble over, with what to do about it."""
    with desk.db.reading() as connection:
        row = find_bot(connection, bot, key.bot)
        found = lint(
            read_flows(connection, row["id"]),
            intent_names(connection, row["id"]),
            documents_of(connection, entities, row["id"]),
            documents_of(connection, variables, row["id"]),
            languages_of(row),
        )
    return Findings(items=list(found))


@router.get("/v1/schema/blocks")
def schema(_key: Reader) -> dict[str, Any]:
    """JSON Schema of a block."""
    return block_schema()


# -- what other nouns of draft need of flows ---------------------------------------------


def compose_flow(flow_id: str, body: FlowBody, names: dict[str, str]) -> Flow:
    """Intents may be written by name or id; ids are kept. Raises InvalidError `invalid_block`, `unknown_intent`."""
    ids = {name: intent for intent, name in names.items()} | {intent: intent for intent in names}
    blocks = tuple(
        {**block, "intent": ids.get(block["intent"], block["intent"])}
        if isinstance(block.get("intent"), str)
        else block
        for block in body.blocks
    )
    parse_blocks(list(blocks))
    for block in blocks:
        if block.get("intent") is not None and block["intent"] not in names:
            detail = f"Block {block['id']!r} is triggered by {block['intent']!r}, which the bot does not have."
            raise InvalidError("unknown_intent", detail, block=block["id"], intent=block["intent"])
    return Flow(id=flow_id, name=body.name, blocks=blocks, variables=tuple(body.variables))


def refuse_duplicate_blocks(flow: Flow, others: dict[str, Flow]) -> None:
    """A block id names one block of the bot, since flows jump into each other."""
    seen = {block["id"]: other.id for other in others.values() if other.id != flow.id for block in other.blocks}
    for block in flow.blocks:
        if block["id"] in seen:
            where = seen[block["id"]]
            detail = f"There is a block {block['id']!r} already, in flow {where!r}."
            raise ConflictError("duplicate_block", detail, block=block["id"], flow=where)
        seen[block["id"]] = flow.id
