"""The thread that forgets what draft keeps no longer, once an hour."""

import threading
from datetime import UTC, datetime

import structlog

from services.draft_api.personal import forget
from services.draft_api.tables import HOLDING_TEXT
from shared.db import Database

log = structlog.get_logger()

_EVERY_SECONDS = 3600.0


class Forgetting:
    def __init__(self, db: Database) -> None:
        self._db = db
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="forgetting", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()

    def _work(self) -> None:
        while not self._stopping.wait(_EVERY_SECONDS):
            try:
                forget_old(self._db, datetime.now(UTC))
            except Exception as error:
                # The database is away: there is a next hour.
                log.warning("forgetting_interrupted", error=type(error).__name__)


def forget_old(db: Database, moment: datetime) -> dict[str, int]:
    """Rows that are gone, by bot; out of the files too."""
    with db.writing() as connection:
        gone = forget(connection, moment)
    if gone:
        db.scrub(HOLDING_TEXT)
        log.info("inbox_forgotten", bots=gone)
    return gone
