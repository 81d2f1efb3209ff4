"""Connections are used again while they are good, and closed when they are not."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpcore
import pytest
import uvloop

from shared.connections import Connections
from shared.destinations import rules_of
from shared.pinning import PinnedNetwork, system_resolve

TLS = httpcore.default_ssl_context()
Loop = Callable[[], asyncio.AbstractEventLoop]
on_either_loop = pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])


@dataclass
class Lighthouse:
    """Answers on a connection for as long as it is open; `connections` were opened, `open` are so still."""

    port: int = 0
    connections: int = 0
    open: int = 0


@asynccontextmanager
async def lighthouse(answers: int = 1000) -> AsyncIterator[Lighthouse]:
    """It closes a connection after so many answers, without a word."""
    found = Lighthouse()

    async def shine(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found.connections, found.open = found.connections + 1, found.open + 1
        try:
            for _ in range(answers):
                await reader.readuntil(b"\r\n\r\n")
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\naye")
        except asyncio.IncompleteReadError:
            pass
        finally:
            found.open -= 1
            writer.close()

    server = await asyncio.start_server(shine, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()


def made(most: int = 8, most_idle: int = 8, idle_seconds: float = 15.0) -> Connections:
    network = PinnedNetwork(rules_of("127.0.0.1", ""), system_resolve)
    return Connections(network, TLS, most, most_idle, idle_seconds)


async def ask(connections: Connections, there: Lighthouse) -> bytes:
    url = httpcore.URL(f"http://127.0.0.1:{there.port}/")
    async with connections.to(url.origin) as connection:
        return (await connection.request("GET", url)).content


def run(main: Coroutine[Any, Any, None], loop: Loop = asyncio.new_event_loop) -> None:
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(asyncio.wait_for(main, 30))


@on_either_loop
def test_what_is_asked_one_after_another_goes_over_one_connection(loop: Loop) -> None:
    async def main() -> None:
        async with lighthouse() as there:
            connections = made()
            assert [await ask(connections, there) for _ in range(5)] == [b"aye"] * 5
            assert (there.connections, there.open) == (1, 1)
            await connections.aclose()
            await asyncio.sleep(0.05)
            assert there.open == 0

    run(main(), loop)


def test_no_more_are_open_at_once_than_there_may_be_and_no_more_are_kept() -> None:
    async def main() -> None:
        async with lighthouse() as there:
            connections = made(most=2, most_idle=1)
            assert await asyncio.gather(*(ask(connections, there) for _ in range(6))) == [b"aye"] * 6
            await asyncio.sleep(0.05)
            assert there.open == 1
            await connections.aclose()

    run(main())


def test_one_that_has_been_idle_for_too_long_is_not_used_again() -> None:
    async def main() -> None:
        async with lighthouse() as there:
            connections = made(idle_seconds=0.05)
            await ask(connections, there)
            await asyncio.sleep(0.1)
            await ask(connections, there)
            assert there.connections == 2
            await connections.aclose()

    run(main())


@on_either_loop
def test_one_that_the_other_side_has_closed_is_not_used_again(loop: Loop) -> None:
    async def main() -> None:
        async with lighthouse(answers=1) as there:
            connections = made()
            for _ in range(3):
                assert await ask(connections, there) == b"aye"
                await asyncio.sleep(0.05)
            assert there.connections == 3
            await connections.aclose()

    run(main(), loop)


def test_one_whose_answer_was_given_up_is_not_used_again() -> None:
    async def main() -> None:
        async with lighthouse() as there:
            connections = made()
            url = httpcore.URL(f"http://127.0.0.1:{there.port}/")
            async with connections.to(url.origin) as connection, connection.stream("GET", url):
                pass
            assert await ask(connections, there) == b"aye"
            assert there.connections == 2
            await connections.aclose()

    run(main())
