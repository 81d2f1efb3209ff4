"""How many requests may wait for one neighbour at once: one that hangs must not take every thread there is (R11)."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_PLACES = 12
_SILENCE_SECONDS = 1.0


class FullError(Exception):
    """All places are taken, and the neighbour has answered nobody for a while."""


class Turnstile:
    """Who comes when all places are taken waits for one, as long as the neighbour answers somebody."""

    def __init__(self, places: int = _PLACES, silence_seconds: float = _SILENCE_SECONDS) -> None:
        self._free, self._silence = threading.Condition(), silence_seconds
        self._places, self._taken, self._answered = places, 0, 0.0

    @contextmanager
    def passed(self) -> Iterator[None]:
        """Raises FullError."""
        self._enter()
        try:
            yield
            self._answered = time.monotonic()
        finally:
            with self._free:
                self._taken -= 1
                self._free.notify()

    def _enter(self) -> None:
        with self._free:
            while self._taken >= self._places:
                patience = self._answered + self._silence - time.monotonic()
                if patience <= 0:
                    raise FullError
                self._free.wait(patience)
            if not self._taken:
                # Silence is counted from the first who waits.
                self._answered = time.monotonic()
            self._taken += 1
