"""Flows: named groups of blocks. A jump may dangle while work goes on; an intent may not be unknown."""

from collections.abc import Mapping
from typing import Annotated, Any

import orjson
from fastapi import Path, Response
from sqlalchemy import delete

from services.draft_api.desk import Desk, Reader, Writer
from services.draft_api.documents import documents_of, read_flows, write_flow
from services.draft_api.snapshots import take_snapshot
from services.draft_api.store import find_bot, intent_names, languages_of, touch
from services.draft_api.tables import audit, entities, flows, secrets, variables
from shared.audit import Entry, note
from shared.contracts import Finding, Flow
from shared.digest import canonical
from shared.errors import NotFoundError
from shared.flows.block import block_schema
from shared.flows.lint import lint
from shared.flows.writing import FlowBody, compose_flow, refuse_duplicate_blocks, refuse_forbidden_calls
from shared.sealed import secret_names
from shared.web.pages import Limit, Page, cut
from shared.web.preconditions import IfMatch, etag_of, require_match
from shared.web.routing import Router

router = Router(tags=["flows"])


@router.put("/v1/bots/{bot}/flows/{flow}")
def put(
    bot: str,
    flow: Annotated[str, Path(min_length=1, max_length=200)],
    body: FlowBody,
    desk: Desk,
    key: Writer,
    response: Response,
    if_match: IfMatch = None,
) -> Flow:
    """What blocks refer to may be missing while work goes on; an intent that they name may not."""
    with desk.db.writing() as connection:
        bot_id = find_bot(connection, bot, key.bot)["id"]
        before = read_flows(connection, bot_id)
        require_match(if_match, _etag(before, flow))
        document = compose_flow(flow, body, intent_names(connection, bot_id))
        refuse_forbidden_calls(document, desk.egress.rules)
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
def remove(bot: str, flow: str, desk: Desk, key: Writer, if_match: IfMatch = None) -> Response:
    """A snapshot that is taken first brings it back."""
    with desk.db.writing() as connection:
        row = find_bot(connection, bot, key.bot)
        before = read_flows(connection, row["id"])
        require_match(if_match, _etag(before, flow))
        if flow not in before:
            raise NotFoundError("not_found", f"The bot has no flow {flow!r}.")
        snapshot = take_snapshot(connection, row, f"before deleting flow {flow}")
        connection.execute(delete(flows).where(flows.c.bot_id == row["id"], flows.c.id == flow))
        touch(connection, row["id"])
        note(connection, audit, Entry("flow_deleted", key.name, row["id"], {"flow": flow, "snapshot": snapshot}))
    return Response(status_code=204)


@router.get("/v1/bots/{bot}/lint", summary="List what is wrong with a bot")
def findings(bot: str, desk: Desk, key: Reader, limit: Limit = 100, cursor: str | None = None) -> Page[Finding]:
    """Everything that a publication or a user would stumble over, with what to do about it; blockers first."""
    with desk.db.reading() as connection:
        row = find_bot(connection, bot, key.bot)
        sealed = secret_names(connection, secrets, row["id"])
        found = lint(
            read_flows(connection, row["id"]),
            intent_names(connection, row["id"]),
            documents_of(connection, entities, row["id"]),
            documents_of(connection, variables, row["id"]),
            languages_of(row),
            {*(("env", name) for name in orjson.loads(row["env"])), *(("secret", name) for name in sealed)},
        )
    return cut(found, limit, cursor, key=_place)


def _place(found: Finding) -> tuple[str, ...]:
    return found.severity, found.code, found.message, canonical(found.subjects).decode()


def _etag(found: Mapping[str, Flow], flow: str) -> str | None:
    return etag_of(found[flow]) if flow in found else None


@router.get("/v1/schema/blocks", summary="Show the schema of a block")
def schema(_key: Reader) -> dict[str, Any]:
    """JSON Schema of a block."""
    return block_schema()
