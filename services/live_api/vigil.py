"""Which of the processes that share a database have gone silent.

A heartbeat is looked at as something that changes, not as a time: one that has not changed for a while, by the
watcher's own monotonic clock, is dead. No clock that somebody can set takes part (M11).
"""

from collections.abc import Collection, Mapping
from datetime import datetime


class Vigil:
    def __init__(self, patience: float) -> None:
        """`patience` in seconds: longer than anything that keeps a healthy process from showing itself."""
        self._patience = patience
        self._seen: dict[str, tuple[datetime | None, float]] = {}

    def silent(self, owners: Collection[str], beats: Mapping[str, datetime], now: float) -> set[str]:
        """Those of `owners` whose last heartbeat is still the one of `patience` ago. `now` is monotonic."""
        for owner in owners:
            beat = beats.get(owner)
            if owner not in self._seen or self._seen[owner][0] != beat:
                self._seen[owner] = beat, now
        self._seen = {owner: seen for owner, seen in self._seen.items() if owner in owners}
        return {owner for owner, (_, since) in self._seen.items() if now - since >= self._patience}
