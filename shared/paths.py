"""Names in the paths of URLs: what stands between two slashes, whatever characters it is made of."""

from collections.abc import Iterable
from urllib.parse import quote

_DOTS = frozenset({".", ".."})


def leads_elsewhere(name: str) -> bool:
    """Whether a part of it is `.` or `..`, which clients and proxies take out of a path with what stands before it:
    whoever deletes an intent called `..` would delete its bot.
    """
    return not _DOTS.isdisjoint(name.split("/"))


def joined_path(parts: Iterable[str]) -> str:
    """Every part quoted, so that it stays the one part that it is."""
    return "/".join(part.replace(".", "%2E") if part in _DOTS else quote(part, safe="") for part in parts)
