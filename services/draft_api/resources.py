"""Entities and variables: small documents under a name, one shape of route for both."""

from typing import Annotated, Any

from fastapi import Path, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Table, delete

from services.draft_api.desk import Desk, Reader, Writer
from services.draft_api.documents import documents_of, write_document
from services.draft_api.store import find_bot, touch
from services.draft_api.tables import entities, variables
from shared.entities.document import Entity, check_entity
from shared.errors import NotFoundError
from shared.web.routing import UPLOAD, Router

router = Router(prefix="/v1/bots/{bot}")


Named = Annotated[str, Path(min_length=1, max_length=200)]


class Variable(BaseModel):
    """A sensitive variable is masked wherever history is shown."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"default": "", "sensitive": True}]})

    default: Any = None
    sensitive: bool = False


class Documents(BaseModel):
    items: list[dict[str, Any]]


@router.put("/entities/{entity}", tags=["entities"], openapi_extra={UPLOAD: True})
def put_entity(bot: str, entity: Named, body: Entity, desk: Desk, key: Writer) -> dict[str, Any]:
    """Rules act at once in a try-out; publishing them takes a training, as for all NLP."""
    check_entity(entity, body)
    return _put(desk, key, bot, entities, entity, body.document(), nlp=True)


@router.get("/entities", tags=["entities"])
def list_entities(bot: str, desk: Desk, key: Reader) -> Documents:
    return _list(desk, key, bot, entities)


@router.get("/entities/{entity}", tags=["entities"])
def show_entity(bot: str, entity: Named, desk: Desk, key: Reader) -> dict[str, Any]:
    return _show(desk, key, bot, entities, entity)


@router.delete("/entities/{entity}", status_code=204, tags=["entities"])
def remove_entity(bot: str, entity: Named, desk: Desk, key: Writer) -> Response:
    return _remove(desk, key, bot, entities, entity, nlp=True)


@router.put("/variables/{variable}", tags=["variables"])
def put_variable(bot: str, variable: Named, body: Variable, desk: Desk, key: Writer) -> dict[str, Any]:
    return _put(desk, key, bot, variables, variable, body.model_dump(mode="json"), nlp=False)


@router.get("/variables", tags=["variables"])
def list_variables(bot: str, desk: Desk, key: Reader) -> Documents:
    return _list(desk, key, bot, variables)


@router.get("/variables/{variable}", tags=["variables"])
def show_variable(bot: str, variable: Named, desk: Desk, key: Reader) -> dict[str, Any]:
    return _show(desk, key, bot, variables, variable)


@router.delete("/variables/{variable}", status_code=204, tags=["variables"])
def remove_variable(bot: str, variable: Named, desk: Desk, key: Writer) -> Response:
    return _remove(desk, key, bot, variables, variable, nlp=False)


def _put(
    desk: Desk, key: Writer, bot: str, table: Table, name: str, document: dict[str, Any], nlp: bool
) -> dict[str, Any]:
    with desk.db.writing() as connection:
        bot_id = find_bot(connection, bot, key.bot)["id"]
        write_document(connection, table, bot_id, name, document)
        touch(connection, bot_id, nlp=nlp)
    return {"name": name, **document}


def _list(desk: Desk, key: Reader, bot: str, table: Table) -> Documents:
    with desk.db.reading() as connection:
        found = documents_of(connection, table, find_bot(connection, bot, key.bot)["id"])
    return Documents(items=[{"name": name, **found[name]} for name in sorted(found)])


def _show(desk: Desk, key: Reader, bot: str, table: Table, name: str) -> dict[str, Any]:
    with desk.db.reading() as connection:
        found = documents_of(connection, table, find_bot(connection, bot, key.bot)["id"]).get(name)
    if found is None:
        raise NotFoundError("not_found", f"The bot has no {table.name} {name!r}.")
    return {"name": name, **found}


def _remove(desk: Desk, key: Writer, bot: str, table: Table, name: str, nlp: bool) -> Response:
    with desk.db.writing() as connection:
        bot_id = find_bot(connection, bot, key.bot)["id"]
        if connection.execute(delete(table).where(table.c.bot_id == bot_id, table.c.name == name)).rowcount == 0:
            raise NotFoundError("not_found", f"The bot has no {table.name} {name!r}.")
        touch(connection, bot_id, nlp=nlp)
    return Response(status_code=204)
