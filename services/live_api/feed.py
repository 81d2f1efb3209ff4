"""The feed of user messages in an order that a reader may remember by its last number (F4).

A sequence is counted when a row is inserted and seen when it is committed: over PostgreSQL a higher number may
be seen before a lower one. So writers share a lock until they have committed, and a reader waits for those that
hold it: whatever it sees has nothing missing below.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from shared.db import Database

_FEED_LOCK = 4_734_303


def take_part(connection: Connection) -> None:
    """Before anything else of a message is written; held until the transaction ends.

    First, so that nobody waits for it who is waited for. SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": _FEED_LOCK})


@contextmanager
def settled(db: Database) -> Iterator[Connection]:
    """A connection that sees every message below the highest that it sees."""
    if db.is_sqlite:
        with db.reading() as connection:
            yield connection
        return
    # Not `reading`: there the snapshot would be taken before the lock was given.
    with db.writing() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _FEED_LOCK})
        yield connection
