"""A route that asks who is there before it reads a byte, and reads JSON strictly and within bounds."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import APIRouter, Depends, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from pydantic import BaseModel, ConfigDict, TypeAdapter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import State
from starlette.responses import Response
from starlette.types import Message, Receive

from shared.errors import GreenroomError, MediaTypeError, TooLargeError
from shared.web.describing import is_refusal, operation_id_of, refusal, refusals, summary_of
from shared.web.door import SLASH
from shared.web.keys import KeyRing, Principal, demand, unauthenticated
from shared.web.strict_json import JsonLimits, parse_json
from shared.web.typed import check_whole_numbers, read_strictly, whole_numbers

_bearer = HTTPBearer(auto_error=False, scheme_name="key", description="A key of this service.")
_BODY_SECONDS = 30.0
# Bytes a second: a large body on a slow line may take longer than that.
_SLOWEST = 500
UPLOAD = "x-greenroom-upload"
BLOB = "x-greenroom-blob"
BODY_LIMIT = "x-greenroom-body-limit"
"""In bytes, for a route whose bodies have a limit of their own."""
BODY_KEYS = "x-greenroom-body-keys"
"""How many keys the JSON of a route may have that takes many things at once."""
# A whole bot has far more keys than anything that is written by hand.
_UPLOAD_LIMITS = JsonLimits(keys=1_000_000)


class Empty(BaseModel):
    """The body of a request that has nothing to say: none, or `{}`."""

    model_config = ConfigDict(extra="forbid")


class SlowBodyError(GreenroomError):
    status, title = 408, "Request timeout"


def requires(*scopes: str) -> Any:
    """A dependency that gives the Principal. The scopes are checked before the body is read."""

    def principal(request: Request, _shown: Any = Security(_bearer)) -> Principal:
        found: Principal = request.scope["greenroom.principal"]
        return found

    principal.scopes = scopes  # type: ignore[attr-defined]
    return Depends(principal)


def scopes_of(dependant: Dependant) -> tuple[str, ...] | None:
    """The scopes that a route declares; None when it declares none."""
    for inner in dependant.dependencies:
        scopes = getattr(inner.call, "scopes", None)
        if scopes is not None:
            return tuple(scopes)
    return None


class GuardedRoute(APIRoute):
    def __init__(self, path: str, endpoint: Callable[..., Any], **kwargs: Any) -> None:
        summary = kwargs.get("summary") or summary_of(endpoint.__name__, path)
        named = {"summary": summary, "operation_id": kwargs.get("operation_id") or operation_id_of(summary)}
        super().__init__(path, endpoint, **{**kwargs, **named})
        scopes = scopes_of(self.dependant)
        if scopes:
            self.description = f"{self.description}\n\nScope: {', '.join(f'`{s}`' for s in scopes)}.".strip()
        self.responses = self._possible(scopes)

    def _possible(self, scopes: tuple[str, ...] | None) -> dict[int | str, dict[str, Any]]:
        """What is answered beside the plain answer, told in one way for all routes."""
        extra = self.openapi_extra or {}
        keyed = scopes if scopes is not None else () if "security" in extra else None
        own = {status: refusal(status, told) if is_refusal(status) else told for status, told in self.responses.items()}
        return {
            **refusals(self.path, self.methods or (), keyed, _header_names(self.dependant), _media_type(self, extra)),
            **own,
        }

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handle = super().get_route_handler()
        scopes = scopes_of(self.dependant)
        told = self.body_field.field_info if self.body_field else None
        kind: TypeAdapter[Any] | None = TypeAdapter(told.annotation or Any) if told else None
        may_be_empty = told is not None and not told.is_required()
        numbers = whole_numbers(self.dependant)
        extra = self.openapi_extra or {}
        limits = _UPLOAD_LIMITS if extra.get(UPLOAD) else JsonLimits(keys=extra.get(BODY_KEYS, JsonLimits.keys))

        async def guarded(request: Request) -> Response:
            if scopes is not None:
                request.scope["greenroom.principal"] = await admit(request, scopes)
            request.scope["path_params"] = _named(request.path_params)
            check_whole_numbers(request, numbers)
            bounded = Request(request.scope, _bounded(request, _limit(request.app.state, extra)))
            if kind and not (may_be_empty and _says_nothing(request)):
                body = await _json_of(bounded, limits)
                # FastAPI lets pass as it is what is of the right type already.
                bounded._json = read_strictly(body, kind)
            return await handle(bounded)

        return guarded


def _header_names(dependant: Dependant) -> set[str]:
    own = {field.alias.lower() for field in dependant.header_params}
    return own.union(*map(_header_names, dependant.dependencies))


def _media_type(route: APIRoute, extra: Mapping[str, Any]) -> str | None:
    """Of the bodies that a route reads, None when it reads none."""
    if route.body_field:
        return "application/json"
    by_hand = extra.get("requestBody", {}).get("content", {})
    return next(iter(by_hand), "*/*" if BODY_LIMIT in extra else None)


class Router(APIRouter):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(route_class=GuardedRoute, **kwargs)


async def admit(request: Request, scopes: tuple[str, ...]) -> Principal:
    """Who shows the key of the request. Raises `unauthenticated`, `forbidden`."""
    keys: KeyRing = request.app.state.keys
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise unauthenticated()
    principal = keys.remembered(token)
    if principal is None:
        principal = await run_in_threadpool(keys.authenticate, token)
    demand(principal, scopes)
    return principal


def _named(path: Mapping[str, Any]) -> dict[str, Any]:
    """What the path names; a slash may be part of it."""
    return {name: text.replace(SLASH, "/") for name, text in path.items()}


def _limit(state: State, extra: Mapping[str, Any]) -> int:
    """Of a body, in bytes."""
    of_its_kind: int = state.max_upload_bytes if extra.get(UPLOAD) else state.max_body_bytes
    return extra.get(BODY_LIMIT) or (state.max_blob_bytes if extra.get(BLOB) else of_its_kind)


def _says_nothing(request: Request) -> bool:
    return "transfer-encoding" not in request.headers and request.headers.get("content-length", "0") == "0"


async def _json_of(request: Request, limits: JsonLimits) -> bytes:
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/json":
        raise MediaTypeError("unsupported_media_type", "Send application/json.")
    body = await request.body()
    parse_json(body, limits)
    return body


def _bounded(request: Request, limit: int) -> Receive:
    """Counts while reading, so that a body without a length is bounded too, and one that comes by drops."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    seen, whole, began = 0, False, time.monotonic()

    async def receive() -> Message:
        nonlocal seen, whole
        if whole:
            # What comes now is that somebody has gone.
            return await request.receive()
        left = began + _BODY_SECONDS + seen / _SLOWEST - time.monotonic()
        message = await _in_time(request.receive(), left)
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if seen > limit:
                raise _too_large(limit)
        return message

    return receive


async def _in_time(message: Awaitable[Message], seconds: float) -> Message:
    try:
        return await asyncio.wait_for(message, max(seconds, 0.0))
    except TimeoutError:
        detail = "The body did not arrive in time."
        raise SlowBodyError("request_timeout", detail, headers={"Connection": "close"}) from None


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError("body_too_large", f"The body is larger than {limit} bytes.", headers={"Connection": "close"})
