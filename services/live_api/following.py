"""The thread that keeps a process up to date: follows other processes' switches, tries failed loads again."""

import threading
import time

import structlog

from services.live_api.presence import beat, leave
from services.live_api.roster import Roster
from services.live_api.settings import LiveSettings
from shared.db import Database

log = structlog.get_logger()


class Follower:
    def __init__(self, db: Database, roster: Roster, settings: LiveSettings, process: str) -> None:
        self._db, self._roster, self._settings, self._process = db, roster, settings, process
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="follower", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _work(self) -> None:
        retry_at = time.monotonic() + self._settings.retry_seconds
        while not self._stopping.wait(self._settings.follow_seconds):
            try:
                self._look()
                if time.monotonic() >= retry_at:
                    self._roster.retry()
                    retry_at = time.monotonic() + self._settings.retry_seconds
            except Exception as error:
                # The database is away: what is in memory goes on answering, and we look again.
                log.warning("following_interrupted", error=type(error).__name__)
        self._say_goodbye()

    def _look(self) -> None:
        self._roster.follow()
        # A SQLite file has one process, and nobody who would count its heartbeats.
        if not self._db.is_sqlite:
            with self._db.writing() as connection:
                beat(connection, self._process, self._roster.served_epoch())

    def _say_goodbye(self) -> None:
        if self._db.is_sqlite:
            return
        try:
            with self._db.writing() as connection:
                leave(connection, self._process)
        except Exception as error:
            log.warning("goodbye_failed", error=type(error).__name__)
