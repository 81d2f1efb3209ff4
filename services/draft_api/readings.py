"""Draft's last reading of each bot: a plan, a publication and what it looks at in the end ask for the same one."""

from collections.abc import Callable
from threading import Lock
from typing import Any

from shared.contracts import Snapshot

_KEPT = 8


class Readings:
    def __init__(self) -> None:
        self._kept: dict[str, tuple[Any, Snapshot]] = {}
        self._lock = Lock()

    def get(self, bot: str, state: Any, read: Callable[[], Snapshot]) -> Snapshot:
        """`state` is all that the reading depends on; it is read again when that is another."""
        with self._lock:
            known = self._kept.get(bot)
        if known and known[0] == state:
            return known[1]
        fresh = read()
        with self._lock:
            self._kept.pop(bot, None)
            self._kept[bot] = (state, fresh)
            while len(self._kept) > _KEPT:
                del self._kept[next(iter(self._kept))]
        return fresh
