"""The values of an entity as a CSV file: value,synonym,synonym and so on, one value a line."""

import csv
import io
from collections.abc import Iterable, Iterator

from fastapi import Request, Response
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool

from services.draft_api.desk import Desk, DeskParts, Reader, Writer
from services.draft_api.documents import documents_of, write_document
from services.draft_api.nlp_import import guarded, unguarded
from services.draft_api.resources import Named
from services.draft_api.store import find_bot, touch
from services.draft_api.tables import entities
from shared.entities.document import Entity, EntityValue, check_entity
from shared.errors import InvalidError, MediaTypeError, NotFoundError
from shared.web.describing import TEXT
from shared.web.keys import Principal
from shared.web.preconditions import IfMatch, etag_of, require_match
from shared.web.routing import UPLOAD, Router

router = Router(prefix="/v1/bots/{bot}/entities/{entity}/values", tags=["entities"])

_HEADER = ("value", "synonyms")
_BODY = {
    "required": True,
    "content": {
        "text/csv": {"schema": {"type": "string"}, "example": "value,synonyms\nsoup,broth,bouillon\nbread,baguette\n"}
    },
}


class Written(BaseModel):
    values: int
    synonyms: int


@router.get(
    "",
    response_class=Response,
    responses={200: {"content": {"text/csv": TEXT}}},
    summary="Export the values of an entity",
)
def export_values(bot: str, entity: Named, desk: Desk, key: Reader) -> Response:
    with desk.db.reading() as connection:
        found = documents_of(connection, entities, find_bot(connection, bot, key.bot)["id"]).get(entity)
    if found is None:
        raise NotFoundError("not_found", f"The bot has no entities {entity!r}.")
    values = write_values(Entity.model_validate(found).values)
    return Response(values, media_type="text/csv; charset=utf-8", headers={"ETag": etag_of(found)})


@router.put("", openapi_extra={UPLOAD: True, "requestBody": _BODY}, summary="Import the values of an entity")
async def import_values(
    bot: str, entity: Named, request: Request, desk: Desk, key: Writer, if_match: IfMatch = None
) -> Written:
    """Replaces all values; an entity that is not there is made. A line that is wrong refuses the whole."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "text/csv":
        raise MediaTypeError("unsupported_media_type", "Send text/csv.")
    values = list(parse_values(await request.body()))
    return await run_in_threadpool(_replace, desk, key, bot, entity, values, if_match)


def _replace(
    desk: DeskParts, key: Principal, bot: str, name: str, values: list[EntityValue], if_match: str | None
) -> Written:
    with desk.db.writing() as connection:
        bot_id = find_bot(connection, bot, key.bot)["id"]
        before = documents_of(connection, entities, bot_id).get(name)
        require_match(if_match, None if before is None else etag_of(before))
        entity = Entity.model_validate(before or {"kind": "match"}).model_copy(update={"values": values})
        check_entity(name, entity)
        write_document(connection, entities, bot_id, name, entity.document())
        touch(connection, bot_id, nlp=True)
    return Written(values=len(values), synonyms=sum(len(value.synonyms) for value in values))


def parse_values(body: bytes) -> Iterator[EntityValue]:
    """Raises InvalidError `invalid_text`, `malformed_header`, `malformed_line` with the `line`."""
    try:
        reader = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True)
        if [cell.strip().lower() for cell in next(reader, [])][:1] != [_HEADER[0]]:
            raise InvalidError("malformed_header", "The first line must be value,synonyms.", line=1)
        for cells in reader:
            if any(cells):
                yield _value(cells, reader.line_num)
    except UnicodeDecodeError:
        raise InvalidError("invalid_text", "The file is not UTF-8.") from None
    except csv.Error as error:
        raise InvalidError(
            "malformed_line", f"Line {reader.line_num} is no CSV: {error}.", line=reader.line_num
        ) from None


def _value(cells: list[str], line: int) -> EntityValue:
    value, *synonyms = (unguarded(cell).strip() for cell in cells)
    try:
        return EntityValue(value=value, synonyms=[synonym for synonym in synonyms if synonym])
    except ValidationError as error:
        why = error.errors(include_url=False)[0]["msg"]
        raise InvalidError("malformed_line", f"Line {line}: {why}.", line=line) from None


def write_values(values: Iterable[EntityValue]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_HEADER)
    writer.writerows([guarded(text) for text in value.spoken] for value in values)
    return out.getvalue()
