"""What a target is told of an activation. Pure."""

from typing import Any

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


def _origin(job: Publication) -> str:
    return "rollback" if job.wish.mode == "rollback" else "publication"
