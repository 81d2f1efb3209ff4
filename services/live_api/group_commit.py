"""Writes of many requests in one transaction: one thread, one commit, then every caller is answered.

A commit costs an fsync; sharing it is what makes durable-before-answered affordable (M1). Each write stands
in a savepoint of its own, so one that fails harms no other.
"""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError

from shared.db import Database
from shared.errors import BusyError

Result = TypeVar("Result")

_LARGEST_GROUP = 256
_PATIENCE_SECONDS = 3.0
_AWAY_SECONDS = 0.5


@dataclass
class _Write:
    run: Callable[[Connection], Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = field(default=None)

    def apply(self, connection: Connection) -> None:
        try:
            with connection.begin_nested():
                self.result = self.run(connection)
        except Exception as error:
            self.error = error

    def settle(self) -> None:
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class GroupCommit:
    def __init__(self, db: Database, capacity: int) -> None:
        """`capacity`: how many writes may be `waiting`."""
        self._db, self._capacity = db, capacity
        self.waiting = 0
        self._writes: SimpleQueue[_Write | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="group-commit", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when everything that waits is committed, or after a moment: a hung database keeps no process."""
        self._writes.put(None)
        self._thread.join(_PATIENCE_SECONDS)

    async def write(self, run: Callable[[Connection], Result]) -> Result:
        """What `run` returned, once it is on disk. Raises what `run` raised, and then nothing of it is kept.

        Raises BusyError `overloaded` at once when too many writes wait.
        """
        if self.waiting >= self._capacity:
            raise BusyError("overloaded", "More messages are waiting than can be kept soon.")
        loop = asyncio.get_running_loop()
        write = _Write(run, loop, loop.create_future())
        self.waiting += 1
        try:
            self._writes.put(write)
            result: Result = await write.future
            return result
        finally:
            self.waiting -= 1

    async def surely(self, run: Callable[[Connection], Result]) -> Result:
        """As `write`, for as long as it takes: while too many wait, or the database is away, it is tried again."""
        while True:
            try:
                return await self.write(run)
            except (BusyError, OperationalError, InterfaceError):
                await asyncio.sleep(_AWAY_SECONDS)

    def _work(self) -> None:
        going = True
        while going:
            group, going = self._next_group()
            if group:
                self._commit(group)

    def _next_group(self) -> tuple[list[_Write], bool]:
        """Waits for one, then takes whatever else is there; False when it was the last group."""
        first = self._writes.get()
        group = []
        while first is not None:
            group.append(first)
            try:
                if len(group) == _LARGEST_GROUP:
                    return group, True
                first = self._writes.get_nowait()
            except Empty:
                return group, True
        return group, False

    def _commit(self, group: list[_Write]) -> None:
        try:
            with self._db.writing() as connection:
                for write in group:
                    write.apply(connection)
                    if connection.invalidated:
                        # What broke is everybody's transaction, not this write.
                        write.error = None
                        raise BusyError("store_unavailable", "The database went away just now.")
        except Exception as error:
            for write in group:
                write.error = write.error or error
        for loop in {write.loop for write in group}:
            loop.call_soon_threadsafe(_settle, [write for write in group if write.loop is loop])


def _settle(group: list[_Write]) -> None:
    for write in group:
        write.settle()
