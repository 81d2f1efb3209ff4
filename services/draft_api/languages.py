"""The languages of a bot: what goes when one is taken off."""

from collections.abc import Collection

from sqlalchemy import Connection, RowMapping, delete, select

from services.draft_api.snapshots import take_snapshot
from services.draft_api.tables import audit, expressions
from shared.audit import Entry, note


def take_off(connection: Connection, bot: RowMapping, gone: Collection[str], by: str) -> None:
    """Their expressions go; if there are any, draft is snapshotted first, so that this can be undone (P18)."""
    lost = expressions.c.bot_id == bot["id"], expressions.c.language.in_(gone)
    if connection.execute(select(expressions.c.id).where(*lost).limit(1)).first() is None:
        return
    names = sorted(gone)
    snapshot = take_snapshot(connection, bot, f"before taking off {', '.join(names)}"[:200])
    connection.execute(delete(expressions).where(*lost))
    note(connection, audit, Entry("languages_removed", by, bot["id"], {"languages": names, "snapshot": snapshot}))
