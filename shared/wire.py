"""A connection as httpcore wants one, straight on asyncio's transports: what is written goes out with the next read.

The backend that comes with httpcore guards each read and write with a scope of its own and sends headers and body
apart, which costs more than the request. Here the caller's one timeout holds for all of it.
"""

import asyncio
import ssl
from typing import Any, cast

import httpcore

_MOST_UNREAD = 256 * 1024
_MOST_UNSENT = 64 * 1024


async def open_wire(address: str, port: int, timeout: float | None) -> "Wire":
    """To a numeric address; `timeout` in seconds. Raises httpcore.ConnectError, httpcore.ConnectTimeout."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(timeout):
            _, wire = await loop.create_connection(Wire, address, port)
    except TimeoutError:
        raise httpcore.ConnectTimeout(f"no connection in {timeout} seconds") from None
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error
    return wire


class Wire(asyncio.Protocol, httpcore.AsyncNetworkStream):
    def __init__(self) -> None:
        self._transport: asyncio.Transport
        self._unread, self._unsent = bytearray(), bytearray()
        self._over = False
        self._broken: Exception | None = None
        self._reader: asyncio.Future[None] | None = None

    # -- as asyncio's protocol ---------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's is one by what it does alone.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._unread += data
        if len(self._unread) > _MOST_UNREAD:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._over = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._over, self._broken = True, exc
        self._wake()

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    # -- as httpcore's stream ----------------------------------------------------

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._flush()
        while not self._unread and not self._over:
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        if self._broken is not None and not self._unread:
            raise httpcore.ReadError(str(self._broken)) from self._broken
        data = bytes(self._unread[:max_bytes])
        del self._unread[:max_bytes]
        if not self._over:
            self._transport.resume_reading()
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._over:
            raise httpcore.WriteError("the other side has closed the connection")
        self._unsent += buffer
        if len(self._unsent) > _MOST_UNSENT:
            self._flush()

    def _flush(self) -> None:
        if self._unsent:
            self._transport.write(bytes(self._unsent))
            self._unsent.clear()

    async def aclose(self) -> None:
        self._transport.abort()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout):
                secured = await loop.start_tls(self._transport, self, ssl_context, server_hostname=server_hostname)
        except TimeoutError:
            raise httpcore.ConnectTimeout(f"no TLS in {timeout} seconds") from None
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        if secured is None or self._over:
            raise httpcore.ConnectError("the connection was closed instead of secured")
        self._transport = secured
        return self

    def get_extra_info(self, info: str) -> Any:
        """`is_readable`: something that nobody asked for has come, be it the end."""
        return bool(self._unread) or self._over if info == "is_readable" else self._transport.get_extra_info(info)
