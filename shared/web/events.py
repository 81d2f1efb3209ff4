"""Progress as server-sent events: one when something changed, a heartbeat in between, the last at the end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import StreamingResponse

from shared.web.stopping import is_stopping

# What takes a second is told at once, what takes minutes in good time.
_FIRST_PAUSE, _LONGEST_PAUSE, _LONGER = 0.05, 0.25, 1.1
_QUIET_LOOKS = 40


class EventStream(StreamingResponse):
    media_type = "text/event-stream"


def event_stream(
    request: Request, read: Callable[[], dict[str, Any]], ended: Callable[[dict[str, Any]], bool]
) -> EventStream:
    """`read` gives the state as JSON; it runs in the thread pool."""

    async def events() -> AsyncIterator[bytes]:
        before, quiet, pause = None, 0, _FIRST_PAUSE
        while not (is_stopping() or await request.is_disconnected()):
            state = await run_in_threadpool(read)
            if state != before:
                yield b"event: progress\ndata: " + orjson.dumps(state) + b"\n\n"
                before, quiet = state, 0
            if ended(state):
                return
            quiet += 1
            if quiet % _QUIET_LOOKS == 0:
                yield b": still there\n\n"
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * _LONGER)

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return EventStream(events(), headers=headers)
