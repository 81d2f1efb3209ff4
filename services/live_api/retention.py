"""What people said is forgotten after the days that the bot keeps it (F5)."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete

from services.live_api.pointer import Pointer
from services.live_api.tables import conversations, messages
from shared.db import Database


def forget(db: Database, pointer: Pointer, now: datetime | None = None) -> int:
    """Messages older than the bot's retention, and conversations that have been silent for as long; how many."""
    oldest = (now or datetime.now(UTC)) - timedelta(days=pointer.environment.retention_days)
    with db.writing() as connection:
        gone = connection.execute(
            delete(messages).where(messages.c.bot_id == pointer.bot, messages.c.received_at < oldest)
        )
        connection.execute(
            delete(conversations).where(conversations.c.bot_id == pointer.bot, conversations.c.last_at < oldest)
        )
    return gone.rowcount
