"""Requests as platforms make them, and what a kind makes of them."""

import base64
import hashlib
import hmac
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from services.live_api.channel import Event, Outgoing, RawRequest
from services.live_api.channel_kinds import kinds
from shared.flows.conversation import Reply

RECORDED = Path(__file__).parent / "recorded"
NOW = 1_764_108_000

CONFIGS: dict[str, dict[str, Any]] = {
    "messenger": {"page_id": "1906385232743451"},
    "rest": {},
    "slack": {},
    "telegram": {},
    "webchat": {"allowed_origins": ["https://ferry.example"]},
    "webhook": {"url": "https://desk.example/in"},
    "whatsapp": {"phone_number_id": "106540352242922"},
}
SECRETS: dict[str, dict[str, Any]] = {
    "messenger": {"app_secret": "app-secret", "page_access_token": "page-token", "verify_token": "verify-me"},
    "rest": {},
    "slack": {"signing_secret": "8f742231b10e8888abcd99yyyzzz85a5", "bot_token": "xoxb-1"},
    "telegram": {"bot_token": "123456:ferry", "secret_token": "harbour-master_7"},
    "webchat": {"session_secret": "session-secret"},
    "webhook": {"verify_token": "8wMsLZkdDPT64nqh", "signing_secret": "sign-here"},
    "whatsapp": {"app_secret": "app-secret", "access_token": "wa-token", "verify_token": "verify-me"},
}


def recorded(name: str) -> bytes:
    """Without the line end that files have and requests do not."""
    return (RECORDED / f"{name}.json").read_bytes().rstrip(b"\n")


def form(payload: bytes) -> bytes:
    return urlencode({"payload": payload.decode()}).encode()


def post(body: bytes, *headers: tuple[bytes, bytes]) -> RawRequest:
    return RawRequest("req_1", "POST", b"", headers, body)


def get(query: str) -> RawRequest:
    return RawRequest("req_1", "GET", query.encode(), (), b"")


def hex_hmac(secret: str, signed: bytes) -> bytes:
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode()


def signed(kind: str, body: bytes, at: int = NOW) -> tuple[tuple[bytes, bytes], ...]:
    """The headers with which the platform proves a body, made independently of the code under test."""
    known = SECRETS[kind]
    if kind in ("messenger", "whatsapp"):
        return ((b"x-hub-signature-256", b"sha256=" + hex_hmac(known["app_secret"], body)),)
    if kind == "slack":
        base = f"v0:{at}:".encode() + body
        signature = b"v0=" + hex_hmac(known["signing_secret"], base)
        return (b"x-slack-request-timestamp", str(at).encode()), (b"x-slack-signature", signature)
    if kind == "telegram":
        return ((b"x-telegram-bot-api-secret-token", known["secret_token"].encode()),)
    if kind == "webchat":
        told = base64.urlsafe_b64encode(b'{"conversation":"web_maud","expires":4102444800}')
        return ((b"authorization", b"Bearer " + told + b"." + hex_hmac(known["session_secret"], told)),)
    return ()


def config(kind: str, **more: Any) -> Any:
    return kinds()[kind].Config(**{**CONFIGS[kind], **more})


def secrets(kind: str) -> Any:
    return kinds()[kind].Secrets(**SECRETS[kind])


def events(kind: str, body: bytes, *headers: tuple[bytes, bytes]) -> tuple[Event, ...]:
    return kinds()[kind].parse(post(body, *headers), config(kind))


def shown(kind: str, reply: Reply, to: str) -> list[dict[str, Any]]:
    """The JSON of each request that a reply comes to."""
    return [dict(call.json) for call in rendered(kind, reply, to)]


def rendered(kind: str, reply: Reply, to: str) -> tuple[Outgoing, ...]:
    return kinds()[kind].render(reply, to, config(kind))
