"""Intents as they lie in the database: what several nouns of draft need of them."""

from collections.abc import Mapping

from sqlalchemy import Connection, RowMapping, insert, select

from services.draft_api.store import now
from services.draft_api.tables import expressions, intents
from shared.web.preconditions import etag_of


def insert_intents(connection: Connection, bot_id: str, names: Mapping[str, str]) -> None:
    """`names` by id; the caller knows that neither is taken."""
    moment = now()
    rows = [{"bot_id": bot_id, "id": intent, "name": name, "created_at": moment} for intent, name in names.items()]
    if rows:
        connection.execute(insert(intents), rows)


def intent_etag(connection: Connection, intent: RowMapping) -> str:
    """Of the name and every expression: who deletes an intent has seen what goes with it."""
    here = expressions.c.bot_id == intent["bot_id"], expressions.c.intent_id == intent["id"]
    rows = connection.execute(select(expressions.c.language, expressions.c.text).where(*here))
    return etag_of([intent["name"], sorted([row.language, row.text] for row in rows)])
