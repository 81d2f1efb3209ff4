"""Long lists are paged where they lie: newest first, the cursor is the last row's number."""

from sqlalchemy import Column, ColumnElement

from shared.errors import InvalidError
from shared.web.pages import Limit

__all__ = ["Limit", "before"]


def before(column: Column[int], cursor: str | None) -> tuple[ColumnElement[bool], ...]:
    """The condition for the page after `cursor`. Raises InvalidError `invalid_cursor`."""
    if cursor is None:
        return ()
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 18:
        raise InvalidError("invalid_cursor", "The cursor is not one that a list gave.")
    return (column < int(cursor),)
