"""What people said is forgotten after the days that the bot keeps it (F5)."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, select, union, update

from services.live_api.environments import environment_of
from services.live_api.tables import active, agent_messages, conversations, inbox, messages, outbox
from shared.db import Database

_REPEATED_DAYS = 8
"""For as long as platforms are known to repeat an event."""


def forget(db: Database, now: datetime | None = None) -> dict[str, int]:
    """Messages older than their bot's retention, and conversations that were silent for as long; how many messages,

    by bot. Also of bots that were taken off.
    """
    moment = now or datetime.now(UTC)
    with db.reading() as connection:
        unanswered = select(inbox.c.bot_id).where(inbox.c.body.is_not(None))
        bots = connection.execute(union(select(active.c.bot_id), unanswered)).scalars().all()
        kept = {bot: timedelta(days=environment_of(connection, bot).retention_days) for bot in bots}
    gone = {bot: _forget(db, bot, moment - days) for bot, days in kept.items()}
    return {bot: count for bot, count in gone.items() if count}


def _forget(db: Database, bot: str, oldest: datetime) -> int:
    with db.writing() as connection:
        return _delete_before(connection, bot, oldest)


def _delete_before(connection: Connection, bot: str, oldest: datetime) -> int:
    gone = connection.execute(delete(messages).where(messages.c.bot_id == bot, messages.c.received_at < oldest))
    connection.execute(delete(conversations).where(conversations.c.bot_id == bot, conversations.c.last_at < oldest))
    _forget_undone(connection, bot, oldest)
    return gone.rowcount


def _forget_undone(connection: Connection, bot: str, oldest: datetime) -> None:
    """What was never dealt with. Of an event the hash stays: a platform may still repeat it."""
    late = inbox.c.bot_id == bot, inbox.c.received_at < oldest, inbox.c.body.is_not(None)
    blank = {"status": "ignored", "reason": "forgotten", "conversation": None, "body": None, "owner": None}
    connection.execute(update(inbox).where(*late).values(**blank))
    connection.execute(delete(outbox).where(outbox.c.bot_id == bot, outbox.c.created_at < oldest))
    connection.execute(delete(agent_messages).where(agent_messages.c.bot_id == bot, agent_messages.c.sent_at < oldest))


def forget_done(db: Database, days: int, now: datetime | None = None) -> int:
    """Events that no platform repeats any more, and replies that were sent as long ago; how many."""
    oldest = (now or datetime.now(UTC)) - timedelta(days=max(days, _REPEATED_DAYS))
    done = (
        delete(inbox).where(inbox.c.body.is_(None), inbox.c.received_at < oldest),
        delete(outbox).where(outbox.c.body.is_(None), outbox.c.created_at < oldest),
    )
    with db.writing() as connection:
        return sum(connection.execute(statement).rowcount for statement in done)
