"""The switch, as it is asked for: where the answer is lost, the target's own log says what became of it (R13)."""

import time
from contextlib import suppress
from typing import Any

from services.publisher import history, records
from services.publisher.finding import capitalised
from services.publisher.live import Live
from services.publisher.records import Publication
from services.publisher.settling import served_as
from services.publisher.training import CancelledError
from shared.contracts import Release
from shared.db import Database
from shared.errors import BusyError, GreenroomError, PreconditionError

_PAUSE_SECONDS = 1.0


def activation_request(job: Publication, release: Release) -> dict[str, Any]:
    return {
        "digest": release.digest,
        "origin": _origin(job),
        "rollback_of": job.wish.to_release,
        "publication": job.id,
        "notes": job.notes,
        "author": job.author,
    }


def _origin(job: Publication) -> str:
    return "rollback" if job.wish.mode == "rollback" else "publication"


def about_to_switch(db: Database, job: Publication, proof: dict[str, Any]) -> None:
    """What a start after a crash goes by, and the last moment for whoever wants it cancelled. Raises CancelledError."""
    with db.writing() as connection:
        current = records.find(connection, job.id)
        if current and current.cancel_requested:
            raise CancelledError
        records.change(connection, job.id, step="activate", percent=92, proof=proof)


def switch(db: Database, live: Live, job: Publication, release: Release) -> int:
    """The number that live gave it. Raises GreenroomError `live_moved`."""
    try:
        return _activate(db, live, job, release)
    except BusyError:
        # It may have switched and been unable to say so.
        return switched(db, live, job, release) or _activate(db, live, job, release)


def switched(db: Database, live: Live, job: Publication, release: Release | None = None) -> int | None:
    """The number that the publication has become, None if none. Waits for the log: nobody else knows what is live."""
    while True:
        with suppress(BusyError):
            history.catch_up(db, live, job.wish.target, job.bot_id, held=release)
            with db.reading() as connection:
                found = served_as(connection, job)
            return found[0] if found else None
        time.sleep(_PAUSE_SECONDS)


def _activate(db: Database, live: Live, job: Publication, release: Release) -> int:
    with db.reading() as connection:
        current = records.find(connection, job.id)
    base = current.base_digest if current else None
    try:
        return live.activate(job.bot_id, base, activation_request(job, release)).number
    except PreconditionError as error:
        detail = f"{capitalised(job.wish.place)} moved while this was being published: publish again."
        raise GreenroomError("live_moved", detail) from error
