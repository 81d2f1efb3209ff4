"""The busiest paths, answered ahead of FastAPI when a request is as plain as nearly all of them are.

Middleware, matching, dependencies and models on the way out cost more than scoring a text with the fast profile
does. Whatever is out of the ordinary (a key that is not remembered, another content type, no length, many headers)
goes the ordinary way before a byte of its body is read, so that its rules stand in one place.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.live_api.channel import Answer, RawRequest
from services.live_api.webhooks import raw_request
from shared.web.door import Measures, is_host
from shared.web.keys import KeyRing, Principal
from shared.web.routing import SlowBodyError
from shared.web.strict_json import parse_json

Headers = Mapping[bytes, bytes]

_BODY_SECONDS = 30.0
_MOST_HEADERS, _LONGEST_HEADERS = 32, 4096
_LONGEST_LENGTH = 6
# More is lingered over when it is refused, and may take its time on a slow line.
_LARGEST = 64 * 1024


Answering = Callable[[str, RawRequest], Awaitable[Answer]]
"""Answers a request for what is named in its path. Raises what the ordinary way would raise."""


class Way(Protocol):
    """The path `before`, a name, `after`; `parameter` is what the route calls the name. Bodies of up to `largest`."""

    @property
    def before(self) -> str: ...
    @property
    def after(self) -> str: ...
    @property
    def parameter(self) -> str: ...
    @property
    def largest(self) -> int: ...

    def admit(self, headers: Headers) -> Answering | None:
        """None when something needs a closer look."""
        ...


@dataclass(frozen=True)
class Classifying:
    """`classify` gives the JSON for a bot, a key and a parsed body."""

    classify: Callable[[str, Principal, Any], Awaitable[bytes]]
    keys: KeyRing
    largest: int
    before: str = "/v1/bots/"
    after: str = "/classify"
    parameter: str = "bot"

    def admit(self, headers: Headers) -> Answering | None:
        kind, _, token = headers.get(b"authorization", b"").partition(b" ")
        if headers.get(b"content-type") != b"application/json" or kind != b"Bearer":
            return None
        principal = self.keys.remembered(token.decode("latin-1"))
        return partial(self._answer, principal) if principal and principal.may("live:classify") else None

    async def _answer(self, principal: Principal, bot: str, asked: RawRequest) -> Answer:
        return Answer(await self.classify(bot, principal, parse_json(asked.body)), media_type="application/json")


@dataclass(frozen=True)
class Listening:
    """To platforms, which prove themselves by what they send."""

    listen: Answering
    before: str = "/v1/channels/"
    after: str = "/webhook"
    parameter: str = "channel"
    largest: int = _LARGEST

    def admit(self, headers: Headers) -> Answering | None:
        # A web page is to be told whether it may call.
        return None if b"origin" in headers else self.listen


class Shortcut:
    """The whole service: what it does not answer itself, `app` does."""

    def __init__(self, app: FastAPI, environment: str, ways: Sequence[Way]) -> None:
        self.app, self._ways = app, ways
        self._mark = (b"greenroom-environment", environment.encode())
        self._measures: Measures = app.state.measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        way, name = self._way(scope)
        headers = dict(scope["headers"]) if way else {}
        plain = way is not None and len(headers) == len(scope["headers"]) and _plain(headers, way.largest)
        answering = way.admit(headers) if way and plain else None
        if way is None or answering is None:
            await self.app(scope, receive, send)
            return
        began, scope["greenroom.request_id"] = time.perf_counter(), f"req_{secrets.token_hex(16)}"
        try:
            answer = await answering(name, raw_request(scope, await _body(receive)))
        except Exception as error:
            status = await self._refuse(error, scope, receive, send)
        else:
            status = answer.status
            await self._give(answer, scope["greenroom.request_id"], send)
        route = f"{way.before}{{{way.parameter}}}{way.after}"
        self._measures.requests.labels("POST", route, status).inc()
        self._measures.seconds.labels(route).observe(time.perf_counter() - began)

    def _way(self, scope: Scope) -> tuple[Way | None, str]:
        """With what stands for the name in the path; None when this is another path, or an odd one."""
        if scope["type"] != "http" or scope["method"] != "POST":
            return None, ""
        path: str = scope["path"]
        for way in self._ways:
            if path.startswith(way.before) and path.endswith(way.after):
                name = path[len(way.before) : -len(way.after)]
                odd = scope["query_string"] or b"%" in scope.get("raw_path", b"") or "/" in name or ";" in name
                return (None, "") if odd or not name else (way, name)
        return None, ""

    async def _give(self, answer: Answer, request_id: str, send: Send) -> None:
        headers = [
            (b"content-type", answer.media_type.encode()),
            (b"content-length", str(len(answer.body)).encode()),
            *((name.lower().encode(), value.encode()) for name, value in answer.headers.items()),
            self._mark,
            (b"request-id", request_id.encode()),
        ]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _refuse(self, error: Exception, scope: Scope, receive: Receive, send: Send) -> int:
        """Rendered by the same handlers as everywhere else. The status."""
        own = {self._mark[0].decode(): self._mark[1].decode(), "Request-Id": scope["greenroom.request_id"]}
        scope["greenroom.headers"] = own
        handlers: Any = self.app.exception_handlers
        handler = next(handlers[kind] for kind in type(error).__mro__ if kind in handlers)
        response: Response = await handler(Request(scope), error)
        await response(scope, receive, send)
        return response.status_code


def _plain(headers: Headers, largest: int) -> bool:
    """Whether nothing about the request needs a closer look."""
    length = headers.get(b"content-length", b"")
    return (
        b"content-encoding" not in headers
        and is_host(headers.get(b"host", b""))
        and len(headers) <= _MOST_HEADERS
        and sum(map(len, headers.values())) <= _LONGEST_HEADERS
        and length.isdigit()
        and len(length) <= _LONGEST_LENGTH
        and int(length) <= min(largest, _LARGEST)
    )


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
