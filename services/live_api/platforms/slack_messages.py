"""A reply in Slack's blocks: https://docs.slack.dev/reference/block-kit."""

from typing import Any

from services.live_api.platforms.wording import card_text, choices, clip, payload, split
from shared.flows.conversation import CardReply, ChoiceReply, MediaReply, Reply

Message = dict[str, Any]
LINK_ACTION = "link"
"""How the action of a button that only opens a page begins."""

_LONGEST_SECTION, _LONGEST_TITLE, _LONGEST_VALUE, _LONGEST_ALT = 3000, 75, 2000, 2000
_MOST_ELEMENTS, _MOST_CARDS = 25, 10
_NO_WORDS = "…"


def messages(reply: Reply) -> list[Message]:
    """In the order in which they are shown; `text` is what a notification says."""
    offered = choices(reply)
    *before, last = split(_escaped(reply.text), _LONGEST_SECTION) or [""]
    blocks = [
        *_media(reply.media),
        *(_section(last) if last and (offered or reply.media) else ()),
        *_actions(offered, "choice"),
    ]
    said: list[Message] = [{"text": part} for part in before]
    if blocks or last:
        said.append({"text": _text(last, reply), **({"blocks": blocks} if blocks else {})})
    return said + _carousel(reply.carousel or ())


def _text(last: str, reply: Reply) -> str:
    return last or (reply.media.url if reply.media else _NO_WORDS)


def _media(media: MediaReply | None) -> list[Message]:
    """Slack shows images; what else there is, it shows a link to."""
    if media is None:
        return []
    if media.type == "image":
        return [{"type": "image", "image_url": media.url, "alt_text": "image"}]
    return _section(f"<{_escaped(media.url)}>")


def _carousel(cards: tuple[CardReply, ...]) -> list[Message]:
    """Cards one below the other."""
    groups = [cards[start : start + _MOST_CARDS] for start in range(0, len(cards), _MOST_CARDS)]
    return [_cards(group) for group in groups]


def _cards(group: tuple[CardReply, ...]) -> Message:
    blocks = [block for index, card in enumerate(group) for block in _card(card, f"card{index}")]
    return {"text": clip(", ".join(_escaped(card.title) for card in group), _LONGEST_SECTION), "blocks": blocks}


def _card(card: CardReply, place: str) -> list[Message]:
    (section,) = _section(clip(_escaped(card_text(card)), _LONGEST_SECTION))
    if card.image_url:
        image = {"type": "image", "image_url": card.image_url, "alt_text": clip(card.title, _LONGEST_ALT)}
        section = {**section, "accessory": image}
    return [section, *_actions(card.buttons, place)]


def _section(text: str) -> list[Message]:
    return [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]


def _actions(offered: tuple[ChoiceReply, ...], place: str) -> list[Message]:
    """Ids are unique within a message, as Slack wants them."""
    elements = [_button(choice, f"{place}_{index}") for index, choice in enumerate(offered)]
    return [
        {"type": "actions", "elements": elements[start : start + _MOST_ELEMENTS]}
        for start in range(0, len(elements), _MOST_ELEMENTS)
    ]


def _button(choice: ChoiceReply, place: str) -> Message:
    text = {"type": "plain_text", "text": clip(choice.title, _LONGEST_TITLE), "emoji": True}
    if choice.url:
        return {"type": "button", "text": text, "url": choice.url, "action_id": f"{LINK_ACTION}_{place}"}
    return {"type": "button", "text": text, "value": payload(choice)[:_LONGEST_VALUE], "action_id": place}


def _escaped(text: str) -> str:
    """The three characters that mean something to Slack."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
