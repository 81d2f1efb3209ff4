"""ETag and If-Match: nobody overwrites what they have not seen."""

from typing import Annotated, Any

from fastapi import Header

from shared.digest import canonical, digest_of
from shared.document import Document
from shared.errors import PreconditionError

IfMatch = Annotated[str | None, Header(description="The ETag under which it was read.")]


def etag_of(value: Any) -> str:
    """Of a document, or of any other value of JSON."""
    digest = value.digest if isinstance(value, Document) else digest_of(canonical(value))
    return f'"{digest}"'


def require_match(header: str | None, current: str | None) -> None:
    """`current` is the ETag of what is there, None when nothing is. Raises `precondition_failed`."""
    if header is None:
        return
    wanted = [tag.strip().removeprefix("W/") for tag in header.split(",")]
    if current is None or ("*" not in wanted and current not in wanted):
        raise PreconditionError("precondition_failed", "It has changed since it was read: read it again.")
