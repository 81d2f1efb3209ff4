"""Canonical bytes and SHA-256 names: equal content, equal name."""

import hashlib
import re
from typing import Any

import orjson

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def canonical(value: Any) -> bytes:
    """JSON with sorted keys, no spaces, UTF-8: one spelling for one value of JSON, whose numbers are all finite."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def digest_of(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def is_digest(text: str) -> bool:
    return _DIGEST.fullmatch(text) is not None
