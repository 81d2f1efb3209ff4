"""The APIs of the platforms as one small HTTP server, which remembers what it was sent."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

# Enough of an answer for Slack, Telegram and WhatsApp alike.
_MESSAGE = {"message_id": 1, "date": 1441645532, "chat": {"id": 1111111, "type": "private"}}
_CONTACT = {"input": "16505551234", "wa_id": "16505551234", "user_id": "US.1"}
ANSWER = {"ok": True, "ts": "1.1", "result": _MESSAGE, "messages": [{"id": "wamid.1"}], "contacts": [_CONTACT]}


@dataclass(frozen=True)
class Sent:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def values(self) -> dict[str, Any]:
        """JSON, or a form whose values may be JSON, as Telegram's and Slack's own clients send it."""
        if "json" in self.headers.get("content-type", ""):
            return dict(json.loads(self.body))
        return {name: _loaded(value) for name, value in parse_qsl(self.body.decode())}


@dataclass
class FakePlatform:
    url: str
    sent: list[Sent] = field(default_factory=list)


@contextmanager
def fake_platform() -> Iterator[FakePlatform]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            platform.sent.append(Sent(self.path, headers, body))
            # A header that comes twice is refused, as strict servers do.
            self.send_response(200 if len(headers) == len(self.headers.items()) else 400)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(ANSWER).encode())

        def log_message(self, *_: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        platform = FakePlatform(f"http://127.0.0.1:{server.server_address[1]}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield platform
        server.shutdown()


def _loaded(value: str) -> Any:
    return json.loads(value) if value[:1] in "[{" else value
