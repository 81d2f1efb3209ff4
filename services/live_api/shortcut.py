"""The busiest path, answered ahead of FastAPI when a request is as plain as nearly all of them are.

Middleware, matching, dependencies and models on the way out cost more than scoring a text with the fast profile
does. Whatever is out of the ordinary (a key that is not remembered, another content type, no length, many headers)
goes the ordinary way before a byte of its body is read, so that its rules stand in one place.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from shared.errors import GreenroomError
from shared.web.door import Measures
from shared.web.keys import KeyRing, Principal
from shared.web.strict_json import parse_json

Answer = Callable[[str, Principal, Any], Awaitable[bytes]]

_BOTS, _CLASSIFY = "/v1/bots/", "/classify"
_SCOPE = "live:classify"
_BODY_SECONDS = 30.0
_MOST_HEADERS, _LONGEST_HEADERS = 32, 4096
_LONGEST_LENGTH = 6


class SlowBodyError(GreenroomError):
    status, title = 408, "Request timeout"


class Shortcut:
    """The whole service: what it does not answer itself, `app` does.

    `answer` gives the JSON for a bot, a key and a parsed body, or raises what the ordinary way would raise.
    """

    def __init__(self, app: FastAPI, environment: str, answer: Answer) -> None:
        self.app, self._answer = app, answer
        self._keys: KeyRing = app.state.keys
        self._largest: int = app.state.max_body_bytes
        self._mark = (b"greenroom-environment", environment.encode())
        route = f"{_BOTS}{{bot}}{_CLASSIFY}"
        measures: Measures = app.state.measures
        self._count = measures.requests.labels("POST", route, 200)
        self._seconds = measures.seconds.labels(route)
        self._measures, self._route = measures, route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        bot = _bot(scope)
        principal = self._admitted(dict(scope["headers"])) if bot else None
        if principal is None:
            await self.app(scope, receive, send)
            return
        began, request_id = time.perf_counter(), f"req_{secrets.token_hex(16)}"
        try:
            found = await self._answer(bot, principal, parse_json(await _body(receive)))
        except Exception as error:
            await self._refuse(error, scope, receive, send, request_id, began)
            return
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(found)).encode()),
            self._mark,
            (b"request-id", request_id.encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": found})
        self._count.inc()
        self._seconds.observe(time.perf_counter() - began)

    def _admitted(self, headers: dict[bytes, bytes]) -> Principal | None:
        """Who asks, when nothing about the request needs a closer look."""
        length = headers.get(b"content-length", b"")
        plain = (
            headers.get(b"content-type") == b"application/json"
            and b"content-encoding" not in headers
            and len(headers) <= _MOST_HEADERS
            and sum(map(len, headers.values())) <= _LONGEST_HEADERS
            and length.isdigit()
            and len(length) <= _LONGEST_LENGTH
            and int(length) <= self._largest
        )
        kind, _, token = headers.get(b"authorization", b"").partition(b" ")
        if not plain or kind != b"Bearer":
            return None
        principal = self._keys.remembered(token.decode("latin-1"))
        return principal if principal is not None and principal.may(_SCOPE) else None

    async def _refuse(
        self, error: Exception, scope: Scope, receive: Receive, send: Send, request_id: str, began: float
    ) -> None:
        """Rendered by the same handlers as everywhere else."""
        scope["greenroom.request_id"] = request_id
        scope["greenroom.headers"] = {self._mark[0].decode(): self._mark[1].decode(), "Request-Id": request_id}
        handlers: Any = self.app.exception_handlers
        handler = next(handlers[kind] for kind in type(error).__mro__ if kind in handlers)
        response: Response = await handler(Request(scope), error)
        await response(scope, receive, send)
        self._measures.requests.labels("POST", self._route, response.status_code).inc()
        self._seconds.observe(time.perf_counter() - began)


def _bot(scope: Scope) -> str:
    """What stands for `{bot}` in the path; empty when this is another path, or an odd one."""
    if scope["type"] != "http" or scope["method"] != "POST":
        return ""
    path: str = scope["path"]
    odd = scope["query_string"] or b"%" in scope.get("raw_path", b"")
    if odd or not path.startswith(_BOTS) or not path.endswith(_CLASSIFY):
        return ""
    name = path[len(_BOTS) : -len(_CLASSIFY)]
    return "" if "/" in name or ";" in name else name


async def _body(receive: Receive) -> bytes:
    """Of a request whose length was looked at; the server lets no more than that through."""
    body, more = b"", True
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            while more:
                message = await receive()
                body += message.get("body", b"")
                more = message.get("more_body", False)
    except TimeoutError:
        detail = "The body did not arrive in time."
        raise SlowBodyError("request_timeout", detail, headers={"Connection": "close"}) from None
    return body
