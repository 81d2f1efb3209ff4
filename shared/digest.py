"""Canonical bytes and SHA-256 names: equal content, equal name."""

import hashlib
import json
import re
from typing import Any

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def canonical(value: Any) -> bytes:
    """JSON with sorted keys, no spaces, UTF-8, finite numbers only: one spelling for one value."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def digest_of(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def is_digest(text: str) -> bool:
    return _DIGEST.fullmatch(text) is not None
