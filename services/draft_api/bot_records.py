"""Making a bot: what its own route and a whole bot's import share."""

import orjson
from sqlalchemy import Connection, insert, select

from services.draft_api.names import refuse_unfit_bot_name
from services.draft_api.store import now
from services.draft_api.tables import bots
from shared.contracts import BotSettings
from shared.errors import ConflictError, ForbiddenError
from shared.ids import new_id
from shared.web.keys import Principal


def create_bot(connection: Connection, name: str, languages: list[str], settings: BotSettings) -> str:
    """Raises what `refuse_name` raises."""
    refuse_name(connection, name)
    bot_id, moment = new_id("bot"), now()
    connection.execute(
        insert(bots).values(
            id=bot_id,
            name=name,
            languages=orjson.dumps(list(dict.fromkeys(languages))).decode(),
            settings=settings.model_dump_json(),
            env="{}",
            revision=1,
            nlp_revision=1,
            created_at=moment,
            updated_at=moment,
        )
    )
    return bot_id


def refuse_bound(key: Principal) -> None:
    if key.bot is not None:
        raise ForbiddenError("forbidden", "This key is for one bot, and cannot make another.")


def refuse_name(connection: Connection, name: str) -> None:
    """Bots are found by name. Raises InvalidError `invalid_name`, or ConflictError `duplicate_bot` without the id of
    the bot that has it: a key for one bot may not see the other.
    """
    refuse_unfit_bot_name(name)
    if connection.execute(select(bots.c.id).where(bots.c.name == name)).scalar():
        raise ConflictError("duplicate_bot", f"There is a bot {name!r} already.")
