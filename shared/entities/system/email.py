"""Addresses for mail."""

import re
from collections.abc import Iterator

from shared.entities.asked import Asked, Found
from shared.entities.dates.phrases import HOST, TOP_LEVEL
from shared.entities.reading import SPACELESS, Reading

_LONGEST_LOCAL = 64
_LOCAL = frozenset("!#$%&'*+/=?^_{|}~-.")
_DOMAIN = re.compile(rf"{HOST}{TOP_LEVEL}(?!@|-)")
_SPACELESS = re.compile(f"[{SPACELESS}]")


def find(reading: Reading, _: Asked) -> Iterator[Found]:
    """The value is the address as written, its domain in small letters."""
    folded = reading.folded
    at = folded.find("@")
    while at >= 0:
        start, domain = _local_start(folded, at), _DOMAIN.match(folded, at + 1)
        if start < at and domain is not None:
            local = reading.original(start, at)
            yield Found(f"{local}@{reading.original(*domain.span()).lower()}", start, domain.end())
        at = folded.find("@", at + 1)


def _local_start(folded: str, at: int) -> int:
    """Where it begins; in a sentence without spaces, where its script does."""
    start, spaceless = at, _is_spaceless(folded, at - 1)
    while start > max(0, at - _LONGEST_LOCAL) and (folded[start - 1].isalnum() or folded[start - 1] in _LOCAL):
        if not spaceless and _is_spaceless(folded, start - 1):
            break
        start -= 1
    while start < at and folded[start] in ".'":
        start += 1
    broken = folded[at - 1 : at] == "." or (start > 0 and folded[start - 1] == "@")
    return at if broken else start


def _is_spaceless(folded: str, at: int) -> bool:
    return at >= 0 and _SPACELESS.match(folded, at) is not None
