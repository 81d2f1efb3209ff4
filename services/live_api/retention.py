"""What people said is forgotten after the days that the bot keeps it (F5)."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, select

from services.live_api.environments import environment_of
from services.live_api.tables import active, conversations, messages
from shared.db import Database


def forget(db: Database, now: datetime | None = None) -> dict[str, int]:
    """Messages older than their bot's retention, and conversations that were silent for as long; how many messages,

    by bot. Also of bots that were taken off.
    """
    moment = now or datetime.now(UTC)
    with db.reading() as connection:
        bots = connection.execute(select(active.c.bot_id)).scalars().all()
        kept = {bot: timedelta(days=environment_of(connection, bot).retention_days) for bot in bots}
    gone = {bot: _forget(db, bot, moment - days) for bot, days in kept.items()}
    return {bot: count for bot, count in gone.items() if count}


def _forget(db: Database, bot: str, oldest: datetime) -> int:
    with db.writing() as connection:
        return _delete_before(connection, bot, oldest)


def _delete_before(connection: Connection, bot: str, oldest: datetime) -> int:
    gone = connection.execute(delete(messages).where(messages.c.bot_id == bot, messages.c.received_at < oldest))
    connection.execute(delete(conversations).where(conversations.c.bot_id == bot, conversations.c.last_at < oldest))
    return gone.rowcount
