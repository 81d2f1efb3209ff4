"""What a target serves is live, whatever became of the job that asked for it (R13)."""

from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, select

from services.publisher import audit, records
from services.publisher.records import Publication, now
from services.publisher.tables import releases

log = structlog.get_logger()


def end_live(connection: Connection, job: Publication, number: int, digest: str, **values: Any) -> None:
    if job.wish.target == "live":
        records.schedule_inbox(connection, job.bot_id, now() + timedelta(days=1))
    done = {"status": "live", "step": "done", "percent": 100.0, "error": None, "ended_at": now()}
    records.change(connection, job.id, **done, release=number, release_digest=digest, **values)
    audit.publication_ended(connection, job, "live", release=number, digest=digest)
    log.info("published", bot=job.bot_id, target=job.wish.target, release=number, digest=digest)


def settle(connection: Connection, publication: str | None, number: int, digest: str) -> None:
    """The target's log names a publication: one that was given up for lost was not."""
    job = records.find(connection, publication or "")
    if job is not None and job.ended and job.status != "live":
        audit.publication_settled(connection, job, number, digest)
        end_live(connection, job, number, digest)


def served_as(connection: Connection, job: Publication) -> tuple[int, str] | None:
    """Number and digest of the release that came of it, as far as the record has it."""
    here = releases.c.bot_id == job.bot_id, releases.c.target == job.wish.target, releases.c.publication == job.id
    row = connection.execute(select(releases.c.number, releases.c.digest).where(*here)).first()
    return (int(row[0]), str(row[1])) if row else None
