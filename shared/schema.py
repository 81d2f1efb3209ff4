"""Brings a service's database to the newest revision of its own history."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from shared.db import Database
from shared.errors import MisconfiguredError

_INI = Path(__file__).resolve().parent.parent / "migrations" / "alembic.ini"
_MIGRATION_LOCK = 4_734_301


def migrate(db: Database, history: str) -> None:
    """`history` is draft, live or publisher. Several processes may start at once: one migrates, the rest wait."""
    with db.writing() as connection:
        _wait_for_turn(connection, db.is_sqlite)
        config = Config(_INI, ini_section=history)
        config.attributes["connection"] = connection
        _refuse_unknown(connection, config, history)
        command.upgrade(config, "head")


def _refuse_unknown(connection: Connection, config: Config, history: str) -> None:
    """Raises MisconfiguredError for tables that a newer version has made, or another service."""
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if unknown := set(MigrationContext.configure(connection).get_current_heads()) - known:
        raise MisconfiguredError(
            f"The database is at revision {', '.join(sorted(unknown))}, which this version of {history} does not know: "
            f"a newer version has changed it, or it is another service's. Start the newer one, or restore a backup."
        )


def _wait_for_turn(connection: Connection, is_sqlite: bool) -> None:
    if not is_sqlite:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
