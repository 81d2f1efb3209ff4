"""What a target is told of an activation, and how it is written down. Pure."""

from typing import Any

from services.publisher.peers import Activation, LogEntry
from services.publisher.records import Publication
from shared.contracts import Release


def activation_request(job: Publication, release: Release) -> dict[str, Any]:
    return {
        "digest": release.digest,
        "origin": _origin(job),
        "rollback_of": job.wish.to_release,
        "publication": job.id,
        "notes": job.notes,
        "author": job.author,
    }


def log_entry(job: Publication, release: Release, activation: Activation) -> LogEntry:
    return LogEntry(
        number=activation.number,
        digest=release.digest,
        origin=_origin(job),
        publication=job.id,
        rollback_of=job.wish.to_release,
        notes=job.notes,
        author=job.author,
        activated_at=activation.activated_at,
    )


def _origin(job: Publication) -> str:
    return "rollback" if job.wish.mode == "rollback" else "publication"
