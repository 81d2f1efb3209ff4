"""What the OpenAPI document tells of an operation: what it is called, and how it can be refused. Pure."""

import re
from collections.abc import Collection, Mapping
from typing import Any

PROBLEM_TYPE = "application/problem+json"
PROBLEM = "#/components/schemas/Problem"

_WHY = {
    400: "The body is no JSON that is read here.",
    401: "No key of this service was shown.",
    403: "The key may not do this.",
    404: "There is no such thing, or the key may not see it.",
    409: "It does not go with what is there already.",
    412: "It has changed since it was read.",
    413: "The body is too large.",
    415: "The body is of another media type, or encoded.",
    422: "Something in the request is not valid, or is refused.",
    428: "What is live may be changed only by who says that they mean it.",
    429: "This key, or this address, has asked too often, where a limit is set.",
    503: "Too busy, or a database is away: try again.",
}
_RETRY_AFTER = {"Retry-After": {"description": "In seconds.", "schema": {"type": "integer"}}}
_WITH_RETRY_AFTER = (429, 503)
TEXT = {"schema": {"type": "string"}}
BYTES = {"schema": {"type": "string", "format": "binary"}}
_ONLY_READING = (":read", ":classify")
_WRITING = {"POST", "PUT", "PATCH", "DELETE"}

# What functions that are named by a verb alone do, with the thing that their path names.
_VERBS = {
    "create": "Make {one}",
    "make": "Make {one}",
    "add": "Add {many}",
    "list_all": "List {many}",
    "show": "Show {one}",
    "put": "Write {one}",
    "change": "Change {one}",
    "rename": "Rename {one}",
    "remove": "Delete {one}",
    "events": "Follow {one}",
    "cancel": "Cancel {one}",
}


def summary_of(function: str, path: str) -> str:
    """`list_all` of `/v1/bots/{bot}/intents` lists intents; a function that says more than a verb is told as it is."""
    words = _VERBS.get(function)
    if words is None:
        return function.replace("_", " ").capitalize()
    many, one = _thing(path)
    return words.format(many=many, one=f"{'an' if one[0] in 'aeiou' else 'a'} {one}")


def _thing(path: str) -> tuple[str, str]:
    """What a path is about, as several and as one."""
    parts = [part.replace("-", " ").replace("_", " ") for part in path.split("/") if part not in ("events", "cancel")]
    if parts[-1].startswith("{"):
        return parts[-2], parts[-1].strip("{}")
    return parts[-1], parts[-1].removesuffix("s")


def operation_id_of(summary: str) -> str:
    return re.sub(r"\W+", "_", summary.lower()).strip("_")


def refusals(
    path: str, methods: Collection[str], scopes: Collection[str] | None, headers: Collection[str], body: str | None
) -> dict[int | str, dict[str, Any]]:
    """What an operation can answer beside what it was asked for, by status.

    `scopes` are None where no key is asked for, `body` is the media type of what is sent. What else there may be (a
    header too long, a mistake of ours) is told by `default`, which has the same form.
    """
    told = {
        400: body == "application/json",
        401: scopes is not None,
        403: scopes is not None,
        404: "{" in path,
        409: _writes(methods, scopes or ()),
        412: "if-match" in headers,
        413: body is not None,
        415: body is not None,
        422: True,
        428: "live-edit" in headers,
        429: True,
        503: True,
    }
    return {**{status: refusal(status) for status, possible in told.items() if possible}, "default": refusal("default")}


def refusal(status: int | str, said: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """`said` is what a route tells of it itself."""
    why = _WHY[status] if isinstance(status, int) and status in _WHY else "Any other refusal, or a mistake of ours."
    content = {"content": {PROBLEM_TYPE: {"schema": {"$ref": PROBLEM}}}}
    headers = {"headers": _RETRY_AFTER} if status in _WITH_RETRY_AFTER else {}
    return {"description": why, **content, **headers, **(said or {})}


def is_refusal(status: int | str) -> bool:
    return status == "default" or str(status)[0] in "45"


def _writes(methods: Collection[str], scopes: Collection[str]) -> bool:
    return bool(_WRITING & {*methods}) and not (scopes and all(scope.endswith(_ONLY_READING) for scope in scopes))
