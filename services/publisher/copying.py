"""What a release needs, from draft's store to the target's: only what is not there yet (P12)."""

from collections.abc import Callable

from services.publisher.peers import Draft, Live
from shared.contracts import Release
from shared.failpoints import reach


def copy_missing(draft: Draft, live: Live, release: Release, tell: Callable[[float], None]) -> None:
    """`tell` is given the share that is done, 0 to 1, and may raise to stop between two files."""
    files = {file.digest: file for model in release.models.values() for file in model.all_files()}
    missing = [file for digest, file in files.items() if not live.has_blob(digest)]
    total, done = sum(file.size_bytes for file in missing) or 1, 0
    for file in missing:
        tell(done / total)
        live.put_blob(file.digest, draft.blob(file.digest))
        reach("publish.blob.copied")
        done += file.size_bytes
