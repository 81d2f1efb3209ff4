"""One at a time under each name: who comes second finds done what the first did."""

import threading
from weakref import WeakValueDictionary


class Turns:
    """Locks by name, which last as long as somebody holds them or waits for them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()

    def of(self, name: str) -> threading.Lock:
        with self._lock:
            return self._turns.setdefault(name, threading.Lock())
