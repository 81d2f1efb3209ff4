"""JSON from platforms: proven to be theirs, and still of any shape. Nothing here raises."""

import json
import re
from typing import Any

import orjson

from services.live_api.channel import Ignored
from shared.digest import digest_of

# What the engine gives as the payload of a choice.
_PAYLOAD = re.compile(r"[0-9a-f]{40}")


def read_json(body: bytes) -> Any:
    """None for what is no JSON, or nested beyond measure. Halves of characters do not spoil the rest of a batch."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return _read_leniently(body)


def _read_leniently(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def at(value: Any, *keys: str) -> Any:
    """What lies under `keys`, one inside of the other; None where there is no such place."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def items(value: Any, *keys: str) -> list[Any]:
    """The list under `keys`; empty where there is none."""
    found = at(value, *keys)
    return found if isinstance(found, list) else []


def objects(value: Any, *keys: str) -> list[dict[str, Any]]:
    """The objects of the list under `keys`."""
    return [item for item in items(value, *keys) if isinstance(item, dict)]


def plain(text: Any) -> str:
    """Text that every database keeps; empty for what is no text."""
    return text.replace("\0", "").encode("utf-8", "replace").decode() if isinstance(text, str) else ""


def as_payload(text: str) -> str | None:
    """The payload that came as the text of whoever tapped, from a front end that knows no other way."""
    return text if _PAYLOAD.fullmatch(text) else None


def named(event: Any) -> str:
    """A name for an event that has none: by what it says."""
    return digest_of(json.dumps(event).encode())


def unreadable(body: bytes) -> Ignored:
    """What makes no sense although it comes from the platform."""
    return Ignored(digest_of(body), "unreadable")
