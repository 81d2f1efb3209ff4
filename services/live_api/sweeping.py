"""Sweeps documents and artifacts that nobody will ask for again. The log of activations stays whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson
import structlog
from sqlalchemy import Connection, delete, select

from services.live_api.expiry import Bounds, Dated, artifacts_to_sweep, releases_to_sweep
from services.live_api.pointer import one_mover_at_a_time
from services.live_api.roster import Roster
from services.live_api.tables import activations, active, conversations, kept, releases
from shared.artifacts import Artifacts
from shared.db import Database, utc

log = structlog.get_logger()

# Others that write wait for as long as it takes to delete so many files.
_AT_A_TIME = 10


@dataclass(frozen=True)
class Sweeper:
    db: Database
    artifacts: Artifacts
    roster: Roster
    bounds: Bounds

    def sweep(self, now: datetime | None = None) -> None:
        """Documents first: what only they referred to may go right after."""
        moment = now or datetime.now(UTC)
        for bot in self._bots():
            if gone := self._sweep_releases(bot, moment):
                self.roster.drop(bot, gone)
                log.info("releases_swept", bot=bot, releases=len(gone))
        if files := self._sweep_artifacts(moment):
            log.info("artifacts_swept", artifacts=files)

    def _bots(self) -> list[str]:
        with self.db.reading() as connection:
            return list(connection.execute(select(releases.c.bot_id).distinct()).scalars())

    def _sweep_releases(self, bot: str, now: datetime) -> set[str]:
        """Decided twice: the first time keeps nobody waiting, and mostly finds nothing."""
        with self.db.reading() as connection:
            if not _expired(connection, bot, now, self.bounds):
                return set()
        with self.db.writing() as connection:
            one_mover_at_a_time(connection, self.db.is_sqlite)
            gone = _expired(connection, bot, now, self.bounds)
            connection.execute(delete(releases).where(releases.c.bot_id == bot, releases.c.digest.in_(gone)))
        return gone

    def _sweep_artifacts(self, now: datetime) -> int:
        """How many. Stops when a release arrives meanwhile: it may need what was about to go."""
        with self.db.reading() as connection:
            known, needed = _names(connection), set(_needed(connection))
        stored = (Dated(digest, at) for digest, at in self.artifacts.stored())
        doomed = artifacts_to_sweep(stored, needed, now, self.bounds)
        for start in range(0, len(doomed), _AT_A_TIME):
            with self.db.writing() as connection:
                one_mover_at_a_time(connection, self.db.is_sqlite)
                if not _names(connection) <= known:
                    return start
                for digest in doomed[start : start + _AT_A_TIME]:
                    self.artifacts.delete(digest)
        return len(doomed)


def _expired(connection: Connection, bot: str, now: datetime, bounds: Bounds) -> set[str]:
    staged = select(releases.c.digest, releases.c.staged_at).where(releases.c.bot_id == bot)
    activated = select(activations.c.digest, activations.c.activated_at).where(activations.c.bot_id == bot)
    return releases_to_sweep(
        [Dated(digest, utc(at)) for digest, at in connection.execute(staged)],
        [Dated(digest, utc(at)) for digest, at in connection.execute(activated.order_by(activations.c.number.desc()))],
        _spared(connection, bot, bounds.recent(now)),
        now,
        bounds,
    )


def _spared(connection: Connection, bot: str, recent: datetime) -> set[str]:
    """What is active, what the publisher asked for, and what somebody talked to not long ago."""
    talked = select(conversations.c.release_digest).where(conversations.c.bot_id == bot)
    queries = (
        select(active.c.digest).where(active.c.bot_id == bot),
        select(kept.c.digest).where(kept.c.bot_id == bot),
        talked.where(conversations.c.last_at >= recent).distinct(),
    )
    return {digest for query in queries for digest in connection.execute(query).scalars()}


def _names(connection: Connection) -> set[tuple[str, str]]:
    return {(bot, digest) for bot, digest in connection.execute(select(releases.c.bot_id, releases.c.digest))}


def _needed(connection: Connection) -> Iterator[str]:
    for text in connection.execute(select(releases.c.artifacts).distinct()).scalars():
        yield from orjson.loads(text)
