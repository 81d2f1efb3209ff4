"""Durable jobs: a port of three calls, kept by DBOS.

A job is a function of one id, written so that running it again finishes what a crash left. It is started
at least once, and again after every restart, until it returns. What it is doing stands in the service's
own tables; DBOS only remembers that it is not finished.
"""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from itertools import chain, repeat
from pathlib import Path
from typing import Protocol

import structlog
from dbos import DBOS, DBOSPortableJSONSerializer, SetWorkflowID
from sqlalchemy import make_url
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from shared.db import with_driver

Run = Callable[[str], None]

# One version for all builds: a job that an older build left is finished by the newer one.
_APPLICATION_VERSION = "greenroom"
_MAX_STARTS = 100
_RETRY_SECONDS = (0.2, 1.0, 2.0, 5.0, 5.0, 10.0, 10.0)
_PATIENCE_SECONDS = 2.0

log = structlog.get_logger()


class Jobs(Protocol):
    def launch(self, kinds: dict[str, Run]) -> None:
        """Says what each kind does, then takes up again what an earlier process left."""
        ...

    def start(self, kind: str, job: str) -> None:
        """Returns at once, or after a moment when the jobs cannot be written down just now: it starts once they can.

        Starting a job that is known already changes nothing.
        """
        ...

    def close(self) -> None: ...


class DurableJobs:
    """Jobs that survive kill -9. One per process, because DBOS is."""

    def __init__(self, name: str, database_url: str) -> None:
        self._name = name
        self._url = with_driver(database_url)
        self._stopping = threading.Event()
        self._workflows: dict[str, Run] = {}

    def launch(self, kinds: dict[str, Run]) -> None:
        _set_aside_damaged(self._url)
        DBOS(
            config={
                "name": self._name,
                "system_database_url": self._url,
                "dbos_system_schema": f"dbos_{self._name}",
                "application_version": _APPLICATION_VERSION,
                "executor_id": self._name,
                "serializer": DBOSPortableJSONSerializer(),
                "log_level": "WARNING",
                "notification_listener_polling_interval_sec": 1.0,
            }
        )
        for kind, run in kinds.items():
            self._workflows[kind] = DBOS.workflow(name=kind, max_recovery_attempts=_MAX_STARTS)(self._persist(run))
        DBOS.launch()

    def start(self, kind: str, job: str) -> None:
        """Nobody is told that it could not be: it stands in the service's own tables, and is started all the same."""
        workflow, name = self._workflows[kind], f"{kind}:{job}"
        starting = threading.Thread(target=self._begin, args=(workflow, name, job), name="job-starter", daemon=True)
        starting.start()
        starting.join(_PATIENCE_SECONDS)

    def close(self) -> None:
        self._stopping.set()
        DBOS.destroy(destroy_registry=True)

    def _begin(self, workflow: Run, name: str, job: str) -> None:
        """DBOS waits for a database that is locked for as long as it takes; a disk that is full is ours to outlast."""
        for seconds in chain(_RETRY_SECONDS, repeat(_RETRY_SECONDS[-1])):
            try:
                with SetWorkflowID(name):
                    DBOS.start_workflow(workflow, job)
                return
            except Exception as error:
                log.warning("job_not_started", job=job, error=type(error).__name__)
            if self._stopping.wait(seconds):
                return

    def _persist(self, run: Run) -> Run:
        """A job ends by returning. One that raises met a database that is away, and is tried until it is back."""

        def body(job: str) -> None:
            for seconds in chain(_RETRY_SECONDS, repeat(_RETRY_SECONDS[-1])):
                try:
                    run(job)
                    return
                except Exception:
                    log.exception("job_interrupted", job=job)
                if self._stopping.wait(seconds):
                    # Neither done nor failed: the process is about to end, and the next start takes it up.
                    threading.Event().wait()

        return body


def _set_aside_damaged(url: str) -> None:
    """What is unfinished stands in the service's own tables too: such a file must not keep it from starting."""
    file = Path(make_url(url).database or "")
    if not url.startswith("sqlite") or not file.is_file() or _readable(file):
        return
    for suffix in ("-journal", "-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
    aside = file.replace(file.with_name(f"{file.name}.damaged"))
    log.error("jobs_database_set_aside", file=str(aside), why="It cannot be read; a new one is made.")


def _readable(file: Path) -> bool:
    """A file that is locked, or that may not be opened, is not damaged."""
    try:
        with closing(sqlite3.connect(file)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.OperationalError:
        return True
    except sqlite3.DatabaseError:
        return False


AWAY = (OperationalError, InterfaceError, NoConnectionError)
"""What a job lets through, to be tried again; anything else that it does not foresee, it ends with as failed."""


def jobs_url(database_url: str) -> str:
    """In SQLite a file beside the service's own (with a rollback journal); in PostgreSQL a schema of its own."""
    return database_url.removesuffix(".db") + "-jobs.db" if database_url.startswith("sqlite") else database_url
