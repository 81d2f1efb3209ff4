"""A harbour to send requests into: small HTTP servers of this process, and a sink that counts who comes."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from shared.destinations import Rules, rules_of
from shared.egress import Bounds, Egress

Say = Callable[["Heard", asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Heard:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Pier:
    """A server at 127.0.0.1 and `port`; `heard` are the requests that it got."""

    port: int = 0
    connections: int = 0
    heard: list[Heard] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@asynccontextmanager
async def pier(
    say: Say, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Pier]:
    """`say` writes the answer to a request; then the connection is closed."""
    found = Pier()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found.connections += 1
        try:
            found.heard.append(await _read(reader))
            await say(found.heard[-1], writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(serve, host, port, ssl=tls)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()


async def _read(reader: asyncio.StreamReader) -> Heard:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    return Heard(method, target, headers, await reader.readexactly(int(headers.get("content-length", 0))))


def answers(body: bytes = b"aye", status: int = 200, **headers: str) -> Say:
    async def say(_heard: Heard, writer: asyncio.StreamWriter) -> None:
        writer.write(plain(body, status, **headers))

    return say


def plain(body: bytes = b"", status: int = 200, **headers: str) -> bytes:
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = "\r\n".join([f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", "Connection: close", *lines])
    return f"{head}\r\n\r\n".encode("latin-1") + body


def sends_on(where: Callable[[Heard], str], status: int = 302) -> Say:
    async def say(heard: Heard, writer: asyncio.StreamWriter) -> None:
        writer.write(plain(b"", status, Location=where(heard)))

    return say


def telling(addresses: dict[str, list[list[str]]]) -> Callable[[str, int], Awaitable[list[str]]]:
    """A name service: the answers to each name, one after another; the last again and again."""

    async def resolve(host: str, _port: int) -> list[str]:
        turns = addresses[host]
        return turns.pop(0) if len(turns) > 1 else turns[0]

    return resolve


def reaching(*allowed: str, deny: str = "", ports: tuple[int, ...] = (), **more: object) -> Egress:
    rules = rules_of(" ".join(allowed), deny)
    return Egress(Rules(rules.allowed, rules.denied, rules.ports | set(ports)), **more)  # type: ignore[arg-type]


SMALL = Bounds(answer_bytes=10_000)
