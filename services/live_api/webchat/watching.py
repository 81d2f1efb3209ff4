"""Pages that wait for what is said next: one look at the database for all of a process, however many wait."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog
from starlette.concurrency import run_in_threadpool

from services.live_api.webchat.transcript import Cursor, ends
from shared.db import Database
from shared.errors import BusyError
from shared.web.stopping import is_stopping

log = structlog.get_logger()

MOST_WATCHED = 5_000
_LOOK_SECONDS = 0.3
_AT_A_TIME = 300


@dataclass(eq=False)
class Watch:
    """One page's. `news` is set when there is something beyond `seen`."""

    bot: str
    conversation: str
    seen: Cursor
    news: asyncio.Event = field(default_factory=asyncio.Event)


class Watchers:
    """Looks only while somebody waits. Used from the event loop."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._watches: set[Watch] = set()
        self._looking: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def watch(self, bot: str, conversation: str, seen: Cursor) -> AsyncIterator[Watch]:
        """Raises BusyError `overloaded` when too many wait already."""
        if len(self._watches) >= MOST_WATCHED:
            raise BusyError("overloaded", "Too many pages are waiting here.", retry_after=5)
        watch = Watch(bot, conversation, seen)
        self._watches.add(watch)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            yield watch
        finally:
            self._watches.discard(watch)

    async def _look(self) -> None:
        while self._watches:
            await asyncio.sleep(_LOOK_SECONDS)
            watches = list(self._watches)
            found = await self._safely(watches)
            for watch in watches:
                end = found.get((watch.bot, watch.conversation), watch.seen)
                if is_stopping() or end.message > watch.seen.message or end.agent > watch.seen.agent:
                    watch.news.set()

    async def _safely(self, watches: list[Watch]) -> dict[tuple[str, str], Cursor]:
        """While the database is away the pages wait a little longer."""
        try:
            return await run_in_threadpool(self._ends, watches)
        except Exception as error:
            log.warning("webchat_cannot_look", error=type(error).__name__)
            return {}

    def _ends(self, watches: list[Watch]) -> dict[tuple[str, str], Cursor]:
        return dict(self._read(watches))

    def _read(self, watches: list[Watch]) -> Iterator[tuple[tuple[str, str], Cursor]]:
        by_bot: dict[str, set[str]] = defaultdict(set)
        for watch in watches:
            by_bot[watch.bot].add(watch.conversation)
        with self._db.reading() as connection:
            for bot, names in by_bot.items():
                for some in _in_parts(sorted(names)):
                    yield from (((bot, name), end) for name, end in ends(connection, bot, some).items())


def _in_parts(names: list[str]) -> Iterator[list[str]]:
    return (names[start : start + _AT_A_TIME] for start in range(0, len(names), _AT_A_TIME))
