"""Expressions: unique across the bot and language under their normal form (T4)."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, delete, insert, select

from services.draft_api.desk import Desk, Reader, Writer
from services.draft_api.intent_records import intent_etag
from services.draft_api.nlp import normal_key
from services.draft_api.store import find_bot, find_intent, intent_names, languages_of, touch
from services.draft_api.tables import expressions, intents
from services.draft_api.wording import expression_text
from shared.errors import ConflictError, InvalidError, NotFoundError
from shared.ids import new_id
from shared.web.pages import Limit, Page, cut
from shared.web.preconditions import IfMatch, require_match
from shared.web.routing import BODY_KEYS, Router

router = Router(prefix="/v1/bots/{bot}/intents/{intent}/expressions", tags=["expressions"])

MOST_AT_ONCE = 10_000


class NewExpression(BaseModel):
    """`move` takes the expression over from the intent that has it now."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(min_length=1, max_length=1000, examples=["Can I get my money back?"])]
    language: str | None = None
    move: bool = False


class NewExpressions(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"expressions": [{"text": "is there a hook for my penny-farthing"}]}]},
    )

    expressions: Annotated[list[NewExpression], Field(min_length=1, max_length=MOST_AT_ONCE)]


class Expression(BaseModel):
    id: str
    text: str
    language: str


class Expressions(BaseModel):
    items: list[Expression]


@router.post("", status_code=201, openapi_extra={BODY_KEYS: 1 + MOST_AT_ONCE * len(NewExpression.model_fields)})
def add(bot: str, intent: str, body: NewExpressions, desk: Desk, key: Writer, if_match: IfMatch = None) -> Expressions:
    """`If-Match` names the intent as it was read."""
    with desk.db.writing() as connection:
        row = find_bot(connection, bot, key.bot)
        found = find_intent(connection, row["id"], intent)
        require_match(if_match, intent_etag(connection, found) if if_match else None)
        added = add_expressions(connection, row["id"], languages_of(row), found["id"], body.expressions)
        touch(connection, row["id"], nlp=True)
    desk.trainers.expect()
    return Expressions(items=added)


@router.get("")
def list_all(
    bot: str, intent: str, desk: Desk, key: Reader, limit: Limit = 100, cursor: str | None = None
) -> Page[Expression]:
    with desk.db.reading() as connection:
        bot_id = find_bot(connection, bot, key.bot)["id"]
        found = find_intent(connection, bot_id, intent)["id"]
        query = select(expressions.c.id, expressions.c.text, expressions.c.language)
        here = expressions.c.bot_id == bot_id, expressions.c.intent_id == found
        rows = connection.execute(query.where(*here)).mappings().all()
    return cut([Expression(**row) for row in rows], limit, cursor, key=lambda e: (e.language, e.text, e.id))


@router.delete("/{expression}", status_code=204)
def remove(bot: str, intent: str, expression: str, desk: Desk, key: Writer, if_match: IfMatch = None) -> Response:
    """`If-Match` names the intent as it was read."""
    with desk.db.writing() as connection:
        bot_id = find_bot(connection, bot, key.bot)["id"]
        found = find_intent(connection, bot_id, intent)
        require_match(if_match, intent_etag(connection, found) if if_match else None)
        here = (
            expressions.c.bot_id == bot_id,
            expressions.c.intent_id == found["id"],
            expressions.c.id == expression,
        )
        if connection.execute(delete(expressions).where(*here)).rowcount == 0:
            raise NotFoundError("not_found", f"The intent has no expression {expression!r}.")
        touch(connection, bot_id, nlp=True)
    desk.trainers.expect()
    return Response(status_code=204)


def add_expressions(
    connection: Connection, bot_id: str, languages: Sequence[str], intent: str, new: Sequence[NewExpression]
) -> list[Expression]:
    """All or nothing. Raises ConflictError `duplicate_expression`, naming the intent that has it."""
    added: dict[tuple[str, str], Expression] = {}
    for item in new:
        text, language = expression_text(item.text), item.language or languages[0]
        if language not in languages:
            raise InvalidError("unknown_language", f"This bot does not speak {language!r}.")
        key = (language, normal_key(text))
        if key in added:
            where = {"id": intent, "name": intent_names(connection, bot_id)[intent]}
            raise ConflictError("duplicate_expression", f"{text!r} is twice in this request.", intent=where)
        _make_room(connection, bot_id, intent, key, item)
        added[key] = Expression(id=new_id("expr"), text=text, language=language)
    insert_expressions(connection, bot_id, [(e, intent, key[1]) for key, e in added.items()])
    return list(added.values())


def insert_expressions(connection: Connection, bot_id: str, rows: Sequence[tuple[Expression, str, str]]) -> None:
    """`rows` are (expression, intent id, normal key)."""
    values = [
        {"id": e.id, "bot_id": bot_id, "intent_id": i, "language": e.language, "text": e.text, "normal": n}
        for e, i, n in rows
    ]
    if values:
        connection.execute(insert(expressions), values)


def _make_room(connection: Connection, bot_id: str, intent: str, key: tuple[str, str], item: NewExpression) -> None:
    """Moves an equal expression out of the way if that was asked for."""
    same = expressions.c.bot_id == bot_id, expressions.c.language == key[0], expressions.c.normal == key[1]
    query = select(expressions.c.id, expressions.c.text, expressions.c.intent_id, intents.c.name)
    owner = (intents.c.bot_id == expressions.c.bot_id) & (intents.c.id == expressions.c.intent_id)
    found = connection.execute(query.join(intents, owner).where(*same)).mappings().first()
    if found is None:
        return
    if not item.move or found["intent_id"] == intent:
        detail = f"{item.text!r} equals {found['text']!r}, an expression of {found['name']!r} already."
        where = {"id": found["intent_id"], "name": found["name"]}
        raise ConflictError("duplicate_expression", detail, intent=where, expression=found["id"])
    connection.execute(delete(expressions).where(expressions.c.id == found["id"]))
