"""Who serves: live processes that share a database show their heartbeat and the epoch that they have reached.

Only over PostgreSQL: one process owns each SQLite file.
"""

import time
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select, update

from services.live_api.tables import live_processes
from shared.db import Database, utc

_FRESH = timedelta(seconds=3)
_FORGOTTEN = timedelta(hours=1)
_POLL_SECONDS = 0.02


def beat(connection: Connection, process: str, epoch: int) -> None:
    """By the database's clock: the processes' own may differ."""
    values = {"epoch": epoch, "seen_at": func.now()}
    if connection.execute(update(live_processes).where(live_processes.c.id == process).values(**values)).rowcount == 0:
        connection.execute(insert(live_processes).values(id=process, **values))
        connection.execute(delete(live_processes).where(live_processes.c.seen_at < func.now() - _FORGOTTEN))


def beats(connection: Connection) -> dict[str, datetime]:
    """The last heartbeat of each process that shows one."""
    rows = connection.execute(select(live_processes.c.id, live_processes.c.seen_at))
    return {process: utc(seen_at) for process, seen_at in rows}


def leave(connection: Connection, process: str) -> None:
    connection.execute(delete(live_processes).where(live_processes.c.id == process))


def wait_for_others(db: Database, process: str, epoch: int, seconds: float) -> list[str]:
    """Until every live process with a fresh heartbeat serves `epoch`, or time is up; those that do not."""
    deadline = time.monotonic() + seconds
    while (behind := lagging(db, process, epoch)) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return behind


def lagging(db: Database, process: str, epoch: int) -> list[str]:
    """The other processes with a fresh heartbeat that do not serve `epoch` yet."""
    return [name for name, reached in _others(db, process).items() if reached < epoch]


def alone(db: Database, process: str) -> bool:
    """Whether no other process has a fresh heartbeat."""
    return not _others(db, process)


def _others(db: Database, process: str) -> dict[str, int]:
    """Those with a fresh heartbeat, and the epoch that each serves."""
    if db.is_sqlite:
        return {}
    with db.reading() as connection:
        moment = utc(connection.execute(select(func.now())).scalar_one())
        others = select(live_processes).where(live_processes.c.id != process)
        rows = connection.execute(others).mappings().all()
    return {row["id"]: row["epoch"] for row in rows if moment - utc(row["seen_at"]) < _FRESH}
