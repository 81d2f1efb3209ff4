"""The busiest path, answered before FastAPI: documented like any other, spared what it need not pay for.

Matching, exit stacks, dependencies and models on the way out cost more than scoring a text with the fast
profile does. The rules at the door stay those of `shared.web.routing`: the key is asked for before a byte of
the body is read, the body is bounded in size and time, JSON is read strictly.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.errors import MediaTypeError, TooLargeError
from shared.web.keys import KeyRing, Principal, demand, unauthenticated
from shared.web.routing import GuardedRoute, SlowBodyError
from shared.web.strict_json import parse_json

Answer = Callable[[str, Principal, Any], Awaitable[bytes]]

_BOTS, _CLASSIFY = "/v1/bots/", "/classify"
_BODY_SECONDS = 30.0
_BEARER = b"bearer "


def add_hot_path(app: FastAPI, documented: Callable[..., Any], scope: str, answer: Answer) -> None:
    """`POST /v1/bots/{bot}/classify`: `documented` shows it in OpenAPI, `answer` gives the JSON for a parsed body."""
    path = f"{_BOTS}{{bot}}{_CLASSIFY}"
    app.router.routes.append(route := GuardedRoute(path, documented, methods=["POST"], tags=["talking"]))
    # Last, so that it is inside of the door.
    app.user_middleware.append(Middleware(HotPath, route=route, fastapi=app, scope=scope, answer=answer))


class HotPath:
    def __init__(self, app: ASGIApp, route: APIRoute, fastapi: FastAPI, scope: str, answer: Answer) -> None:
        self._app, self._route, self._fastapi, self._scope, self._answer = app, route, fastapi, scope, answer
        self._hot = ExceptionMiddleware(self._respond, handlers=fastapi.exception_handlers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        hot = scope["type"] == "http" and scope["method"] == "POST" and _bot(scope["path"])
        await (self._hot if hot else self._app)(scope, receive, send)

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"] = self._route
        headers = dict(scope["headers"])
        state = self._fastapi.state
        principal = await _admit(state.keys, headers, self._scope)
        _require_json(headers)
        body = await _body(receive, headers, state.max_body_bytes)
        found = await self._answer(_bot(scope["path"]), principal, parse_json(body))
        start = [(b"content-type", b"application/json"), (b"content-length", str(len(found)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": start})
        await send({"type": "http.response.body", "body": found})


def _bot(path: str) -> str:
    """What stands for `{bot}`; empty when this is another path."""
    name = path[len(_BOTS) : -len(_CLASSIFY)]
    return name if path.startswith(_BOTS) and path.endswith(_CLASSIFY) and "/" not in name else ""


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
            more = True
            while more:
                message = await receive()
                body += message.get("body", b"")
                if len(body) > limit:
                    raise _too_large(limit)
                more = message.get("more_body", False)
    except TimeoutError:
        detail = "The body did not arrive in time."
        raise SlowBodyError("request_timeout", detail, headers={"Connection": "close"}) from None
    return bytes(body)


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError("body_too_large", f"The body is larger than {limit} bytes.", headers={"Connection": "close"})
