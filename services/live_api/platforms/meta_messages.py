"""A reply in the message bodies of the Messenger Platform, which Chatlayer's webhooks speak too.

https://developers.facebook.com/docs/messenger-platform/reference/send-api: text, quick replies, button and generic
templates, attachments.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from services.live_api.platforms.wording import clip, payload, split
from shared.flows.conversation import CardReply, ChoiceReply, Reply

Message = dict[str, Any]

_MOST_BUTTONS, _MOST_CARDS, _MOST_QUICK_REPLIES = 3, 10, 13
# Buttons and quick replies alone: they stand under text.
_NO_WORDS = "…"


@dataclass(frozen=True)
class Limits:
    """In characters."""

    text: int
    button_text: int
    title: int
    card: int
    payload: int


MESSENGER = Limits(text=2000, button_text=640, title=20, card=80, payload=1000)
GENEROUS = Limits(text=100_000, button_text=100_000, title=1000, card=10_000, payload=1000)
"""For customers' own front ends, which have no such limits."""


def messages(reply: Reply, limits: Limits) -> list[Message]:
    """In the order in which they are shown. Quick replies hang on the last: they vanish under a later one."""
    shown = [
        *_media(reply),
        *_worded(reply.text, reply.buttons or (), limits),
        *cards(reply.carousel or (), limits),
    ]
    quick = [_quick_reply(choice, limits) for choice in (reply.quick_replies or ())[:_MOST_QUICK_REPLIES]]
    if not quick:
        return shown
    last = shown.pop() if shown else {"text": _NO_WORDS}
    return [*shown, {**last, "quick_replies": quick}]


def _media(reply: Reply) -> list[Message]:
    if reply.media is None:
        return []
    return [{"attachment": {"type": reply.media.type, "payload": {"url": reply.media.url}}}]


def _worded(text: str, buttons: tuple[ChoiceReply, ...], limits: Limits) -> list[Message]:
    """The last part stands above the buttons, as far as it fits there."""
    if not buttons:
        return [{"text": part} for part in split(text, limits.text)]
    *before, above = _above_buttons(text, limits)
    groups = [buttons[start : start + _MOST_BUTTONS] for start in range(0, len(buttons), _MOST_BUTTONS)]
    templates = (_buttons(above if group is groups[0] else _NO_WORDS, group, limits) for group in groups)
    return [*({"text": part} for part in before), *templates]


def _above_buttons(text: str, limits: Limits) -> list[str]:
    parts = split(text, limits.text) or [_NO_WORDS]
    return [*parts[:-1], *split(parts[-1], limits.button_text)]


def _buttons(text: str, group: tuple[ChoiceReply, ...], limits: Limits) -> Message:
    shown = [_button(choice, limits) for choice in group]
    return _template({"template_type": "button", "text": text, "buttons": shown})


def cards(shown: tuple[CardReply, ...], limits: Limits) -> Iterator[Message]:
    """A carousel, or several where it has too many cards."""
    for start in range(0, len(shown), _MOST_CARDS):
        elements = [_element(card, limits) for card in shown[start : start + _MOST_CARDS]]
        yield _template({"template_type": "generic", "elements": elements})


def _element(card: CardReply, limits: Limits) -> Message:
    optional = {
        "subtitle": clip(card.subtitle, limits.card) if card.subtitle else None,
        "image_url": card.image_url,
        "buttons": [_button(choice, limits) for choice in card.buttons[:_MOST_BUTTONS]],
    }
    return {"title": clip(card.title, limits.card), **{name: value for name, value in optional.items() if value}}


def _template(values: Message) -> Message:
    return {"attachment": {"type": "template", "payload": values}}


def _button(choice: ChoiceReply, limits: Limits) -> Message:
    title = clip(choice.title, limits.title)
    if choice.url:
        return {"type": "web_url", "title": title, "url": choice.url}
    return {"type": "postback", "title": title, "payload": payload(choice)[: limits.payload]}


def _quick_reply(choice: ChoiceReply, limits: Limits) -> Message:
    title = clip(choice.title, limits.title)
    return {"content_type": "text", "title": title, "payload": payload(choice)[: limits.payload]}
