"""Which web pages may call a channel: those of the origins that its config allows (CORS). Pure ASGI.

It stands outside of everything that refuses, so that a page can read refusals too.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.live_api.channel_book import ChannelBook

_CHANNELS = "/v1/channels/"
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, Last-Event-ID",
    "Access-Control-Max-Age": "600",
}


class Origins:
    def __init__(self, app: ASGIApp, book: ChannelBook) -> None:
        self._app, self._book = app, book

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = await self._allowed(scope)
        if origin is None:
            await self._app(scope, receive, send)
            return
        told = {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
        if scope["method"] == "OPTIONS":
            headers = MutableHeaders({**told, **_PREFLIGHT}).raw
            await send({"type": "http.response.start", "status": 204, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in told.items():
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, telling)

    async def _allowed(self, scope: Scope) -> str | None:
        """The origin of the page that calls, where the channel has it on its list."""
        if scope["type"] != "http" or not scope["path"].startswith(_CHANNELS):
            return None
        origin = Headers(scope=scope).get("origin")
        if origin is None:
            return None
        try:
            channel = await self._book.find(scope["path"].split("/")[3])
        except Exception:
            # Whatever is wrong is told by the route, to which it will happen again.
            return None
        return origin if origin in getattr(channel.config, "allowed_origins", ()) else None
