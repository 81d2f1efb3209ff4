"""One neighbour over HTTP: waited for while it is away, its problems raised as our errors."""

import time
from typing import Any
from urllib.parse import quote

import httpx

from shared.errors import (
    BusyError,
    ConflictError,
    GreenroomError,
    InvalidError,
    NotFoundError,
    PreconditionError,
)

_KINDS: dict[int, type[GreenroomError]] = {
    404: NotFoundError,
    409: ConflictError,
    412: PreconditionError,
    422: InvalidError,
}
# Members of every problem document; the rest belongs to this one error.
_RENDERED = {"type", "title", "status", "instance"}
NOT_MODIFIED = 304
_AWAY = {502, 503, 504}
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 3.0


class Peer:
    """One neighbour. A call is tried again while it is away, up to `patience` seconds; every call is idempotent.

    Paths are given in parts, which are quoted here: names of bots may hold anything that is printed.
    """

    def __init__(self, name: str, client: httpx.Client, patience: float, always: bool = False) -> None:
        self._name, self._client, self._patience, self._always = name, client, patience, always

    def patiently(self) -> "Peer":
        """For jobs: it waits where a request would have to be answered."""
        return Peer(self._name, self._client, self._patience, always=True)

    def call(self, method: str, *path: str, patient: bool = True, **request: Any) -> httpx.Response:
        """Raises the error that the neighbour named, or BusyError `<name>_unreachable`."""
        url = "/v1/" + "/".join(quote(part, safe="") for part in path)
        deadline = time.monotonic() + (self._patience if patient or self._always else 0)
        pause = _FIRST_PAUSE
        while True:
            try:
                response = self._client.request(method, url, **request)
                if response.status_code not in _AWAY:
                    return self._checked(response)
                reason = f"it answered {response.status_code}"
            except httpx.TransportError as error:
                reason = str(error) or type(error).__name__
            if time.monotonic() + pause > deadline:
                raise BusyError(f"{self._name}_unreachable", f"The {self._name} service is away: {reason}.")
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _checked(self, response: httpx.Response) -> httpx.Response:
        if response.is_success or response.status_code == NOT_MODIFIED:
            return response
        problem = _problem(response)
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
    timeout = httpx.Timeout(60, connect=5)
    return Peer(name, httpx.Client(base_url=url, headers=headers, timeout=timeout, trust_env=False), patience)
