"""A customer's own front end, over webhooks shaped as Chatlayer's are: the proof is a token inside of the body.

What goes out has both of Chatlayer's envelopes at once and, beside its token, what its webhooks lack: a signature
`X-Greenroom-Signature: sha256=<HMAC-SHA256 of the body>`, and a timestamp and a delivery id inside of what is signed.
"""

import re
from collections.abc import Mapping
from typing import Any

from services.live_api.channel import (
    Answer,
    Delivery,
    Event,
    Ignored,
    Incoming,
    Outcome,
    Outgoing,
    RawRequest,
    Secret,
    Url,
    Verdict,
)
from services.live_api.platforms.meta_messages import GENEROUS, messages
from services.live_api.platforms.outcomes import outcome_of
from services.live_api.platforms.proof import hmac_hex, same, secret_bytes
from services.live_api.platforms.reading import as_payload, at, plain, read_json
from shared.document import Value
from shared.flows.conversation import Reply


class Config(Value):
    """`url` is where replies are posted; `api_base`, when given, takes the place of its scheme and host."""

    url: Url
    api_base: Url | None = None


class Secrets(Value):
    verify_token: Secret
    signing_secret: Secret


def verify(request: RawRequest, secrets: Secrets, now: float) -> Verdict:
    """The one proof that has to be looked for in the body."""
    shown = at(read_json(request.body), "verifyToken")
    known = isinstance(shown, str) and same(shown.encode(), secret_bytes(secrets.verify_token))
    return Verdict.GENUINE if known else Verdict.FORGED


def handshake(request: RawRequest, secrets: Secrets) -> Answer | None:
    return None


def parse(request: RawRequest, config: Config) -> tuple[Event, ...]:
    update = read_json(request.body)
    event_id = _event_id(request, update)
    conversation = plain(at(update, "sender", "id"))
    if not conversation:
        return (Ignored(event_id, "no_address"),)
    if not isinstance(at(update, "text"), str):
        return (Ignored(event_id, "not_a_message"),)
    text, tapped = _said(plain(at(update, "text")))
    payload = plain(at(update, "payload")) or tapped
    return (Incoming(event_id, conversation, text, conversation, payload, plain(at(update, "locale")) or None),)


def acknowledge(request: RawRequest) -> Answer:
    return Answer(b"EVENT_RECEIVED")


def render(reply: Reply, to: str, config: Config) -> tuple[Outgoing, ...]:
    common = {"senderId": to, "recipient": {"id": to}}
    headers = {"content-type": "application/json"}
    shown = messages(reply, GENEROUS)
    return tuple(Outgoing("POST", _url(config), headers, {**common, "message": message}) for message in shown)


def authorise(outgoing: Outgoing, secrets: Secrets, delivery: Delivery) -> Outgoing:
    values = {
        **outgoing.json,
        "messageCounter": delivery.number,
        "verifyToken": secrets.verify_token.get_secret_value(),
        "deliveryId": delivery.id,
        "timestamp": delivery.at,
    }
    unsigned = Outgoing(outgoing.method, outgoing.url, outgoing.headers, values)
    proof = {
        "x-greenroom-delivery": delivery.id,
        "x-greenroom-timestamp": str(delivery.at),
        "x-greenroom-signature": f"sha256={hmac_hex(secrets.signing_secret, unsigned.body).decode()}",
    }
    return Outgoing(outgoing.method, outgoing.url, {**outgoing.headers, **proof}, values)


def read_outcome(status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    return outcome_of(status, headers)


def _event_id(request: RawRequest, update: Any) -> str:
    """The sender's own name for it, where there is one: then a repeated delivery is known for what it is."""
    given = plain(at(update, "messageId")) or (request.header(b"idempotency-key") or b"").decode("latin-1")
    return f"given:{given}" if given else request.id


def _said(text: str) -> tuple[str, str | None]:
    """Words and payload. A click comes as JSON inside of the text, or as the bare payload of what was clicked."""
    click = read_json(text.encode()) if text.startswith("{") else None
    caption = plain(at(click, "caption"))
    return (caption, plain(at(click, "payload")) or None) if caption else (text, as_payload(text))


def _url(config: Config) -> str:
    if config.api_base is None:
        return config.url
    path = re.sub(r"^https?://[^/?#]+", "", config.url)
    return config.api_base.rstrip("/") + path
