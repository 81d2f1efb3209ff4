"""The first thing that a request meets: marks every answer, turns odd requests away, counts. Pure ASGI."""

import math
import re
import time
from urllib.parse import quote, unquote

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.audit import REQUEST
from shared.ids import new_id
from shared.paths import leads_elsewhere
from shared.web.problems import problem
from shared.web.rates import Rates

_MAX_HEADER_BYTES, _MAX_HEADERS = 16 * 1024, 100
_ODD_PATHS = (b"//", b"%00")
# RFC 9110, 7.2: a name, as loosely as names are given in private networks, or an address; and a port.
_HOST = re.compile(rb"(?:[\w.\-~%!$&'()*+,;=]+|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?")
_ENCODED_SLASH = re.compile(b"%2f", re.IGNORECASE)
# What the paths of the contract begin with: nothing else has names in its path.
_NAMING = b"/v1/"
SLASH = "\0"
"""Stands in a path for a slash that is part of a name; nobody can send it."""
Refusal = tuple[int, str, str, str]


class Measures:
    """Requests and their times, by route template: paths would be a label without bound."""

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ["method", "route", "status"]
        self.requests = Counter("greenroom_requests", "Requests answered.", labels, registry=registry)
        self.seconds = Histogram("greenroom_request_seconds", "Time to answer.", ["route"], registry=registry)

    def note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        self.requests.labels(scope["method"], route, status).inc()
        self.seconds.labels(route).observe(seconds)


class Door:
    def __init__(self, app: ASGIApp, environment: str, measures: Measures, rates: Rates | None = None) -> None:
        self._app, self._measures, self._rates = app, measures, rates
        self._mark = {"Greenroom-Environment": environment}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500
        scope["greenroom.request_id"] = new_id("req")
        answering = REQUEST.set(scope["greenroom.request_id"])
        scope["greenroom.headers"] = {**self._mark, "Request-Id": scope["greenroom.request_id"]}

        async def marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in scope["greenroom.headers"].items():
                    headers[name] = value
            await send(message)

        try:
            answer = self._answered(scope)
            if answer is None:
                _keep_names_whole(scope)
            await (answer or self._app)(scope, receive, marked)
        finally:
            REQUEST.reset(answering)
            self._measures.note(scope, status, time.perf_counter() - began)

    def _answered(self, scope: Scope) -> Response | None:
        """What is turned away before anybody looks at it closely."""
        if refusal := _refusal(scope):
            return problem(Request(scope), *refusal)
        wait = self._rates.wait(scope) if self._rates else 0.0
        if not wait:
            return None
        detail = "This key, or this address, has asked too often: wait a moment."
        again = {"Retry-After": str(math.ceil(wait))}
        return problem(Request(scope), 429, "rate_limited", "Too many requests", detail, again)


def _refusal(scope: Scope) -> Refusal | None:
    path = _raw_path(scope)
    if any(odd in path for odd in _ODD_PATHS) or leads_elsewhere(scope["path"]):
        return 404, "not_found", "Not found", "There is nothing here."
    if _ENCODED_SLASH.search(path) and not path.startswith(_NAMING):
        return 404, "not_found", "Not found", "There is nothing here."
    if b"%00" in scope["query_string"]:
        return 422, "invalid_text", "Invalid", "Text may not contain U+0000."
    headers = scope["headers"]
    if len(headers) > _MAX_HEADERS or sum(len(k) + len(v) for k, v in headers) > _MAX_HEADER_BYTES:
        return 431, "headers_too_large", "Headers too large", "Send fewer or shorter headers."
    if not _addressed(scope):
        return 400, "bad_request", "Bad request", "A request has one Host, which is a name or an address."
    names = dict(headers)
    if names.get(b"content-encoding", b"identity") != b"identity":
        return 415, "unsupported_media_type", "Unsupported media type", "Send the body as it is, not encoded."
    if b"\0" in scope["path"].encode("utf-8", "surrogateescape"):
        return 404, "not_found", "Not found", "There is nothing here."
    return None


def _addressed(scope: Scope) -> bool:
    """Two that differ would mean one thing to a proxy and another to us."""
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    if not hosts:
        return bool(scope["http_version"] == "1.0")
    return len(hosts) == 1 and is_host(hosts[0])


def is_host(value: bytes) -> bool:
    return _HOST.fullmatch(value) is not None


def _keep_names_whole(scope: Scope) -> None:
    """A slash that was encoded ends no part of the path: routes are matched on what stands between those that were not,
    so that no name can lead to another route. `GuardedRoute` gives routes the name as it is.
    """
    path = _raw_path(scope)
    if _ENCODED_SLASH.search(path):
        scope["path"] = unquote(_ENCODED_SLASH.sub(quote(SLASH).encode(), path).decode("latin-1"))


def _raw_path(scope: Scope) -> bytes:
    path: bytes = scope.get("raw_path", b"")
    return path.split(b"?")[0]
