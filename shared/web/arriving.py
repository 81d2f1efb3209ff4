"""A service whose PostgreSQL is not there yet waits for it, and says why: to end would help nobody.

What PostgreSQL refuses for good, it says at once instead; but not as one of several processes behind a port: one that
ends before it has begun takes those with it that go on answering without a database.
"""

import time
from collections.abc import Callable
from itertools import chain, repeat
from multiprocessing import parent_process

import structlog

from shared.db import Database
from shared.errors import MisconfiguredError
from shared.faults import of_the_store, told
from shared.web.stopping import is_stopping

log = structlog.get_logger()

_PAUSES = (0.2, 0.5, 1.0)
_LONGEST_PAUSE = 2.0
# Which of its refusals it is, PostgreSQL tells a client that is not connected yet in words alone.
_FOR_GOOD = ("authentication failed", "does not exist", "no pg_hba.conf entry", "permission denied for database")


def once_there(db: Database, prepare: Callable[[], None], pause: Callable[[float], None] = time.sleep) -> None:
    """Runs `prepare`, perhaps several times, until the database lets it.

    Raises MisconfiguredError for a database that never will.
    """
    for seconds in chain(_PAUSES, repeat(_LONGEST_PAUSE)):
        try:
            prepare()
            return
        except Exception as error:
            if db.is_sqlite or is_stopping() or not of_the_store(error):
                raise
            if parent_process() is None:
                _refuse_for_good(error)
            log.warning("database_awaited", why=told(error))
        # What a connection was told when it was made, it is told for good.
        db.dispose()
        pause(seconds)


def _refuse_for_good(error: Exception) -> None:
    """PostgreSQL names the user and the database here, never the password."""
    words = told(error)
    if "FATAL" in words and any(refusal in words for refusal in _FOR_GOOD):
        raise MisconfiguredError(f"The database does not let this service in: {words}") from error
