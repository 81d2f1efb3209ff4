"""The thread that keeps a process up to date: follows switches, tries failed loads again, forgets what is old."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from services.live_api.presence import beat, leave
from services.live_api.retention import forget, forget_done
from services.live_api.roster import Roster
from services.live_api.settings import LiveSettings
from services.live_api.tables import HOLDING_TEXT
from shared.db import Database
from shared.faults import told

log = structlog.get_logger()

_PATIENCE_SECONDS = 2.0


@dataclass
class Chore:
    """Something to do every so many seconds, and for the first time after `first` seconds."""

    seconds: float
    run: Callable[[], None]
    first: float
    due: float = field(init=False)

    def __post_init__(self) -> None:
        self.due = time.monotonic() + self.first

    def when_due(self) -> None:
        if time.monotonic() >= self.due:
            self.due = time.monotonic() + self.seconds
            self.run()


@dataclass
class Aside:
    """Something long, done in a thread of its own: nobody who waits for a switch waits for it."""

    name: str
    run: Callable[[], None]
    _thread: threading.Thread | None = None

    def __call__(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._work, name=self.name, daemon=True)
            self._thread.start()

    def _work(self) -> None:
        try:
            self.run()
        except Exception as error:
            # The database or the store is away, or the service ends: there is a next time.
            log.warning("chore_interrupted", chore=self.name, error=type(error).__name__)


class Follower:
    def __init__(
        self,
        db: Database,
        roster: Roster,
        settings: LiveSettings,
        process: str,
        busy: Callable[[], timedelta],
        sweep: Callable[[], None],
        tend: Callable[[], None],
    ) -> None:
        self._db, self._roster, self._settings, self._process = db, roster, settings, process
        self._busy = busy
        self._stopping = threading.Event()
        self._chores = (
            Chore(settings.retry_seconds, roster.retry, settings.retry_seconds),
            Chore(settings.tend_seconds, tend, 0),
            Chore(settings.forget_seconds, Aside("forgetting", self._forget), settings.forget_seconds),
            Chore(settings.sweep_seconds, Aside("sweeper", sweep), settings.first_sweep_seconds),
        )
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
                self.look()
                for chore in self._chores:
                    chore.when_due()
            except Exception as error:
                # The database is away: what is in memory goes on answering, and we look again.
                log.warning("following_interrupted", error=type(error).__name__, why=told(error))
        self._say_goodbye()

    def look(self) -> None:
        self._roster.follow()
        # A SQLite file has one process, and nobody who would count its heartbeats.
        if not self._db.is_sqlite:
            with self._db.writing() as connection:
                beat(connection, self._process, self._roster.served_epoch(), self._busy)

    def _forget(self) -> None:
        gone = forget(self._db)
        for bot, count in gone.items():
            log.info("messages_forgotten", bot=bot, messages=count)
        if gone:
            self._db.scrub(HOLDING_TEXT)
        forget_done(self._db, self._settings.delivery.remember_days)

    def _say_goodbye(self) -> None:
        if self._db.is_sqlite:
            return
        try:
            with self._db.writing() as connection:
                leave(connection, self._process)
        except Exception as error:
            log.warning("goodbye_failed", error=type(error).__name__)
