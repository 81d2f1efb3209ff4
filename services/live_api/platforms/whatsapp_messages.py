"""A reply in the message bodies of WhatsApp's Cloud API.

https://developers.facebook.com/documentation/business-messaging/whatsapp/messages: up to three reply buttons, else a
list of up to ten rows, or one button with a link. Links beside other choices are written out.
"""

from collections.abc import Iterator
from typing import Any

from services.live_api.platforms.wording import card_text, choices, clip, payload, split, with_links
from shared.flows.conversation import CardReply, ChoiceReply, MediaReply, Reply

Message = dict[str, Any]

_LONGEST_TEXT, _LONGEST_BODY, _LONGEST_CAPTION = 4096, 1024, 1024
_MOST_BUTTONS, _LONGEST_TITLE, _LONGEST_ID = 3, 20, 200
_MOST_ROWS, _LONGEST_ROW, _LONGEST_DESCRIPTION = 10, 24, 72
_MEDIA = {"image": "image", "video": "video", "audio": "audio", "file": "document"}
_NO_WORDS = "…"
# What opens a list; understood wherever there are lists.
_OPEN_LIST = "☰"


def messages(reply: Reply) -> list[Message]:
    """In the order in which they are shown."""
    offered = choices(reply)
    if reply.media is not None and not offered and len(reply.text) <= _LONGEST_CAPTION:
        said = _media(reply.media, reply.text)
    else:
        said = [*(_media(reply.media, "") if reply.media else ()), *_worded(reply.text, offered)]
    return [*said, *(message for card in reply.carousel or () for message in _card(card))]


def _media(media: MediaReply, caption: str) -> list[Message]:
    """An audio file has no caption."""
    kind = _MEDIA[media.type]
    if kind == "audio":
        return [{"type": kind, kind: {"link": media.url}}, *_texts(caption)]
    return [{"type": kind, kind: {"link": media.url, **({"caption": caption} if caption else {})}}]


def _texts(text: str) -> list[Message]:
    return [{"type": "text", "text": {"body": part}} for part in split(text, _LONGEST_TEXT)]


def _worded(text: str, offered: tuple[ChoiceReply, ...]) -> list[Message]:
    taps, links = _distinct([c for c in offered if not c.url]), tuple(c for c in offered if c.url)
    if len(links) == 1 and not taps:
        return list(_above(text, [_link(links[0])]))
    words = with_links(text, links)
    return list(_above(words, _pickers(taps))) if taps else _texts(words)


def _distinct(taps: list[ChoiceReply]) -> list[ChoiceReply]:
    """WhatsApp refuses two of one id."""
    return list({_id(choice): choice for choice in reversed(taps)}.values())[::-1]


def _above(text: str, pickers: list[Message]) -> Iterator[Message]:
    """The text's last part as the body of the first picker."""
    *before, body = split(text, _LONGEST_BODY) or [_NO_WORDS]
    yield from _texts("\n".join(before))
    for words, picker in zip([body, *[_NO_WORDS] * (len(pickers) - 1)], pickers, strict=True):
        yield {"type": "interactive", "interactive": {"body": {"text": words}, **picker}}


def _pickers(taps: list[ChoiceReply]) -> list[Message]:
    if len(taps) <= _MOST_BUTTONS and all(len(choice.title) <= _LONGEST_TITLE for choice in taps):
        return [_buttons(taps)]
    return [_list(taps[start : start + _MOST_ROWS]) for start in range(0, len(taps), _MOST_ROWS)]


def _buttons(taps: list[ChoiceReply]) -> Message:
    shown = [{"type": "reply", "reply": {"id": _id(c), "title": clip(c.title, _LONGEST_TITLE)}} for c in taps]
    return {"type": "button", "action": {"buttons": shown}}


def _list(taps: list[ChoiceReply]) -> Message:
    rows = [_row(choice) for choice in taps]
    return {"type": "list", "action": {"button": _OPEN_LIST, "sections": [{"rows": rows}]}}


def _row(choice: ChoiceReply) -> Message:
    """A title too long for its row is told in full below it."""
    row = {"id": _id(choice), "title": clip(choice.title, _LONGEST_ROW)}
    cut = len(choice.title) > _LONGEST_ROW
    return {**row, "description": clip(choice.title, _LONGEST_DESCRIPTION)} if cut else row


def _link(link: ChoiceReply) -> Message:
    parameters = {"display_text": clip(link.title, _LONGEST_TITLE), "url": link.url}
    return {"type": "cta_url", "action": {"name": "cta_url", "parameters": parameters}}


def _card(card: CardReply) -> list[Message]:
    """The image stands above the words where that can be: not above a list, nor above text alone."""
    worded = _worded(card_text(card), card.buttons)
    if not card.image_url:
        return worded
    image = {"type": "image", "image": {"link": card.image_url}}
    first = worded[0]
    if first["type"] == "text" or first["interactive"]["type"] == "list":
        return [image, *worded]
    return [{**first, "interactive": {"header": image, **first["interactive"]}}, *worded[1:]]


def _id(choice: ChoiceReply) -> str:
    return payload(choice)[:_LONGEST_ID]
