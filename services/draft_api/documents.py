"""Flows, entities and variables as they lie in the database: documents under a name."""

from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, Table, insert, select, update

from services.draft_api.tables import flows
from shared.contracts import Flow


class Variable(BaseModel):
    """A sensitive variable is masked wherever history is shown."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"default": "", "sensitive": True}]})

    default: Any = None
    sensitive: bool = False


def read_flows(connection: Connection, bot_id: str) -> dict[str, Flow]:
    rows = connection.execute(select(flows.c.id, flows.c.document).where(flows.c.bot_id == bot_id))
    return {row.id: Flow.model_validate(orjson.loads(row.document)) for row in rows}


def write_flow(connection: Connection, bot_id: str, flow: Flow) -> None:
    document = flow.canonical().decode()
    here = flows.c.bot_id == bot_id, flows.c.id == flow.id
    if connection.execute(update(flows).where(*here).values(document=document)).rowcount == 0:
        connection.execute(insert(flows).values(bot_id=bot_id, id=flow.id, document=document))


def documents_of(connection: Connection, table: Table, bot_id: str) -> dict[str, dict[str, Any]]:
    rows = connection.execute(select(table.c.name, table.c.document).where(table.c.bot_id == bot_id))
    return {row.name: orjson.loads(row.document) for row in rows}


def write_document(connection: Connection, table: Table, bot_id: str, name: str, document: dict[str, Any]) -> None:
    text = orjson.dumps(document, option=orjson.OPT_SORT_KEYS).decode()
    here = table.c.bot_id == bot_id, table.c.name == name
    if connection.execute(update(table).where(*here).values(document=text)).rowcount == 0:
        connection.execute(insert(table).values(bot_id=bot_id, name=name, document=text))
