"""The channels that platforms call just now, remembered for a moment: each call would else ask the database first."""

import time

from starlette.concurrency import run_in_threadpool

from services.live_api.channel_records import Channel, find_channel
from shared.db import Database
from shared.errors import NotFoundError
from shared.secrets import Secrets

_REMEMBERED_SECONDS = 1.0
"""For as long a change of a channel may go unnoticed by the other processes."""
_MOST_REMEMBERED = 10_000


class ChannelBook:
    def __init__(self, db: Database, secrets: Secrets) -> None:
        self._db, self._secrets = db, secrets
        self._known: dict[str, tuple[float, Channel]] = {}

    async def find(self, channel: str) -> Channel:
        """Raises NotFoundError alike for what was never there and for what is gone."""
        until, known = self._known.get(channel, (0.0, None))
        if known is not None and until > time.monotonic():
            return known
        found = await run_in_threadpool(self.read, channel)
        if found is None:
            self._known.pop(channel, None)
            raise NotFoundError("not_found", f"There is no channel {channel!r}.")
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        self._known[channel] = (time.monotonic() + _REMEMBERED_SECONDS, found)
        return found

    def read(self, channel: str) -> Channel | None:
        with self._db.reading() as connection:
            return find_channel(connection, self._secrets, channel)

    def forget(self, channel: str) -> None:
        """It was changed."""
        self._known.pop(channel, None)
