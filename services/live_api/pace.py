"""How many turns are computed at a time: more would not end sooner, and would keep waiting whoever comes meanwhile.

Everything that this process does by itself shares one interpreter. A platform that waits for an acknowledgement
(M1) waits for a few turns at the most, not for hundreds that were acknowledged before.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self


class Pace:
    """`most` at a time; the others wait in the order in which they came."""

    def __init__(self, most: int) -> None:
        self.room = asyncio.Semaphore(most)


class Stride:
    """One turn's place. It makes room while it waits for somebody outside."""

    def __init__(self, pace: Pace) -> None:
        self._room, self._held = pace.room, False

    async def __aenter__(self) -> Self:
        await self._take()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._give()

    @asynccontextmanager
    async def aside(self) -> AsyncIterator[None]:
        self._give()
        try:
            yield
        finally:
            await self._take()

    async def _take(self) -> None:
        await self._room.acquire()
        self._held = True

    def _give(self) -> None:
        """Broken off while it waited to come back, it has no place to give."""
        if self._held:
            self._held = False
            self._room.release()
