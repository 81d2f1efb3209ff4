"""One at a time under each name: who comes second finds done what the first did."""

import asyncio
from weakref import WeakValueDictionary


class Turns:
    """Locks by name, which last as long as somebody holds them or waits for them. Of one event loop."""

    def __init__(self) -> None:
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def of(self, name: str) -> asyncio.Lock:
        return self._turns.setdefault(name, asyncio.Lock())
