"""Live's edits come home: what the publisher merged is written in one transaction, after a snapshot (E3)."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, RowMapping, delete

from services.draft_api.desk import Desk, Writer
from services.draft_api.documents import read_flows, write_flow
from services.draft_api.publishing import freeze
from services.draft_api.snapshots import Restored, take_snapshot
from services.draft_api.store import find_bot, intent_names, languages_of, settings_of, touch
from services.draft_api.tables import audit, flows
from shared.audit import Entry, note
from shared.contracts import Flow
from shared.flows.writing import FlowBody, compose_flow, refuse_duplicate_blocks
from shared.web.bot_settings import merged_settings
from shared.web.preconditions import IfMatch, etag_of, require_match
from shared.web.routing import UPLOAD, Router

router = Router(tags=["releases"])


class Pull(BaseModel):
    """Flows by id, None for one that goes; settings by name."""

    model_config = ConfigDict(extra="forbid")

    flows: dict[str, Flow | None] = {}
    settings: dict[str, Any] = {}
    reason: Annotated[str, Field(max_length=200)] = "before pulling live's edits"


@router.post("/v1/bots/{bot}/pulls", openapi_extra={UPLOAD: True}, summary="Take over what was edited in live")
def pull(bot: str, body: Pull, desk: Desk, key: Writer, if_match: IfMatch = None) -> Restored:
    """`If-Match` names the reading (`snapshots/current`) that the merge was made from."""
    with desk.db.writing() as connection:
        row = find_bot(connection, bot, key.bot)
        if if_match is not None:
            require_match(if_match, etag_of(freeze(connection, desk, row)))
        taken = take_snapshot(connection, row, body.reason)
        _write_flows(connection, row["id"], body.flows)
        _write_settings(connection, row, body.settings)
        detail = {"snapshot": taken, "flows": sorted(body.flows), "settings": sorted(body.settings)}
        note(connection, audit, Entry("pulled", key.name, row["id"], detail))
    return Restored(snapshot=taken)


def _write_flows(connection: Connection, bot_id: str, merged: dict[str, Flow | None]) -> None:
    """Those that go are gone before the others come: a block may have moved between them."""
    known = {name: flow for name, flow in read_flows(connection, bot_id).items() if name not in merged}
    names = intent_names(connection, bot_id)
    connection.execute(delete(flows).where(flows.c.bot_id == bot_id, flows.c.id.in_(merged)))
    for name, flow in sorted(merged.items()):
        if flow is not None:
            body = FlowBody(name=flow.name, blocks=list(flow.blocks), variables=list(flow.variables))
            known[name] = compose_flow(name, body, names)
            refuse_duplicate_blocks(known[name], known)
            write_flow(connection, bot_id, known[name])


def _write_settings(connection: Connection, row: RowMapping, changes: dict[str, Any]) -> None:
    """Whole values, as live has them; the thresholds of a language that draft does not speak stay behind."""
    spoken, before = languages_of(row), settings_of(row).model_dump()
    if "languages" in changes:
        own = {language: values for language, values in changes["languages"].items() if language in spoken}
        before["languages"], changes = {}, {**changes, "languages": own}
    settings = merged_settings(before, changes, spoken)
    touch(connection, row["id"], settings=settings.model_dump_json())
