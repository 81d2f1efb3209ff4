"""The services as one small HTTP server that answers as it was told, and remembers what it was asked."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class FakeGreenroom:
    """`answers` maps "METHOD /path" to (status, document) pairs; the last of them is given again and again."""

    url: str
    answers: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def on(self, request: str, *answers: Any, status: int = 200) -> None:
        """An answer that is a list is an event stream of its documents."""
        self.answers[request] = [(status, answer) for answer in answers]

    def refuses(self, request: str, status: int, code: str, detail: str, **extra: Any) -> None:
        self.on(request, {"code": code, "detail": detail, "status": status, **extra}, status=status)

    def requests(self, method: str, path: str) -> list[Asked]:
        return [asked for asked in self.asked if (asked.method, asked.path) == (method, path)]

    def answer(self, asked: Asked) -> tuple[int, Any]:
        self.asked.append(asked)
        scripted = self.answers.get(f"{asked.method} {asked.path}")
        if not scripted:
            return 404, {"code": "not_found", "detail": f"There is no {asked.path}."}
        return scripted.pop(0) if len(scripted) > 1 else scripted[0]


@contextmanager
def fake_greenroom() -> Iterator[FakeGreenroom]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def do_PATCH(self) -> None:
            self._serve()

        def do_PUT(self) -> None:
            self._serve()

        def do_DELETE(self) -> None:
            self._serve()

        def log_message(self, *_: Any) -> None:
            return

        def _serve(self) -> None:
            path, _, query = self.path.partition("?")
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, document = fake.answer(Asked(self.command, path, query, dict(self.headers), body))
            streamed = isinstance(document, list)
            text = "".join(f"data: {json.dumps(d)}\n\n" for d in document) if streamed else json.dumps(document)
            self.send_response(status)
            self.send_header("Content-Type", "text/event-stream" if streamed else "application/json")
            self.end_headers()
            self.wfile.write(text.encode())

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        fake = FakeGreenroom(f"http://127.0.0.1:{server.server_address[1]}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield fake
        server.shutdown()
