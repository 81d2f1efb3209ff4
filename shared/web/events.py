"""Progress as server-sent events: one when something changed, a heartbeat in between, the last at the end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import StreamingResponse

from shared.web.stopping import is_stopping

_POLL_SECONDS = 0.25
_QUIET_POLLS = 40


def event_stream(
    request: Request, read: Callable[[], dict[str, Any]], ended: Callable[[dict[str, Any]], bool]
) -> StreamingResponse:
    """`read` gives the state as JSON; it runs in the thread pool."""

    async def events() -> AsyncIterator[bytes]:
        before, quiet = None, 0
        while not (is_stopping() or await request.is_disconnected()):
            state = await run_in_threadpool(read)
            if state != before:
                yield b"event: progress\ndata: " + orjson.dumps(state) + b"\n\n"
                before, quiet = state, 0
            if ended(state):
                return
            quiet += 1
            if quiet % _QUIET_POLLS == 0:
                yield b": still there\n\n"
            await asyncio.sleep(_POLL_SECONDS)

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events(), media_type="text/event-stream", headers=headers)
