"""Long lists are paged where they lie, newest first; the cursor says where the last page ended."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Column, ColumnElement, tuple_

from shared.errors import InvalidError
from shared.web.pages import Limit

__all__ = ["Limit", "after_number", "before", "before_moment", "moment_cursor"]

Conditions = tuple[ColumnElement[bool], ...]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def before(column: Column[int], cursor: str | None) -> Conditions:
    """The condition for the page after `cursor`, a row's number. Raises InvalidError `invalid_cursor`."""
    return () if cursor is None else (column < _number(cursor),)


def after_number(column: Column[int], cursor: str | None) -> Conditions:
    """As `before`, for rows in ascending order."""
    return () if cursor is None else (column > _number(cursor),)


def moment_cursor(moment: datetime, name: str) -> str:
    return f"{(moment - _EPOCH) // timedelta(microseconds=1)}.{name}"


def before_moment(moments: ColumnElement[datetime], names: ColumnElement[str], cursor: str | None) -> Conditions:
    """As `before`, for rows in the order of their moment and, within it, their name."""
    if cursor is None:
        return ()
    number, _, name = cursor.partition(".")
    moment = _EPOCH + timedelta(microseconds=_number(number))
    return (tuple_(moments, names) < tuple_(moment, name),)


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 17:
        raise InvalidError("invalid_cursor", "The cursor is not one that a list gave.")
    return int(text)
