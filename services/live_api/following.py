"""The thread that keeps a process up to date: follows switches, tries failed loads again, forgets what is old."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from services.live_api.presence import beat, leave
from services.live_api.retention import forget
from services.live_api.roster import Roster
from services.live_api.settings import LiveSettings
from shared.db import Database

log = structlog.get_logger()

_PATIENCE_SECONDS = 2.0


@dataclass
class Chore:
    """Something to do every so many seconds, the first time after the first of them."""

    seconds: float
    run: Callable[[], None]
    due: float = field(default_factory=time.monotonic)

    def when_due(self) -> None:
        if time.monotonic() >= self.due + self.seconds:
            self.due = time.monotonic()
            self.run()


class Follower:
    def __init__(self, db: Database, roster: Roster, settings: LiveSettings, process: str) -> None:
        self._db, self._roster, self._settings, self._process = db, roster, settings, process
        self._stopping = threading.Event()
        self._chores = (Chore(settings.retry_seconds, roster.retry), Chore(settings.forget_seconds, self._forget))
        self._thread = threading.Thread(target=self._work, name="follower", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when the last look is done, or after a moment: it may be loading a large model."""
        self._stopping.set()
        self._thread.join(_PATIENCE_SECONDS)

    def _work(self) -> None:
        while not self._stopping.wait(self._settings.follow_seconds):
            try:
                self._look()
                for chore in self._chores:
                    chore.when_due()
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

    def _forget(self) -> None:
        for pointer in self._roster.everyone():
            if gone := forget(self._db, pointer):
                log.info("messages_forgotten", bot=pointer.bot, messages=gone, days=pointer.retention_days)

    def _say_goodbye(self) -> None:
        if self._db.is_sqlite:
            return
        try:
            with self._db.writing() as connection:
                leave(connection, self._process)
        except Exception as error:
            log.warning("goodbye_failed", error=type(error).__name__)
