"""Connections that are kept open for the next request to the same origin, within bounds.

httpcore's own pool looks at each of its connections for each request, and asks the system whether the other side has
closed it: with some dozens that costs more than the request. Here the youngest idle one is looked at, alone.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpcore


class Connections:
    """`most` may be in use at once; of those that are idle, `most_idle` are kept for `idle_seconds`."""

    def __init__(
        self,
        network: httpcore.AsyncNetworkBackend,
        tls: ssl.SSLContext,
        most: int,
        most_idle: int,
        idle_seconds: float = 15.0,
    ) -> None:
        self._network, self._tls, self._most_idle, self._idle_seconds = network, tls, most_idle, idle_seconds
        self._room = asyncio.Semaphore(most)
        self._idle: list[httpcore.AsyncHTTPConnection] = []

    @asynccontextmanager
    async def to(self, origin: httpcore.Origin) -> AsyncIterator[httpcore.AsyncHTTPConnection]:
        """For one request. Waits while too many are in use."""
        async with self._room:
            connection = await self._idle_to(origin) or self._new_to(origin)
            try:
                yield connection
            finally:
                await self._keep(connection)

    async def aclose(self) -> None:
        while self._idle:
            await self._idle.pop().aclose()

    async def _idle_to(self, origin: httpcore.Origin) -> httpcore.AsyncHTTPConnection | None:
        """The youngest, so that the others grow old. The first in the list is the oldest."""
        for known in [one for one in reversed(self._idle) if one.can_handle_request(origin)]:
            self._idle.remove(known)
            if not known.has_expired():
                return known
            await known.aclose()
        return None

    def _new_to(self, origin: httpcore.Origin) -> httpcore.AsyncHTTPConnection:
        return httpcore.AsyncHTTPConnection(
            origin=origin,
            ssl_context=self._tls,
            keepalive_expiry=self._idle_seconds,
            network_backend=self._network,
        )

    async def _keep(self, connection: httpcore.AsyncHTTPConnection) -> None:
        """What is not fit for another request was closed by httpcore."""
        if connection.is_idle() and not connection.is_closed():
            self._idle.append(connection)
        while len(self._idle) > self._most_idle or (self._idle and self._idle[0].has_expired()):
            await self._idle.pop(0).aclose()
