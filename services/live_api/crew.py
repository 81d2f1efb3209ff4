"""Takes up work as it comes, each piece in a task of its own, never more than there is room for.

It looks when it is woken; after each piece, while it knows of work that nobody has; and now and then by itself: what
another process left lies there without a word.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import structlog

log = structlog.get_logger()

Piece = TypeVar("Piece")

_LOOK_SECONDS = 1.0
_PATIENCE_SECONDS = 3.0


class Crew(Generic[Piece]):
    """`claim` gives at most so many pieces, and whether work is left that nobody has; `work` sees one through;
    `group_of` names those who share a bound.
    """

    def __init__(
        self,
        name: str,
        claim: Callable[[int], Awaitable[tuple[list[Piece], bool]]],
        work: Callable[[Piece], Awaitable[None]],
        group_of: Callable[[Piece], str],
        most: int,
    ) -> None:
        self._name, self._claim, self._do, self._group_of, self._most = name, claim, work, group_of, most
        self._tasks: dict[asyncio.Task[None], Piece] = {}
        self._looking: asyncio.Task[None] | None = None
        self._woken = asyncio.Event()
        self._more = True
        self.busy: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        return len(self._tasks)

    @property
    def in_hand(self) -> list[Piece]:
        """May be asked from any thread."""
        return list(self._tasks.values())

    @property
    def room(self) -> int:
        return max(0, self._most - len(self._tasks))

    def wake(self) -> None:
        """From the event loop: there may be something to claim."""
        self._more = True
        self._woken.set()

    def start(self) -> None:
        self._looking = asyncio.create_task(self._look(), name=self._name)

    async def stop(self) -> None:
        """Claims no more; returns when what was begun is done, or was broken off after a moment."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait([self._looking])
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_PATIENCE_SECONDS)
        left = list(self._tasks)
        for task in left:
            task.cancel()
        if left:
            # What they have to say to a database that is away, they cannot wait to say.
            await asyncio.wait(left, timeout=_PATIENCE_SECONDS / 2)

    def begin(self, piece: Piece) -> None:
        task = asyncio.create_task(self._see_through(piece), name=self._name)
        self._tasks[task] = piece
        self.busy[self._group_of(piece)] += 1
        task.add_done_callback(self._tasks.pop)

    async def _see_through(self, piece: Piece) -> None:
        try:
            await self._do(piece)
        except Exception as error:
            # It stays claimed, and is found again when this process ends.
            log.error("work_abandoned", crew=self._name, exc_info=error)
        finally:
            group = self._group_of(piece)
            self.busy[group] -= 1
            if not self.busy[group]:
                del self.busy[group]
            if self._more:
                self._woken.set()

    async def _look(self) -> None:
        while True:
            self._woken.clear()
            room = self.room
            pieces = await self._claimed(room) if room else []
            for piece in pieces:
                self.begin(piece)
            if len(pieces) < room or not room:
                await self._nap()

    async def _claimed(self, room: int) -> list[Piece]:
        self._more = False
        try:
            pieces, more = await self._claim(room)
            self._more = self._more or more
            return pieces
        except Exception as error:
            # The database is away, or too many writes wait: we look again.
            log.warning("claiming_interrupted", crew=self._name, error=type(error).__name__)
            self._more = True
            return []

    async def _nap(self) -> None:
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                await self._woken.wait()
        except TimeoutError:
            pass
