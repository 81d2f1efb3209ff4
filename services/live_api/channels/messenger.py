"""Facebook Messenger: https://developers.facebook.com/docs/messenger-platform."""

from typing import Any

from services.live_api.channel import (
    Delivery,
    Event,
    Ignored,
    Incoming,
    Outgoing,
    RawRequest,
    Secret,
    Url,
)
from services.live_api.platforms.meta import (
    PLATFORM,
    VERSION,
    GraphVersion,
    NodeId,
    acknowledge,
    call,
    entries,
    handshake,
    read_outcome,
    verify,
    with_token,
)
from services.live_api.platforms.meta_messages import MESSENGER, messages
from services.live_api.platforms.reading import at, named, plain, read_json, unreadable
from shared.document import Value
from shared.flows.conversation import Reply

__all__ = [
    "Config",
    "Secrets",
    "acknowledge",
    "authorise",
    "handshake",
    "parse",
    "read_outcome",
    "render",
    "verify",
]

# What a page is told of besides messages.
_NOTICES = ("delivery", "read", "reaction", "optin", "referral", "account_linking", "pass_thread_control")


class Config(Value):
    """`page_id` is the page that the token belongs to: an app may be told of several, and answers for one here."""

    page_id: NodeId
    graph_version: GraphVersion = VERSION
    api_base: Url = PLATFORM


class Secrets(Value):
    app_secret: Secret
    page_access_token: Secret
    verify_token: Secret


def parse(request: RawRequest, config: Config) -> tuple[Event, ...]:
    update = read_json(request.body)
    heard = [_event(item, config) for item in entries(update, "messaging")]
    passed = [Ignored(named(item), key) for key in ("standby", "changes") for item in entries(update, key)]
    return (*heard, *passed) or (unreadable(request.body),)


def render(reply: Reply, to: str, config: Config) -> tuple[Outgoing, ...]:
    common = {"recipient": {"id": to}, "messaging_type": "RESPONSE"}
    return tuple(call(config, "me", {**common, "message": message}) for message in messages(reply, MESSENGER))


def authorise(outgoing: Outgoing, secrets: Secrets, delivery: Delivery) -> Outgoing:
    return with_token(outgoing, secrets.page_access_token)


def _event(item: dict[str, Any], config: Config) -> Event:
    message, postback = item.get("message"), item.get("postback")
    said = message if isinstance(message, dict) else postback if isinstance(postback, dict) else None
    if said is None:
        return Ignored(named(item), next((notice for notice in _NOTICES if notice in item), "not_a_message"))
    event_id = plain(said.get("mid")) or named(item)
    sender, page = plain(at(item, "sender", "id")), plain(at(item, "recipient", "id"))
    if said.get("is_echo") or sender == config.page_id:
        return Ignored(event_id, "echo")
    if page != config.page_id:
        return Ignored(event_id, "other_page")
    if not sender:
        return Ignored(event_id, "no_address")
    words = plain(said.get("text")) or plain(said.get("title"))
    chosen = plain(at(said, "quick_reply", "payload")) or plain(said.get("payload"))
    return Incoming(event_id, sender, words, sender, chosen or None)
