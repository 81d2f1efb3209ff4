"""One neighbour over HTTP: waited for while it is away, its problems raised as our errors."""

import copy
import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, TypeVar

import httpx

from services.publisher.turnstile import FullError, Turnstile
from shared.errors import (
    BusyError,
    ConflictError,
    GreenroomError,
    InvalidError,
    NotFoundError,
    PreconditionError,
)
from shared.paths import joined_path

_KINDS: dict[int, type[GreenroomError]] = {
    404: NotFoundError,
    409: ConflictError,
    412: PreconditionError,
    422: InvalidError,
}
# Members of every problem document; the rest belongs to this one error.
_RENDERED = {"type", "title", "status", "instance"}
NOT_MODIFIED = 304
_AWAY = {429, 502, 503, 504}
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 3.0
# How long one answer may take: for a job, and where somebody waits for ours.
_JOB_TIMEOUT, _REQUEST_TIMEOUT = httpx.Timeout(60, connect=5), httpx.Timeout(30, connect=5)

Read = TypeVar("Read")


class Peer:
    """One neighbour. A call is tried again while it is away, up to `patience` seconds; every call is idempotent.

    Paths are given in parts, which are quoted here: names of bots may hold anything that is printed.
    """

    def __init__(self, name: str, client: httpx.Client, patience: float, always: bool = False) -> None:
        self._name, self._client, self._patience, self._always = name, client, patience, always
        self._turnstile = Turnstile()

    def patiently(self) -> "Peer":
        """For jobs: it waits where a request would have to be answered."""
        same = copy.copy(self)
        same._always = True
        return same

    def ask(self, read: Callable[[httpx.Response], Read], method: str, *path: str, **request: Any) -> Read:
        """What `read` makes of the answer. One that it can make nothing of is no answer of a neighbour of ours."""
        response = self.call(method, *path, **request)
        try:
            return read(response)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            kind = response.headers.get("Content-Type", "of no type")
            raise self._away(f"it answered what cannot be read ({kind})") from error

    def call(self, method: str, *path: str, patient: bool = True, **request: Any) -> httpx.Response:
        """Raises the error that the neighbour named, or BusyError `<name>_unreachable`."""
        url = f"/v1/{joined_path(path)}"
        waits = patient or self._always
        deadline = time.monotonic() + (self._patience if waits else 0)
        pause = _FIRST_PAUSE
        while True:
            try:
                with nullcontext() if waits else self._turnstile.passed():
                    asked = {"timeout": _JOB_TIMEOUT if waits else _REQUEST_TIMEOUT, **request}
                    response = self._client.request(method, url, **asked)
                if response.status_code not in _AWAY:
                    return self._checked(response)
                reason = f"it answered {response.status_code}"
            except (httpx.TransportError, httpx.DecodingError) as error:
                reason = str(error) or type(error).__name__
            except FullError:
                reason = "too many wait for its answer already"
            if time.monotonic() + pause > deadline:
                raise self._away(reason)
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _away(self, reason: str) -> BusyError:
        return BusyError(f"{self._name}_unreachable", f"The {self._name} service is away: {reason}.")

    def _checked(self, response: httpx.Response) -> httpx.Response:
        if response.is_success or response.status_code == NOT_MODIFIED:
            return response
        problem = _problem(response)
        if response.is_server_error or response.is_redirect:
            raise self._away(f"it answered {response.status_code} {problem.get('code', '')}".rstrip())
        kind = _KINDS.get(response.status_code, GreenroomError)
        code, detail = problem.pop("code", "peer_error"), problem.pop("detail", f"{response.status_code}")
        extra = {name: value for name, value in problem.items() if name not in _RENDERED}
        raise kind(code, f"{self._name}: {detail}", **extra)


def _problem(response: httpx.Response) -> dict[str, Any]:
    try:
        found = response.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def connect(name: str, url: str, key: str | None, patience: float) -> Peer:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return Peer(name, httpx.Client(base_url=url, headers=headers, trust_env=False), patience)
