"""Finding a bot or an intent, and noting that a bot changed: what every noun of draft needs."""

from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, RowMapping, or_, select, update

from services.draft_api.tables import bots, intents
from shared.contracts import BotSettings
from shared.errors import InvalidError, NotFoundError


def now() -> datetime:
    return datetime.now(UTC)


def find_bot(connection: Connection, bot: str, sees: str | None) -> RowMapping:
    """By id or name. A bot that a key is not for (`sees` names the one it is for) is as absent as any other."""
    query = select(bots).where(or_(bots.c.id == bot, bots.c.name == bot)).order_by((bots.c.id == bot).desc())
    row = connection.execute(query).mappings().first()
    if row is None or (sees is not None and row["id"] != sees):
        raise NotFoundError("not_found", f"There is no bot {bot!r}.")
    return row


def find_intent(connection: Connection, bot_id: str, intent: str) -> RowMapping:
    """By id or name. Raises NotFoundError `unknown_intent`."""
    query = select(intents).where(intents.c.bot_id == bot_id, or_(intents.c.id == intent, intents.c.name == intent))
    row = connection.execute(query.order_by((intents.c.id == intent).desc())).mappings().first()
    if row is None:
        raise NotFoundError("unknown_intent", f"The bot has no intent {intent!r}.")
    return row


def find_named_intent(connection: Connection, bot_id: str, intent: str) -> RowMapping:
    """As a body names it. Raises InvalidError `unknown_intent`."""
    try:
        return find_intent(connection, bot_id, intent)
    except NotFoundError as error:
        raise InvalidError(error.code, error.detail) from None


def bot_etag(bot: RowMapping) -> str:
    return f'"{bot["revision"]}"'


def intent_names(connection: Connection, bot_id: str) -> dict[str, str]:
    rows = connection.execute(select(intents.c.id, intents.c.name).where(intents.c.bot_id == bot_id))
    return {row.id: row.name for row in rows}


def settings_of(bot: RowMapping) -> BotSettings:
    return BotSettings.model_validate_json(bot["settings"])


def languages_of(bot: RowMapping) -> tuple[str, ...]:
    return tuple(orjson.loads(bot["languages"]))


def touch(connection: Connection, bot_id: str, nlp: bool = False, **values: Any) -> None:
    """Moves the revision, by which brains, fingerprints and ETags know that they are old."""
    values["revision"] = bots.c.revision + 1
    if nlp:
        values["nlp_revision"] = bots.c.nlp_revision + 1
    connection.execute(update(bots).where(bots.c.id == bot_id).values(updated_at=now(), **values))
