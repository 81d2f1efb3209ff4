"""The switch, as it is asked for: where the answer is lost, the target's own log says what became of it (R13)."""

import time
from collections.abc import Collection
from contextlib import suppress
from functools import partial
from typing import Any

from sqlalchemy.exc import IntegrityError

from services.publisher import history, records
from services.publisher.answers import LogEntry
from services.publisher.finding import capitalised
from services.publisher.live import Live
from services.publisher.records import Publication
from services.publisher.settling import end_live
from services.publisher.training import CancelledError
from shared.contracts import Finding, Release
from shared.db import Database
from shared.errors import BusyError, GreenroomError, PreconditionError

_PAUSE_SECONDS = 1.0
_TRIES = 3


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
        cancelled = current is not None and current.cancel_requested
        ahead = {} if cancelled else {"step": "activate", "percent": 92}
        records.change(connection, job.id, proof=proof, **ahead)
    if cancelled:
        raise CancelledError


def switch(db: Database, live: Live, job: Publication, release: Release) -> LogEntry:
    """What live wrote into its log. Raises GreenroomError `live_moved`."""
    try:
        return _activate(db, live, job, release)
    except BusyError:
        # It may have switched and been unable to say so.
        return switched(db, live, job, release) or _activate(db, live, job, release)


def switched(db: Database, live: Live, job: Publication, release: Release | None = None) -> LogEntry | None:
    """What became of it, None where nothing did. Waits for the log: nobody else knows what is live."""
    while True:
        with suppress(BusyError):
            history.catch_up(db, live, job.wish.target, job.bot_id, held=release)
            with db.reading() as connection:
                return history.entry_of(connection, job)
        time.sleep(_PAUSE_SECONDS)


def record_switch(
    db: Database,
    live: Live,
    job: Publication,
    release: Release,
    entry: LogEntry,
    findings: Collection[Finding],
    draft_moved: bool,
) -> None:
    """What the log of the target had before it is taken over first.

    Where the target is away by now, whoever next asks what is live does that: the publication is live all the same.
    """
    with suppress(BusyError):
        history.catch_up_before(db, live, job.wish.target, job.bot_id, entry, release)
    end = partial(_record, db, job, release, entry, records.as_json(findings), draft_moved)
    for _ in range(_TRIES):
        # Another request took the entry over meanwhile, or made the bot's schedule.
        with suppress(IntegrityError):
            return end()
    return end()


def _record(
    db: Database, job: Publication, release: Release, entry: LogEntry, findings: list[dict[str, Any]], draft_moved: bool
) -> None:
    with db.writing() as connection:
        if history.follows(connection, job.wish.target, job.bot_id, entry):
            history.record(connection, job.bot_id, job.wish.target, entry, release)
        current = records.find(connection, job.id)
        found = [*(current.findings if current else ()), *findings]
        end_live(connection, job, entry.number, release.digest, findings=found, draft_moved=draft_moved)


def _activate(db: Database, live: Live, job: Publication, release: Release) -> LogEntry:
    with db.reading() as connection:
        current = records.find(connection, job.id)
    base = current.base_digest if current else None
    asked = activation_request(job, release)
    try:
        answered = live.activate(job.bot_id, base, asked)
        return LogEntry(**asked, number=answered.number, activated_at=answered.activated_at)
    except PreconditionError as error:
        detail = f"{capitalised(job.wish.place)} moved while this was being published: publish again."
        raise GreenroomError("live_moved", detail) from error
