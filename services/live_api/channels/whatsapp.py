"""WhatsApp's Cloud API: https://developers.facebook.com/documentation/business-messaging/whatsapp."""

import re
from collections.abc import Iterator
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
from services.live_api.platforms.reading import at, named, objects, plain, read_json, unreadable
from services.live_api.platforms.whatsapp_messages import messages
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

# Of a person who shows a name instead of a number: BSUIDs, since 2026.
_SCOPED_ID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9.]+")
_MEDIA = ("image", "video", "audio", "document", "sticker", "location", "contacts", "order")


class Config(Value):
    """`phone_number_id` is the number that answers: an app may be told of several."""

    phone_number_id: NodeId
    graph_version: GraphVersion = VERSION
    api_base: Url = PLATFORM


class Secrets(Value):
    app_secret: Secret
    access_token: Secret
    verify_token: Secret


def parse(request: RawRequest, config: Config) -> tuple[Event, ...]:
    update = read_json(request.body)
    events = [event for change in entries(update, "changes") for event in _events(change, config)]
    return tuple(events) or (unreadable(request.body),)


def render(reply: Reply, to: str, config: Config) -> tuple[Outgoing, ...]:
    person = {"recipient" if _SCOPED_ID.fullmatch(to) else "to": to}
    common = {"messaging_product": "whatsapp", "recipient_type": "individual", **person}
    return tuple(call(config, config.phone_number_id, {**common, **message}) for message in messages(reply))


def authorise(outgoing: Outgoing, secrets: Secrets, delivery: Delivery) -> Outgoing:
    return with_token(outgoing, secrets.access_token)


def _events(change: dict[str, Any], config: Config) -> Iterator[Event]:
    value = change.get("value")
    if change.get("field") != "messages" or not isinstance(value, dict):
        yield Ignored(named(change), "not_a_message")
        return
    number = plain(at(value, "metadata", "phone_number_id"))
    for status in objects(value, "statuses"):
        yield Ignored(f"{plain(status.get('id'))}:{plain(status.get('status'))}", "status")
    for message in objects(value, "messages"):
        yield _event(message, _sender(message, value), number, config)
    if not objects(value, "statuses") and not objects(value, "messages"):
        yield Ignored(named(change), "not_a_message")


def _sender(message: dict[str, Any], value: dict[str, Any]) -> str:
    """The number, or the scoped id of a person who hides it."""
    contacts = objects(value, "contacts")
    alone = contacts[0].get("user_id") if len(contacts) == 1 else None
    return plain(message.get("from")) or plain(message.get("from_user_id")) or plain(alone)


def _event(message: dict[str, Any], sender: str, number: str, config: Config) -> Event:
    event_id = plain(message.get("id")) or named(message)
    if number != config.phone_number_id:
        return Ignored(event_id, "other_number")
    if not sender:
        return Ignored(event_id, "no_address")
    if message.get("group_id"):
        return Ignored(event_id, "not_addressed")
    kind = message.get("type")
    if kind == "text":
        return Incoming(event_id, sender, plain(at(message, "text", "body")), sender)
    if kind in _MEDIA:
        return Incoming(event_id, sender, plain(at(message, kind, "caption")), sender)
    return _tapped(event_id, sender, message)


def _tapped(event_id: str, sender: str, message: dict[str, Any]) -> Event:
    """A reply button, a row of a list, or the button of a template."""
    button = message.get("button")
    for picked in (at(message, "interactive", "button_reply"), at(message, "interactive", "list_reply")):
        if isinstance(picked, dict):
            return Incoming(event_id, sender, plain(picked.get("title")), sender, plain(picked.get("id")) or None)
    if isinstance(button, dict):
        return Incoming(event_id, sender, plain(button.get("text")), sender, plain(button.get("payload")) or None)
    return Ignored(event_id, "not_a_message")
