"""One thread scores every text of this process, one text at a time, from a bounded queue.

Never batched, so that a text scores alike in any company (T7); never in the event loop, which it would stop.
A list takes turns with everybody else, text by text.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Generic, TypeVar

from shared.errors import BusyError

Scored = TypeVar("Scored")

_PATIENCE_SECONDS = 2.0


class _Job(Generic[Scored]):
    """Some texts of one caller; the future belongs to the caller's event loop."""

    def __init__(self, score: Callable[[str], Scored], texts: Sequence[str]) -> None:
        self.score, self.texts = score, texts
        self.found: list[Scored] = []
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[list[Scored]] = self.loop.create_future()

    def step(self) -> bool:
        """Scores the next text; True when nothing is left to do, or nobody waits for it any more."""
        if self.future.cancelled():
            return True
        try:
            self.found.append(self.score(self.texts[len(self.found)]))
        except Exception as error:
            self.loop.call_soon_threadsafe(_fail, self.future, error)
            return True
        if len(self.found) < len(self.texts):
            return False
        self.loop.call_soon_threadsafe(_resolve, self.future, self.found)
        return True


class Encoding:
    def __init__(self, capacity: int) -> None:
        """`capacity` and `waiting` are in texts, those of lists counted one by one."""
        self._capacity = capacity
        self.waiting = 0
        self._jobs: SimpleQueue[_Job[object] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="encoder", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when what waits is done, or after a moment: a text that hangs must not keep the process."""
        self._jobs.put(None)
        self._thread.join(_PATIENCE_SECONDS)

    async def each(self, score: Callable[[str], Scored], texts: Sequence[str]) -> list[Scored]:
        """`score` of each text, in order. Raises BusyError `overloaded` at once when the queue is full."""
        if self.waiting and self.waiting + len(texts) > self._capacity:
            raise BusyError("overloaded", "More texts are waiting than can be answered soon.")
        job = _Job(score, texts)
        self.waiting += len(texts)
        try:
            self._jobs.put(job)  # type: ignore[arg-type]
            return await job.future
        finally:
            self.waiting -= len(texts)

    async def one(self, score: Callable[[str], Scored], text: str) -> Scored:
        (found,) = await self.each(score, (text,))
        return found

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            if not job.step():
                self._jobs.put(job)


def _resolve(future: "asyncio.Future[list[Scored]]", found: list[Scored]) -> None:
    if not future.done():
        future.set_result(found)


def _fail(future: "asyncio.Future[list[Scored]]", error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
