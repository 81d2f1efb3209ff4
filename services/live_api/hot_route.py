"""A route for the busiest paths: documented like any other, answered without what a request need not pay for.

FastAPI's own handling (dependencies, exit stacks, models on the way out) costs more than scoring a text with
the fast profile does. The rules at the door stay those of `shared.web.routing`: the key is asked for before a
byte of the body is read, the body is bounded in size and time, JSON is read strictly.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from shared.errors import MediaTypeError, TooLargeError
from shared.web.keys import KeyRing, Principal, demand, unauthenticated
from shared.web.routing import GuardedRoute, SlowBodyError
from shared.web.strict_json import parse_json

Answer = Callable[[Scope, Principal, Any], Awaitable[bytes]]

_BODY_SECONDS = 30.0
_BEARER = b"bearer "


def add_hot_route(app: FastAPI, path: str, documented: Callable[..., Any], scope: str, answer: Answer) -> None:
    """`documented` shows the operation in OpenAPI; `answer` gives the JSON for a parsed body.

    Its route goes first, so that no other is looked at before.
    """
    route = _HotRoute(path, documented, methods=["POST"], tags=["talking"])
    route.answer, route.scope = answer, scope
    app.router.routes.insert(0, route)


class _HotRoute(GuardedRoute):
    answer: Answer
    scope: str

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            await super().handle(scope, receive, send)
            return
        headers = dict(scope["headers"])
        principal = await _admit(scope["app"].state.keys, headers, self.scope)
        body = await _body(receive, headers, scope["app"].state.max_body_bytes)
        _require_json(headers)
        found = await self.answer(scope, principal, parse_json(body))
        start = [(b"content-type", b"application/json"), (b"content-length", str(len(found)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": start})
        await send({"type": "http.response.body", "body": found})


async def _admit(keys: KeyRing, headers: dict[bytes, bytes], scope: str) -> Principal:
    shown = headers.get(b"authorization", b"")
    token = shown[len(_BEARER) :].strip().decode("latin-1")
    if shown[: len(_BEARER)].lower() != _BEARER or not token:
        raise unauthenticated()
    principal = keys.remembered(token)
    if principal is None:
        principal = await run_in_threadpool(keys.authenticate, token)
    demand(principal, (scope,))
    return principal


def _require_json(headers: dict[bytes, bytes]) -> None:
    kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
    if kind != b"application/json":
        raise MediaTypeError("unsupported_media_type", "Send application/json.")


async def _body(receive: Receive, headers: dict[bytes, bytes], limit: int) -> bytes:
    declared = headers.get(b"content-length", b"")
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return bytes(body)
                body += message.get("body", b"")
                if len(body) > limit:
                    raise _too_large(limit)
                if not message.get("more_body"):
                    return bytes(body)
    except TimeoutError:
        detail = "The body did not arrive in time."
        raise SlowBodyError("request_timeout", detail, headers={"Connection": "close"}) from None


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError("body_too_large", f"The body is larger than {limit} bytes.", headers={"Connection": "close"})
