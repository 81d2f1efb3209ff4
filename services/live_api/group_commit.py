"""Writes of many requests in one transaction: one thread, one commit, then every caller is answered.

A commit costs an fsync; sharing it is what makes durable-before-answered affordable (M1). Writes of one kind are
made in one go, since a statement costs more than its rows. One that fails harms no other: what was written with it is
taken back, and each is then written by itself.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Connection

from shared.db import Database
from shared.errors import BusyError
from shared.faults import of_the_store

Item = TypeVar("Item")
Result = TypeVar("Result")
Run = Callable[[Connection], Any]

_LARGEST_GROUP = 256
_PATIENCE_SECONDS = 3.0
_AWAY_SECONDS = 0.5


@dataclass
class _Write:
    write_all: Callable[[Connection, Sequence[Any]], Sequence[Any]]
    item: Any
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = field(default=None)

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

        It may run twice; of what it wrote at first nothing is then left. Raises BusyError `overloaded` at once when
        too many writes wait.
        """
        return await self.together(_one_by_one, run)

    async def together(self, write_all: Callable[[Connection, Sequence[Item]], Sequence[Result]], item: Item) -> Result:
        """As `write`: the same `write_all` is given the items of everybody who waits, and gives a result for each."""
        if self.waiting >= self._capacity:
            raise BusyError("overloaded", "More messages are waiting than can be kept soon.")
        loop = asyncio.get_running_loop()
        write = _Write(write_all, item, loop, loop.create_future())
        self.waiting += 1
        try:
            self._writes.put(write)
            result: Result = await write.future
            return result
        finally:
            self.waiting -= 1

    async def surely(self, run: Callable[[Connection], Result]) -> Result:
        """As `write`, for as long as it takes: while too many wait, or the database is away, it is tried again."""
        return await self.surely_together(_one_by_one, run)

    async def surely_together(
        self, write_all: Callable[[Connection, Sequence[Item]], Sequence[Result]], item: Item
    ) -> Result:
        while True:
            try:
                return await self.together(write_all, item)
            except Exception as error:
                if not (isinstance(error, BusyError) or of_the_store(error)):
                    raise
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
                if len(group) == 1 or not _all_at_once(connection, group):
                    _each_by_itself(connection, group)
        except Exception as error:
            for write in group:
                write.error = write.error or error
        for loop in {write.loop for write in group}:
            loop.call_soon_threadsafe(_settle, [write for write in group if write.loop is loop])


def _one_by_one(connection: Connection, runs: Sequence[Run]) -> list[Any]:
    return [run(connection) for run in runs]


def _all_at_once(connection: Connection, group: list[_Write]) -> bool:
    """False when any of them failed: then nothing is written yet."""
    kinds: dict[Any, list[_Write]] = {}
    for write in group:
        kinds.setdefault(write.write_all, []).append(write)
    try:
        with connection.begin_nested():
            for write_all, writes in kinds.items():
                results = write_all(connection, [write.item for write in writes])
                for write, result in zip(writes, results, strict=True):
                    write.result = result
    except Exception:
        _refuse_when_cut_off(connection)
        return False
    return True


def _each_by_itself(connection: Connection, group: list[_Write]) -> None:
    for write in group:
        try:
            with connection.begin_nested():
                (write.result,) = write.write_all(connection, [write.item])
        except Exception as error:
            _refuse_when_cut_off(connection)
            write.error = error


def _refuse_when_cut_off(connection: Connection) -> None:
    """What broke is everybody's transaction, not this write. Raises BusyError."""
    if connection.invalidated:
        raise BusyError("store_unavailable", "The database went away just now.")


def _settle(group: list[_Write]) -> None:
    for write in group:
        write.settle()
