"""Brings a service's database to the newest revision of its own history."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from shared.db import Database

_INI = Path(__file__).resolve().parent.parent / "migrations" / "alembic.ini"
_MIGRATION_LOCK = 4_734_301


def migrate(db: Database, history: str) -> None:
    """`history` is draft, live or publisher. Several processes may start at once: one migrates, the rest wait."""
    with db.writing() as connection:
        _wait_for_turn(connection, db.is_sqlite)
        config = Config(_INI, ini_section=history)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _wait_for_turn(connection: Connection, is_sqlite: bool) -> None:
    if not is_sqlite:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
