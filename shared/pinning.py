"""Connections to addresses that were judged: a name is resolved here, once, and nowhere else (SSRF, DNS rebinding)."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable
from ipaddress import ip_address

import httpcore

from shared.destinations import Address, Destination, ForbiddenUrlError, Rules
from shared.wire import open_wire

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a host. Raises OSError."""


async def system_resolve(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class PinnedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to an address that was judged, whatever the name stands for a moment later."""

    def __init__(self, rules: Rules, resolve: Resolve) -> None:
        self._rules, self._resolve = rules, resolve

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failed: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in await self._judged(host, port):
            try:
                return await open_wire(address, port, timeout)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    async def _judged(self, host: str, port: int) -> list[str]:
        """Every answer must be good: one that is not shows what the name is up to. Raises ForbiddenUrlError."""
        here = Destination("http", host, port, "/")
        found = [host] if here.address is not None else await self._resolve(host, port)
        for text in found:
            self._rules.check_address(_address(text), here)
        return found


def _address(text: str) -> Address:
    try:
        return ip_address(text)
    except ValueError:
        raise ForbiddenUrlError("its name stands for something that is no address") from None
