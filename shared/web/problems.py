"""Errors rendered once, as `application/problem+json` (RFC 9457) with a stable `code`."""

from collections.abc import Mapping
from typing import Annotated, Any

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DatabaseError, DataError, IntegrityError, InterfaceError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from shared.errors import BusyError, ConflictError, GreenroomError, InvalidError
from shared.faults import full, of_the_store, told

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"

_STATUS_CODES = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}
_TITLES = {400: "Malformed request", 404: "Not found", 405: "Method not allowed", 422: "Invalid"}


class Place(BaseModel):
    """What is wrong at one place of a request, which a JSON pointer names."""

    pointer: str
    detail: str


class Problem(BaseModel):
    """A refusal (RFC 9457). `code` is stable, `detail` is for people, `instance` is the id of the request.

    Some codes have fields of their own beside it.
    """

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str
    instance: str
    code: Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]
    errors: list[Place] = []
    findings: list[dict[str, Any]] = []


def install(app: FastAPI) -> None:
    app.add_exception_handler(GreenroomError, _greenroom)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(IntegrityError, _raced)
    app.add_exception_handler(DataError, _beyond)
    for kind in (DatabaseError, InterfaceError, NoConnectionError, OSError):
        app.add_exception_handler(kind, _store)
    app.add_exception_handler(Exception, _unforeseen)


def problem(
    request: Request,
    status: int,
    code: str,
    title: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
    **extra: Any,
) -> Response:
    body = rendered(status, code, title, detail, request.scope.get("greenroom.request_id", ""), **extra)
    own = request.scope.get("greenroom.headers", {})
    return Response(body, status, {**own, **(headers or {})}, MEDIA_TYPE)


def rendered(status: int, code: str, title: str, detail: str, instance: str, **extra: Any) -> bytes:
    """The document, in JSON; `instance` is the id of the request."""
    document = {
        "type": f"urn:greenroom:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": instance,
        "code": code,
        **extra,
    }
    return orjson.dumps(document, default=str)


async def _greenroom(request: Request, error: Exception) -> Response:
    assert isinstance(error, GreenroomError)
    return problem(request, error.status, error.code, error.title, error.detail, error.headers, **error.extra)


async def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = [
        {"pointer": "/" + "/".join(str(part) for part in item["loc"]), "detail": item["msg"]} for item in error.errors()
    ]
    unknown = any(item["type"] == "extra_forbidden" for item in error.errors())
    code = "unknown_field" if unknown else "invalid_request"
    detail = "; ".join(f"{item['pointer']}: {item['detail']}" for item in found[:5])
    return problem(request, 422, code, "Invalid", detail, errors=found[:100])


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _STATUS_CODES.get(error.status_code, "http_error")
    title = _TITLES.get(error.status_code, "Error")
    headers = {"Allow": ", ".join(_allowed(request))} if error.status_code == 405 else error.headers
    return problem(request, error.status_code, code, title, str(error.detail), headers)


def _allowed(request: Request) -> list[str]:
    """The methods of every route with this path: each route knows only its own."""
    tried = ("GET", "POST", "PUT", "PATCH", "DELETE")
    app, scope = request.app, request.scope
    return [m for m in tried if any(r.matches({**scope, "method": m})[0] is Match.FULL for r in app.routes)]


async def _raced(request: Request, _error: Exception) -> Response:
    """Routes look before they write; this is somebody else in between."""
    return await _greenroom(
        request, ConflictError("conflict", "Somebody else made or took the same just now: try again.")
    )


async def _beyond(request: Request, _error: Exception) -> Response:
    return await _greenroom(request, InvalidError("out_of_range", "A value is longer or larger than can be kept."))


async def _store(request: Request, error: Exception) -> Response:
    """What is no fault of the store is a mistake of ours."""
    if not of_the_store(error):
        return await _unforeseen(request, error)
    asked = request.scope.get("greenroom.request_id")
    log.warning("store_unavailable", error=type(error).__name__, why=told(error), full=full(error), request=asked)
    why = "The disk is full: nothing can be kept." if full(error) else "The database cannot be reached just now."
    return await _greenroom(request, BusyError("store_unavailable", why))


async def _unforeseen(request: Request, error: Exception) -> Response:
    log.error("unforeseen", exc_info=error, request=request.scope.get("greenroom.request_id"))
    return problem(request, 500, "internal", "Internal error", "Something went wrong here; it has been logged.")
