"""Who serves: live processes that share a database show their heartbeat, the epoch that they have reached, and since
when they have nothing in hand any more.

Only over PostgreSQL: one process owns each SQLite file.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select, update

from services.live_api.tables import live_processes
from shared.db import Database, utc

_FRESH = timedelta(seconds=3)
_FORGOTTEN = timedelta(hours=1)
_POLL_SECONDS = 0.02


def beat(connection: Connection, process: str, epoch: int, busy: Callable[[], timedelta]) -> None:
    """By the database's clock: the processes' own may differ. `busy`: how long ago what is in hand longest came."""
    # Asked for after now() was fixed: it may seem to have come a little earlier, and never later.
    moment = connection.execute(select(func.now())).scalar_one()
    values = {"epoch": epoch, "seen_at": moment, "settled_at": moment - busy()}
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


def moment_of(db: Database) -> datetime:
    """Now, by the clock that heartbeats go by."""
    with db.reading() as connection:
        return utc(connection.execute(select(func.now())).scalar_one())


def unsettled(db: Database, process: str, moment: datetime, patience: timedelta) -> dict[str, bool]:
    """The other processes that may have in hand what came before `moment`, and whether they say so themselves: those of

    an older version do not. Also one that was silent by then, though for no longer than `patience`: it may be dead, or
    merely slow.
    """
    if db.is_sqlite:
        return {}
    with db.reading() as connection:
        others = live_processes.c.id != process, live_processes.c.seen_at > moment - patience
        rows = connection.execute(select(live_processes).where(*others)).mappings().all()
    return {
        row["id"]: row["settled_at"] is not None
        for row in rows
        if row["settled_at"] is None or utc(row["settled_at"]) <= moment
    }


def _others(db: Database, process: str) -> dict[str, int]:
    """Those with a fresh heartbeat, and the epoch that each serves."""
    if db.is_sqlite:
        return {}
    with db.reading() as connection:
        moment = utc(connection.execute(select(func.now())).scalar_one())
        others = select(live_processes).where(live_processes.c.id != process)
        rows = connection.execute(others).mappings().all()
    return {row["id"]: row["epoch"] for row in rows if moment - utc(row["seen_at"]) < _FRESH}
