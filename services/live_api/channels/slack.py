"""Slack's Events API and its interactive messages: https://docs.slack.dev/apis/events-api.

A conversation is a direct message, or the thread under a message that names the bot; other talk in a channel is not
meant for it.
"""

import html
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import orjson

from services.live_api.channel import (
    Answer,
    Delivery,
    Event,
    Ignored,
    Incoming,
    Outcome,
    Outgoing,
    RawRequest,
    Retry,
    Secret,
    Sent,
    Url,
    Verdict,
)
from services.live_api.platforms.outcomes import document, outcome_of, rejected
from services.live_api.platforms.proof import hmac_hex, same
from services.live_api.platforms.reading import at, items, named, objects, plain, read_json, unreadable
from services.live_api.platforms.slack_messages import LINK_ACTION, messages
from services.live_api.platforms.slack_text import as_typed
from shared.document import Value
from shared.flows.conversation import Reply

_SIGNATURE, _TIMESTAMP = b"x-slack-signature", b"x-slack-request-timestamp"
_WINDOW_SECONDS = 300
_DIRECT = ("im", "mpim")
_SUBTYPES = {"message_changed": "edited", "message_deleted": "deleted", "bot_message": "bot"}
# https://docs.slack.dev/reference/methods/chat.postMessage: errors that pass.
_PASSING = frozenset(
    {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
)


class Config(Value):
    api_base: Url = "https://slack.com/api"


class Secrets(Value):
    signing_secret: Secret
    bot_token: Secret


def verify(request: RawRequest, secrets: Secrets, now: float) -> Verdict:
    """The timestamp is looked at first, as Slack does: what is old may be a replay."""
    stamp = request.header(_TIMESTAMP)
    if stamp is None or not stamp.isdigit() or len(stamp) > 12 or abs(now - int(stamp)) > _WINDOW_SECONDS:
        return Verdict.STALE
    expected = b"v0=" + hmac_hex(secrets.signing_secret, b"v0:" + stamp + b":" + request.body)
    return Verdict.GENUINE if same(request.header(_SIGNATURE), expected) else Verdict.FORGED


def handshake(request: RawRequest, secrets: Secrets) -> Answer | None:
    update = read_json(request.body)
    if not isinstance(update, dict) or update.get("type") != "url_verification":
        return None
    return Answer(plain(update.get("challenge")).encode())


def parse(request: RawRequest, config: Config) -> tuple[Event, ...]:
    if (request.header(b"content-type") or b"").startswith(b"application/x-www-form-urlencoded"):
        return _interactions(request.body)
    update = read_json(request.body)
    return (_event(update, request.body),) if isinstance(update, dict) else (unreadable(request.body),)


def acknowledge(request: RawRequest) -> Answer:
    return Answer()


def render(reply: Reply, to: str, config: Config) -> tuple[Outgoing, ...]:
    channel, _, thread = to.partition("/")
    place = {"channel": channel, **({"thread_ts": thread} if thread else {})}
    url, headers = (
        f"{config.api_base.rstrip('/')}/chat.postMessage",
        {"content-type": "application/json; charset=utf-8"},
    )
    return tuple(Outgoing("POST", url, headers, {**place, **message}) for message in messages(reply))


def authorise(outgoing: Outgoing, secrets: Secrets, delivery: Delivery) -> Outgoing:
    headers = {**outgoing.headers, "authorization": f"Bearer {secrets.bot_token.get_secret_value()}"}
    return Outgoing(outgoing.method, outgoing.url, headers, outgoing.json)


def read_outcome(status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    """Slack says 200 also when it refuses; `ok` tells."""
    found, answer = outcome_of(status, headers), document(body)
    if not isinstance(found, Sent) or answer.get("ok") is True:
        return found
    if not answer or answer.get("error") in _PASSING:
        return Retry()
    return rejected(status, answer.get("error"))


def _event(update: dict[str, Any], body: bytes) -> Event:
    event, event_id = update.get("event"), plain(update.get("event_id")) or named(body.hex())
    if update.get("type") != "event_callback" or not isinstance(event, dict):
        return Ignored(event_id, "not_a_message")
    channel, stamp = plain(event.get("channel")), plain(event.get("ts"))
    if reason := _passed_over(event, channel):
        return Ignored(event_id, reason)
    thread = plain(event.get("thread_ts")) or ("" if event.get("type") == "message" else stamp)
    text = as_typed(plain(event.get("text")), _own_name(update))
    return Incoming(event_id, f"{channel}/{thread}" if thread else channel, text, plain(event.get("user")))


def _own_name(update: dict[str, Any]) -> str:
    """The id of the bot as a user, where Slack tells it."""
    bots = (one for one in objects(update, "authorizations") if one.get("is_bot") is True)
    return next((plain(one.get("user_id")) for one in bots), "")


def _passed_over(event: dict[str, Any], channel: str) -> str | None:
    """Why an event is nobody's message to the bot; None when it is one."""
    if event.get("type") not in ("message", "app_mention"):
        return "not_a_message"
    if event.get("bot_id") or event.get("bot_profile"):
        return "bot"
    subtype = event.get("subtype")
    if subtype not in (None, "file_share", "thread_broadcast"):
        return _SUBTYPES.get(subtype, "not_a_message") if isinstance(subtype, str) else "not_a_message"
    if not channel or not event.get("user"):
        return "no_address"
    addressed = event.get("type") == "app_mention" or event.get("channel_type") in _DIRECT
    return None if addressed else "not_addressed"


def _interactions(body: bytes) -> tuple[Event, ...]:
    """Taps of one message: form-encoded, with the JSON in `payload`."""
    try:
        shown = parse_qs(body.decode("ascii"), max_num_fields=20).get("payload", [""])[0]
        payload = orjson.loads(shown)
    except ValueError:
        return (unreadable(body),)
    if at(payload, "type") != "block_actions":
        return (unreadable(body),)
    return tuple(_tapped(action, payload) for action in items(payload, "actions")) or (unreadable(body),)


def _tapped(action: Any, payload: dict[str, Any]) -> Event:
    channel, user = plain(at(payload, "channel", "id")), plain(at(payload, "user", "id"))
    moment = plain(at(action, "action_ts")) or plain(payload.get("trigger_id"))
    event_id = f"{plain(at(payload, 'container', 'message_ts'))}:{user}:{moment}:{plain(at(action, 'action_id'))}"
    chosen = plain(at(action, "value"))
    if not channel or not user:
        return Ignored(event_id, "no_address")
    if not chosen or plain(at(action, "action_id")).startswith(LINK_ACTION):
        return Ignored(event_id, "link")
    thread = plain(at(payload, "message", "thread_ts"))
    title = html.unescape(plain(at(action, "text", "text"))) or chosen
    return Incoming(event_id, f"{channel}/{thread}" if thread else channel, title, user, chosen)
