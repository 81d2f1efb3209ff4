"""What a release needs, from draft's store to the target's: only what is not there yet (P12)."""

from collections.abc import Callable
from typing import Any

from services.publisher.draft import Draft
from services.publisher.live import Live
from shared.contracts import FileRef, Proof, Release
from shared.errors import ConflictError, InvalidError, NotFoundError
from shared.failpoints import reach

# Codes of live that another copy of a file mends.
_SENT_AGAIN = {"artifacts_missing", "artifact_missing", "artifact_digest_mismatch"}


def copy_missing(
    draft: Draft, live: Live, release: Release, served: Release | None, tell: Callable[[float], None]
) -> None:
    """`tell` is given the share that is done, 0 to 1, and may raise to stop between two files.

    The files of the release that is `served` are not asked for: live will say if it lacks one when it stages.
    """
    files, there = _files(release), _files(served) if served else {}
    missing = [file for digest, file in files.items() if digest not in there and not live.has_blob(digest)]
    total, done = sum(file.size_bytes for file in missing) or 1, 0
    for file in missing:
        tell(done / total)
        live.put_blob(file.digest, draft.blob(file.digest))
        reach("publish.blob.copied")
        done += file.size_bytes


def stage_mended(
    draft: Draft, live: Live, release: Release, provenance: dict[str, Any], tell: Callable[[float], None]
) -> Proof:
    """What nothing pointed at may have been swept before the staging, and what is served may have rotted: what is not
    there, or not what it was, is sent again, once.
    """
    try:
        return live.stage(release, provenance)
    except (ConflictError, InvalidError, NotFoundError) as error:
        if error.code not in _SENT_AGAIN:
            raise
        copy_missing(draft, live, release, None, tell)
        return live.stage(release, provenance)


def _files(release: Release) -> dict[str, FileRef]:
    return {file.digest: file for model in release.models.values() for file in model.all_files()}
