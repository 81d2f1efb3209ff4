"""Lists: `{"items", "next"}`, a limit up to 500, an opaque cursor that survives inserts and deletes."""

import base64
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

import orjson
from fastapi import Query
from pydantic import BaseModel

from shared.errors import InvalidError

Item = TypeVar("Item")
Limit = Annotated[int, Query(ge=1, le=500)]


class Page(BaseModel, Generic[Item]):
    items: list[Item]
    next: str | None = None


def cut(
    items: Sequence[Item],
    limit: int,
    cursor: str | None,
    key: Callable[[Item], tuple[Any, ...]],
    newest_first: bool = False,
) -> Page[Any]:
    """The page after `cursor`, ordered by `key`. Raises InvalidError `invalid_cursor`."""
    ordered = sorted(items, key=key, reverse=newest_first)
    if cursor is not None:
        last = _decode(cursor)
        try:
            ordered = [item for item in ordered if (key(item) < last if newest_first else key(item) > last)]
        except TypeError:
            raise _invalid() from None
    page = ordered[:limit]
    more = len(ordered) > limit
    return Page(items=page, next=_encode(key(page[-1])) if more else None)


def _encode(key: tuple[Any, ...]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(key)).decode().rstrip("=")


def _decode(cursor: str) -> tuple[Any, ...]:
    try:
        found = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        raise _invalid() from None
    if not isinstance(found, list) or not found:
        raise _invalid()
    return tuple(found)


def _invalid() -> InvalidError:
    return InvalidError("invalid_cursor", "The cursor is not one that a list gave.")
