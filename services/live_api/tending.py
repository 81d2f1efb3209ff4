"""Gives what nobody has in hand to those who live, and keeps count of what waits.

A process may be dead. Or it was never told that something stands in its name: the database went away with the answer
to a commit.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from sqlalchemy import Column, Connection, func, select

from services.live_api import inbox, outbox
from services.live_api.lanes import Lanes
from services.live_api.presence import beats
from services.live_api.tables import inbox as inbox_rows
from services.live_api.tables import outbox as outbox_rows
from services.live_api.vigil import Vigil
from shared.db import Database, utc

log = structlog.get_logger()

_BOTH = (inbox.LANES, outbox.LANES)


@dataclass(frozen=True)
class Backlog:
    """What waits: events for their turn, replies to be sent; what is parked; how old in seconds the oldest is."""

    events: int = 0
    events_age: float = 0.0
    replies: int = 0
    replies_age: float = 0.0
    parked: int = 0


InHand = Callable[[], set[int]]
"""The numbers of the rows that this process works on. Asked from a thread of its own."""


class Tending:
    def __init__(self, db: Database, process: str, lease_seconds: float, events: InHand, replies: InHand) -> None:
        self._db, self._process = db, process
        self._vigil = Vigil(lease_seconds)
        self._strays = tuple(
            (lanes, hand, Vigil(lease_seconds)) for lanes, hand in zip(_BOTH, (events, replies), strict=True)
        )
        self.backlog = Backlog()

    def begin(self) -> None:
        """A SQLite file has one process: whatever somebody else had in hand, they have no more."""
        if self._db.is_sqlite:
            with self._db.writing() as connection:
                owners = {owner for lanes in _BOTH for owner in lanes.owners(connection)}
                _free(connection, owners - {self._process})

    def look(self) -> None:
        if not self._db.is_sqlite:
            self._free_silent()
        self._free_strays()
        with self._db.reading() as connection:
            self.backlog = _count(connection, datetime.now(UTC))

    def _free_silent(self) -> None:
        with self._db.reading() as connection:
            owners = {owner for lanes in _BOTH for owner in lanes.owners(connection)} - {self._process}
            shown: Mapping[str, datetime] = beats(connection) if owners else {}
        if silent := self._vigil.silent(owners, shown, time.monotonic()):
            with self._db.writing() as connection:
                _free(connection, silent)

    def _free_strays(self) -> None:
        """After a while: what was just kept may be on its way."""
        for lanes, in_hand, vigil in self._strays:
            with self._db.reading() as connection:
                held = lanes.held(connection, self._process)
            missed = {str(number) for number in held - in_hand()}
            if stray := {int(name) for name in vigil.silent(missed, {}, time.monotonic())}:
                with self._db.writing() as connection:
                    freed = lanes.let_go(connection, stray, self._process)
                log.warning("strays_freed", rows=freed)


def _free(connection: Connection, owners: set[str]) -> None:
    freed = sum(lanes.free(connection, owners) for lanes in _BOTH) if owners else 0
    if freed:
        log.warning("work_taken_over", owners=len(owners), rows=freed)


def _count(connection: Connection, now: datetime) -> Backlog:
    events, events_age = _waiting(connection, inbox.LANES, inbox_rows.c.received_at, now)
    replies, replies_age = _waiting(connection, outbox.LANES, outbox_rows.c.created_at, now)
    return Backlog(events, events_age, replies, replies_age, parked=sum(_parked(connection, lanes) for lanes in _BOTH))


def _waiting(connection: Connection, lanes: Lanes, moments: Column[datetime], now: datetime) -> tuple[int, float]:
    count, oldest = connection.execute(select(func.count(), func.min(moments)).where(lanes.pending)).one()
    return count, max(0.0, (now - utc(oldest)).total_seconds()) if oldest else 0.0


def _parked(connection: Connection, lanes: Lanes) -> int:
    parked = select(func.count()).select_from(lanes.table).where(lanes.parked)
    return int(connection.execute(parked).scalar_one())
