"""Entities and variables: small documents under a name, one shape of route for both."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Path, Response
from sqlalchemy import Connection, Table, delete

from services.draft_api.desk import Desk, Reader, Writer
from services.draft_api.documents import Variable, documents_of, write_document
from services.draft_api.snapshots import take_snapshot
from services.draft_api.store import find_bot, touch
from services.draft_api.tables import audit, entities, variables
from shared.audit import Entry, note
from shared.entities.document import Entity, check_entity
from shared.errors import NotFoundError
from shared.web.pages import Limit, Page, cut
from shared.web.preconditions import IfMatch, etag_of, require_match
from shared.web.routing import UPLOAD, Router

router = Router(prefix="/v1/bots/{bot}")


Named = Annotated[str, Path(min_length=1, max_length=200)]


@dataclass(frozen=True)
class _Shelf:
    """Documents of one kind. `nlp`: training reads them, so that a change makes it stale."""

    noun: str
    table: Table
    nlp: bool


_ENTITIES, _VARIABLES = _Shelf("entity", entities, nlp=True), _Shelf("variable", variables, nlp=False)


@router.put("/entities/{entity}", tags=["entities"], openapi_extra={UPLOAD: True}, summary="Write an entity")
def put_entity(
    bot: str, entity: Named, body: Entity, desk: Desk, key: Writer, response: Response, if_match: IfMatch = None
) -> dict[str, Any]:
    """Rules act at once in a try-out; publishing them takes a training, as for all NLP."""
    check_entity(entity, body)
    return _put(_ENTITIES, desk, key, bot, entity, body.document(), response, if_match)


@router.get("/entities", tags=["entities"])
def list_entities(
    bot: str, desk: Desk, key: Reader, limit: Limit = 100, cursor: str | None = None
) -> Page[dict[str, Any]]:
    return _list(_ENTITIES, desk, key, bot, limit, cursor)


@router.get("/entities/{entity}", tags=["entities"], summary="Show an entity")
def show_entity(bot: str, entity: Named, desk: Desk, key: Reader, response: Response) -> dict[str, Any]:
    return _show(_ENTITIES, desk, key, bot, entity, response)


@router.delete("/entities/{entity}", status_code=204, tags=["entities"], summary="Delete an entity")
def remove_entity(bot: str, entity: Named, desk: Desk, key: Writer, if_match: IfMatch = None) -> Response:
    return _remove(_ENTITIES, desk, key, bot, entity, if_match)


@router.put("/variables/{variable}", tags=["variables"], summary="Write a variable")
def put_variable(
    bot: str, variable: Named, body: Variable, desk: Desk, key: Writer, response: Response, if_match: IfMatch = None
) -> dict[str, Any]:
    return _put(_VARIABLES, desk, key, bot, variable, body.model_dump(mode="json"), response, if_match)


@router.get("/variables", tags=["variables"])
def list_variables(
    bot: str, desk: Desk, key: Reader, limit: Limit = 100, cursor: str | None = None
) -> Page[dict[str, Any]]:
    return _list(_VARIABLES, desk, key, bot, limit, cursor)


@router.get("/variables/{variable}", tags=["variables"], summary="Show a variable")
def show_variable(bot: str, variable: Named, desk: Desk, key: Reader, response: Response) -> dict[str, Any]:
    return _show(_VARIABLES, desk, key, bot, variable, response)


@router.delete("/variables/{variable}", status_code=204, tags=["variables"], summary="Delete a variable")
def remove_variable(bot: str, variable: Named, desk: Desk, key: Writer, if_match: IfMatch = None) -> Response:
    return _remove(_VARIABLES, desk, key, bot, variable, if_match)


def _put(
    shelf: _Shelf,
    desk: Desk,
    key: Writer,
    bot: str,
    name: str,
    document: dict[str, Any],
    response: Response,
    if_match: str | None,
) -> dict[str, Any]:
    with desk.db.writing() as connection:
        bot_id = find_bot(connection, bot, key.bot)["id"]
        _require_match(connection, shelf, bot_id, name, if_match)
        write_document(connection, shelf.table, bot_id, name, document)
        touch(connection, bot_id, nlp=shelf.nlp)
    response.headers["ETag"] = etag_of(document)
    return {"name": name, **document}


def _list(shelf: _Shelf, desk: Desk, key: Reader, bot: str, limit: int, cursor: str | None) -> Page[dict[str, Any]]:
    with desk.db.reading() as connection:
        found = documents_of(connection, shelf.table, find_bot(connection, bot, key.bot)["id"])
    items = [{"name": name, **document} for name, document in found.items()]
    return cut(items, limit, cursor, key=lambda item: (item["name"],))


def _show(shelf: _Shelf, desk: Desk, key: Reader, bot: str, name: str, response: Response) -> dict[str, Any]:
    with desk.db.reading() as connection:
        found = documents_of(connection, shelf.table, find_bot(connection, bot, key.bot)["id"]).get(name)
    if found is None:
        raise _nothing(shelf, name)
    response.headers["ETag"] = etag_of(found)
    return {"name": name, **found}


def _remove(shelf: _Shelf, desk: Desk, key: Writer, bot: str, name: str, if_match: str | None) -> Response:
    """A snapshot that is taken first brings it back."""
    here = shelf.table.c
    with desk.db.writing() as connection:
        row = find_bot(connection, bot, key.bot)
        _require_match(connection, shelf, row["id"], name, if_match)
        if name not in documents_of(connection, shelf.table, row["id"]):
            raise _nothing(shelf, name)
        snapshot = take_snapshot(connection, row, f"before deleting {shelf.noun} {name}"[:200])
        connection.execute(delete(shelf.table).where(here.bot_id == row["id"], here.name == name))
        touch(connection, row["id"], nlp=shelf.nlp)
        detail = {"name": name, "snapshot": snapshot}
        note(connection, audit, Entry(f"{shelf.noun}_deleted", key.name, row["id"], detail))
    return Response(status_code=204)


def _require_match(connection: Connection, shelf: _Shelf, bot_id: str, name: str, if_match: str | None) -> None:
    """Raises PreconditionError `precondition_failed`."""
    if if_match is not None:
        before = documents_of(connection, shelf.table, bot_id).get(name)
        require_match(if_match, None if before is None else etag_of(before))


def _nothing(shelf: _Shelf, name: str) -> NotFoundError:
    return NotFoundError("not_found", f"The bot has no {shelf.table.name} {name!r}.")
