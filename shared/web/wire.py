"""What never comes as far as an application: what is no HTTP, and heads of requests that do not end."""

import asyncio

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shared.ids import new_id
from shared.web.problems import MEDIA_TYPE, rendered

log = structlog.get_logger()

HEAD_SECONDS = 10
"""How long a head may take, from the connection or from its own first byte."""
# Well above what the door lets in, which says so to whoever can still read it.
_MOST_BYTES = 64 * 1024


class Wire(HttpToolsProtocol):
    """uvicorn's way of speaking HTTP, which keeps an unfinished head for ever, however long it grows, and whose refusal

    is plain text.
    """

    _due: asyncio.TimerHandle | None = None
    _begun = False
    _arrived = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._await_nothing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        awaited = self._due
        super().data_received(data)
        if self._is_idle():
            # What came begins no request, and nobody listens any more: uvicorn takes it for a sign of life.
            self._await_head()
        elif self._due and self._due is awaited:
            self._arrived += len(data)
            if self._arrived > _MOST_BYTES:
                self._give_up(431, "headers_too_large", "Headers too large", "Send fewer or shorter headers.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._due is None:
            self._await_head()
        self._begun = True

    def on_headers_complete(self) -> None:
        self._await_nothing()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, "bad_request", "Bad request", f"This is no HTTP/1.1: {msg}")

    def _is_idle(self) -> bool:
        answered = self.cycle is not None and self.cycle.response_complete
        watched = self._due or self.timeout_keep_alive_task
        return answered and not watched and not self.transport.is_closing()

    def _await_head(self) -> None:
        self._arrived, self._begun = 0, False
        late = 408, "request_timeout", "Request timeout", "The head of the request did not arrive in time."
        self._due = self.loop.call_later(HEAD_SECONDS, self._give_up, *late)

    def _await_nothing(self) -> None:
        if self._due:
            self._due.cancel()
        self._due = None

    def _give_up(self, status: int, code: str, title: str, detail: str) -> None:
        """Nobody is told why who has not begun to ask."""
        if self._begun:
            self._refuse(status, code, title, detail)
        else:
            self._await_nothing()
            self.transport.close()

    def _refuse(self, status: int, code: str, title: str, detail: str) -> None:
        """Ends the connection."""
        self._await_nothing()
        if self.transport.is_closing():
            return
        instance = new_id("req")
        log.warning("refused_on_the_wire", request=instance, code=code)
        body = rendered(status, code, title, detail, instance)
        head = (
            f"HTTP/1.1 {status} {title}",
            f"content-type: {MEDIA_TYPE}",
            f"content-length: {len(body)}",
            f"request-id: {instance}",
            "connection: close",
        )
        self.transport.write("".join(f"{line}\r\n" for line in (*head, "")).encode() + body)
        self.transport.close()
