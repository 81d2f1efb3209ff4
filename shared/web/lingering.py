"""Lets a refusal arrive: what is left of a large body is taken in and thrown away before the connection closes.

A server that answers early and closes resets the connection under a client that is still sending, which then reads
an error of its network instead of the 413 or 401. RFC 9112, section 9.6, tells servers to linger.
"""

import asyncio
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Below this the body has arrived with its headers or fits into the network's own buffers.
_SMALL_BYTES = 64 * 1024
_MOST_BYTES, _MOST_SECONDS = 256 << 20, 10.0


class Lingering:
    """Only for requests with a large body, or one of unknown length."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _may_be_large(scope):
            await self._app(scope, receive, send)
            return
        whole = False

        async def taking() -> Message:
            nonlocal whole
            message = await receive()
            whole = message["type"] != "http.request" or not message.get("more_body", False)
            return message

        async def answering(message: Message) -> None:
            if message["type"] != "http.response.body" or message.get("more_body", False) or whole:
                await send(message)
                return
            await send({**message, "more_body": True})
            await _drain(taking, lambda: whole)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

        await self._app(scope, taking, answering)


def _may_be_large(scope: Scope) -> bool:
    headers = dict(scope["headers"])
    length = headers.get(b"content-length", b"")
    if length.isdigit():
        return int(length) > _SMALL_BYTES
    return b"transfer-encoding" in headers


async def _drain(take: Receive, done: Callable[[], bool]) -> None:
    """Within bounds: who sends for ever, or more than any limit allows, is cut off after all."""
    taken, deadline = 0, time.monotonic() + _MOST_SECONDS
    while not done() and taken < _MOST_BYTES:
        try:
            message = await asyncio.wait_for(take(), max(0.0, deadline - time.monotonic()))
        except TimeoutError:
            return
        taken += len(message.get("body", b""))
