"""The documents of releases, each with the digests of the artifacts that it cannot be served without."""

from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, insert, select, update

from services.live_api.tables import releases
from shared.contracts import Release
from shared.digest import canonical


def artifacts_of(release: Release) -> set[str]:
    return {file.digest for model in release.models.values() for file in model.all_files()}


def is_kept(connection: Connection, bot: str, digest: str) -> bool:
    here = releases.c.bot_id == bot, releases.c.digest == digest
    return connection.execute(select(releases.c.digest).where(*here)).first() is not None


def keep(connection: Connection, release: Release, provenance: dict[str, Any], document: bytes | None = None) -> bool:
    """Whether it is new here. Equal name, equal content: the first one stays, and counts as staged just now.

    `document` is its canonical text, where that was made before the transaction, which others wait for. Raises
    IntegrityError when somebody else keeps it at the same moment.
    """
    digest = release.digest
    if touch(connection, release.bot.id, digest):
        return False
    connection.execute(
        insert(releases).values(
            bot_id=release.bot.id,
            digest=digest,
            document=(document or release.canonical()).decode(),
            provenance=canonical(provenance).decode(),
            artifacts=orjson.dumps(sorted(artifacts_of(release))).decode(),
            staged_at=datetime.now(UTC),
        )
    )
    return True


def touch(connection: Connection, bot: str, digest: str) -> bool:
    """Whether it is kept. Whoever stages it again is about to use it: it is not swept from under them."""
    here = releases.c.bot_id == bot, releases.c.digest == digest
    return bool(connection.execute(update(releases).where(*here).values(staged_at=datetime.now(UTC))).rowcount)
