"""Writing intents: what their own route and a whole bot's import share."""

from collections.abc import Mapping

from sqlalchemy import Connection, insert

from services.draft_api.store import now
from services.draft_api.tables import intents


def insert_intents(connection: Connection, bot_id: str, names: Mapping[str, str]) -> None:
    """`names` by id; the caller knows that neither is taken."""
    moment = now()
    rows = [{"bot_id": bot_id, "id": intent, "name": name, "created_at": moment} for intent, name in names.items()]
    if rows:
        connection.execute(insert(intents), rows)
