"""Canonical bytes and SHA-256 names: equal content, equal name."""

import hashlib
import re
from datetime import datetime
from typing import Any

import orjson
from pydantic import BaseModel, TypeAdapter

_MOMENTS = TypeAdapter(datetime)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def canonical(value: Any) -> bytes:
    """JSON with sorted keys, no spaces, UTF-8: one spelling for one value of JSON, whose numbers are all finite.

    A model is written by its fields, without a copy of it in between; times as pydantic writes them, UTC as Z.
    """
    return orjson.dumps(value, default=_plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME)


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        held = value.__dict__
        return {name: held[name] for name in type(value).__pydantic_fields__}
    if isinstance(value, datetime):
        return _MOMENTS.dump_python(value, mode="json")
    raise TypeError(f"{type(value).__name__} is no value of JSON")


def same(one: Any, other: Any) -> bool:
    """Whether both are written alike. To Python 1, 1.0 and true are equal; whom a bot answers would see it."""
    return one is other or canonical(one) == canonical(other)


def digest_of(data: bytes | memoryview) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def is_digest(text: str) -> bool:
    return _DIGEST.fullmatch(text) is not None
