"""One service over HTTP: JSON in, JSON out, every failure a CommandError."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cli.outcome import UNREACHABLE, CommandError
from cli.problems import refusal
from shared.paths import joined_path

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 300.0
LARGEST_PAGE = 500


class Peer:
    """`name` is what people call the service. Paths are given in parts, which are quoted here."""

    def __init__(self, name: str, url: str, key: str | None) -> None:
        self.name = name
        self.url = url
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    def get(self, *path: str, **params: str | int) -> Any:
        return self._send("GET", path, params=params)

    def read(self, *path: str) -> tuple[Any, str]:
        """A document with its ETag."""
        response = self._answer("GET", path)
        return response.json(), response.headers.get("ETag", "")

    def text(self, *path: str, **params: str) -> str:
        return self._answer("GET", path, params=params).text

    def post(self, *path: str, body: Any = None, **params: str) -> Any:
        return self._send("POST", path, json={} if body is None else body, params=params)

    def put(self, *path: str, body: Any, headers: Mapping[str, bytes] | None = None) -> Any:
        return self._send("PUT", path, json=body, headers=headers)

    def patch(self, *path: str, body: Any) -> Any:
        return self._send("PATCH", path, json=body)

    def delete(self, *path: str) -> None:
        self._send("DELETE", path)

    def upload(self, *path: str, content: bytes, media_type: str, **params: str) -> Any:
        return self._send("POST", path, content=content, params=params, headers={"Content-Type": media_type})

    def items(self, *path: str, most: int | None = None, **params: str | int) -> list[Any]:
        """Every item of a list, page after page; the first `most` of them where that is given."""
        limit = min(most or LARGEST_PAGE, LARGEST_PAGE)
        page = self.get(*path, limit=limit, **params)
        found = list(page["items"])
        while (cursor := page.get("next")) and (most is None or len(found) < most):
            page = self.get(*path, limit=limit, cursor=cursor, **params)
            found += page["items"]
        return found[:most]

    def events(self, *path: str) -> Iterator[Any]:
        """The documents of an event stream, until it ends."""
        with self._reached() as client, client.stream("GET", _joined(path)) as response:
            if response.status_code != 200:
                raise refusal(response.status_code, response.read(), self.name)
            for line in response.iter_lines():
                if line.startswith("data:"):
                    yield json.loads(line.removeprefix("data:"))

    def _send(self, method: str, path: tuple[str, ...], **given: Any) -> Any:
        response = self._answer(method, path, **given)
        try:
            return response.json() if response.content else None
        except ValueError:
            raise CommandError(f"{self.url} does not answer like {self.name}: is it the right address?") from None

    def _answer(self, method: str, path: tuple[str, ...], **given: Any) -> "httpx.Response":
        with self._reached() as client:
            response = client.request(method, _joined(path), **given)
        if not response.is_success:
            raise refusal(response.status_code, response.content, self.name)
        return response

    @contextmanager
    def _reached(self) -> "Iterator[httpx.Client]":
        import httpx

        try:
            with httpx.Client(
                base_url=self.url,
                headers=self._headers,
                timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
                trust_env=False,
            ) as client:
                yield client
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise CommandError(
                f"{self.name} cannot be reached at {self.url} ({error or type(error).__name__}).",
                UNREACHABLE,
                hint="Start it with `greenroom up`, or say where it is (--data, or "
                f"GREENROOM_{self.name.upper()}_URL).",
                problem={"code": "unreachable", "detail": f"{self.name} cannot be reached at {self.url}."},
            ) from None


def _joined(path: tuple[str, ...]) -> str:
    return f"/v1/{joined_path(path)}"
