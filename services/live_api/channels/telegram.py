"""Telegram's Bot API: https://core.telegram.org/bots/api. The proof is a shared secret in a header.

Updates of a chat wait behind one that was not answered 2xx, so everything that is proven is answered so. The answer
may carry one call: it stops the clock that turns on a button that was tapped.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

import orjson
from pydantic import AfterValidator, Field, SecretStr

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
    Url,
    Verdict,
)
from services.live_api.platforms.outcomes import document, outcome_of, seconds
from services.live_api.platforms.proof import same, secret_bytes
from services.live_api.platforms.reading import at, items, plain, read_json, unreadable
from services.live_api.platforms.wording import card_text, choices, clip, payload, split
from shared.document import Value
from shared.flows.conversation import CardReply, ChoiceReply, MediaReply, Reply

_HEADER = b"x-telegram-bot-api-secret-token"
_LONGEST_TEXT, _LONGEST_CAPTION, _MOST_CALLBACK_BYTES, _LONGEST_TITLE = 4096, 1024, 64, 64
_METHODS = {
    "image": ("sendPhoto", "photo"),
    "video": ("sendVideo", "video"),
    "audio": ("sendAudio", "audio"),
    "file": ("sendDocument", "document"),
}
# A message of buttons alone: Telegram wants text above them.
_NO_WORDS = "…"


def _allowed_token(token: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", token.get_secret_value()):
        raise ValueError("1 to 256 of the characters A-Z, a-z, 0-9, _ and -")
    return token


class Config(Value):
    bot_username: Annotated[str, Field(max_length=64)] | None = None
    api_base: Url = "https://api.telegram.org"


class Secrets(Value):
    bot_token: Secret
    secret_token: Annotated[Secret, AfterValidator(_allowed_token)]


def verify(request: RawRequest, secrets: Secrets, now: float) -> Verdict:
    shown = request.header(_HEADER)
    return Verdict.GENUINE if same(shown, secret_bytes(secrets.secret_token)) else Verdict.FORGED


def handshake(request: RawRequest, secrets: Secrets) -> Answer | None:
    return None


def parse(request: RawRequest, config: Config) -> tuple[Event, ...]:
    update = read_json(request.body)
    if not isinstance(update, dict) or not isinstance(update.get("update_id"), int):
        return (unreadable(request.body),)
    return (_event(str(update["update_id"]), update, config),)


def acknowledge(request: RawRequest) -> Answer:
    tapped = at(read_json(request.body), "callback_query", "id")
    if not isinstance(tapped, str):
        return Answer()
    call = {"method": "answerCallbackQuery", "callback_query_id": tapped}
    return Answer(orjson.dumps(call), media_type="application/json")


def render(reply: Reply, to: str, config: Config) -> tuple[Outgoing, ...]:
    keyboard = _keyboard(choices(reply))
    said = _media(reply.media, reply.text, keyboard) if reply.media else _texts(reply.text, keyboard)
    cards = (_card(card) for card in reply.carousel or ())
    return tuple(_call(method, {**_place(to), **values}, config) for method, values in (*said, *cards))


def authorise(outgoing: Outgoing, secrets: Secrets, delivery: Delivery) -> Outgoing:
    token = quote(secrets.bot_token.get_secret_value(), safe=":")
    base, method = outgoing.url.rsplit("/", 1)
    return Outgoing(outgoing.method, f"{base}/bot{token}/{method}", outgoing.headers, outgoing.json)


def read_outcome(status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    answer = document(body)
    found = outcome_of(status, headers, str(answer.get("description", "")))
    wait = seconds(at(answer, "parameters", "retry_after"))
    return Retry(wait) if isinstance(found, Retry) and wait is not None else found


def _event(event_id: str, update: Mapping[str, Any], config: Config) -> Event:
    if isinstance(update.get("callback_query"), dict):
        return _tapped(event_id, update["callback_query"])
    message = update.get("message")
    if not isinstance(message, dict):
        edited = "edited_message" in update or "edited_channel_post" in update
        return Ignored(event_id, "edited" if edited else "not_a_message")
    sender = message.get("from")
    if at(sender, "is_bot") is True:
        return Ignored(event_id, "bot")
    words = plain(message.get("text")) or plain(message.get("caption"))
    return _incoming(event_id, message, sender, _without_name(words, config))


def _tapped(event_id: str, query: Mapping[str, Any]) -> Event:
    message, data = query.get("message"), plain(query.get("data"))
    if not isinstance(message, dict) or not data:
        return Ignored(event_id, "not_a_message")
    buttons = (
        button for row in items(message, "reply_markup", "inline_keyboard") if isinstance(row, list) for button in row
    )
    titles = (plain(at(button, "text")) for button in buttons if at(button, "callback_data") == data)
    return _incoming(event_id, message, query.get("from"), next(titles, data), data)


def _incoming(event_id: str, message: Mapping[str, Any], sender: Any, text: str, tapped: str | None = None) -> Event:
    chat, user = at(message, "chat", "id"), at(sender, "id")
    if not isinstance(chat, int):
        return Ignored(event_id, "no_address")
    topic = message.get("message_thread_id") if message.get("is_topic_message") is True else None
    return Incoming(
        event_id=event_id,
        conversation=f"{chat}/{topic}" if isinstance(topic, int) else str(chat),
        text=text,
        user=str(user) if isinstance(user, int) else None,
        payload=tapped,
        hint=plain(at(sender, "language_code")) or None,
    )


def _without_name(text: str, config: Config) -> str:
    """In a group commands carry the bot's name: `/start@ferry_bot`."""
    name = (config.bot_username or "").lstrip("@")
    return re.sub(rf"^(/\w+)@{re.escape(name)}\b", r"\1", text, flags=re.IGNORECASE) if name else text


def _place(to: str) -> dict[str, Any]:
    chat, _, topic = to.partition("/")
    return {"chat_id": int(chat), **({"message_thread_id": int(topic)} if topic else {})}


def _texts(text: str, keyboard: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The keyboard stands under the last part."""
    parts = split(text, _LONGEST_TEXT) or ([_NO_WORDS] if keyboard else [])
    calls: list[tuple[str, dict[str, Any]]] = [("sendMessage", {"text": part}) for part in parts]
    return [*calls[:-1], *((method, {**values, **keyboard}) for method, values in calls[-1:])]


def _media(media: MediaReply, text: str, keyboard: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """With the text as its caption where it fits."""
    method, name = _METHODS[media.type]
    if len(text) > _LONGEST_CAPTION:
        return [(method, {name: media.url}), *_texts(text, keyboard)]
    return [(method, {name: media.url, **({"caption": text} if text else {}), **keyboard})]


def _card(card: CardReply) -> tuple[str, dict[str, Any]]:
    keyboard, words = _keyboard(card.buttons), card_text(card)
    if card.image_url:
        return "sendPhoto", {"photo": card.image_url, "caption": clip(words, _LONGEST_CAPTION), **keyboard}
    return "sendMessage", {"text": clip(words, _LONGEST_TEXT), **keyboard}


def _keyboard(offered: tuple[ChoiceReply, ...]) -> dict[str, Any]:
    rows = [[_button(choice)] for choice in offered]
    return {"reply_markup": {"inline_keyboard": rows}} if rows else {}


def _button(choice: ChoiceReply) -> dict[str, str]:
    title = clip(choice.title, _LONGEST_TITLE)
    if choice.url:
        return {"text": title, "url": choice.url}
    data = payload(choice).encode()[:_MOST_CALLBACK_BYTES].decode(errors="ignore")
    return {"text": title, "callback_data": data}


def _call(method: str, values: dict[str, Any], config: Config) -> Outgoing:
    return Outgoing("POST", f"{config.api_base.rstrip('/')}/{method}", {"content-type": "application/json"}, values)
