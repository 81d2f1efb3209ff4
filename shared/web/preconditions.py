"""ETag and If-Match: nobody overwrites what they have not seen."""

from shared.document import Document
from shared.errors import PreconditionError


def etag_of(document: Document) -> str:
    return f'"{document.digest}"'


def require_match(header: str | None, current: str | None) -> None:
    """`current` is the ETag of what is there, None when nothing is. Raises `precondition_failed`."""
    if header is None:
        return
    wanted = [tag.strip().removeprefix("W/") for tag in header.split(",")]
    if current is None or ("*" not in wanted and current not in wanted):
        raise PreconditionError("precondition_failed", "It has changed since it was read: read it again.")
