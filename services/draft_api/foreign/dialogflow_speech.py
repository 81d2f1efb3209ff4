"""What an intent of Dialogflow ES answers: texts, quick replies, cards and images of one platform."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.draft_api.foreign.dialogflow_parts import items, texts
from services.draft_api.foreign.harvest import Harvest
from services.draft_api.foreign.speech import (
    MOST_REPLIES,
    MOST_VARIANTS,
    beyond,
    in_places,
    in_step,
    message,
    text_or_variants,
)

_TEXT, _CARD, _QUICK_REPLIES, _IMAGE = "0", "1", "2", "3"
_NAMED = {"message": _TEXT}
_MOST_CARDS, _MOST_BUTTONS = 10, 3

Bubble = Mapping[str, Any]


def bubbles_of(intent: str, response: Mapping[str, Any], harvest: Harvest) -> list[dict[str, Any]]:
    """Our messages, in the order in which they are said; those of one place in several languages are one."""
    # Older exports have the texts alone, beside no messages.
    bubbles = list(items(response.get("messages"))) or [{"type": _TEXT, "speech": response.get("speech")}]
    chosen = _of_one_platform(intent, [b for b in bubbles if not _is_guarded(intent, b, harvest)], harvest)
    said = _with_replies(intent, _texts(chosen, harvest, intent), chosen, harvest)
    return [*said, *_pictures(intent, chosen, harvest)]


def _is_guarded(intent: str, bubble: Bubble, harvest: Harvest) -> bool:
    conditions = texts(bubble.get("condition"))
    harvest.lose_all(
        f"a response of {intent}, if", conditions, "a block answers everyone: lead there from a `goto` block"
    )
    return bool(conditions)


def _with_replies(
    intent: str, said: list[dict[str, Any]], bubbles: Sequence[Bubble], harvest: Harvest
) -> list[dict[str, Any]]:
    """Quick replies stand below their own title, or below what was said last."""
    titles, asked = [dict(title) for title in _quick_replies(bubbles)], _asked(bubbles)
    if not titles:
        return said
    unseen = [next(iter(title.values())) for title in titles[MOST_REPLIES:]]
    harvest.lose_all(f"quick replies of {intent}", unseen, f"up to {MOST_REPLIES} come along")
    if asked:
        return [*said, message(asked, titles)]
    if not said:
        harvest.lose(f"quick replies of {intent}", "they stand below a text, and there is none")
    return [*said[:-1], *(message(last, titles) for last in said[-1:])]


def _of_one_platform(intent: str, bubbles: Sequence[Bubble], harvest: Harvest) -> list[Bubble]:
    """What is for every platform, or for the first that is named where nothing is for all."""
    by_platform: dict[str, list[Bubble]] = {"": []}
    for bubble in bubbles:
        if _kind(bubble) != _TEXT or texts(bubble.get("speech")):
            by_platform.setdefault(str(bubble.get("platform") or ""), []).append(bubble)
    chosen = next((name for name, said in by_platform.items() if said), "")
    others = sorted(by_platform.keys() - {chosen, ""})
    harvest.lose_all(f"responses of {intent} for", others, "a bot says the same on every channel")
    return by_platform[chosen]


def _texts(bubbles: Sequence[Bubble], harvest: Harvest, intent: str) -> list[dict[str, Any]]:
    said: dict[str, list[list[str]]] = {}
    for bubble in bubbles:
        if _kind(bubble) == _TEXT:
            said.setdefault(_language(bubble), []).append(texts(bubble.get("speech")))
    if any("$" in text or "#" in text for places in said.values() for place in places for text in place):
        harvest.lose(f"parameters in the response of {intent}", "write {{ variable }} where it says $parameter")
    harvest.lose_all(f"variants of {intent}", beyond(said), f"up to {MOST_VARIANTS} come along")
    return in_places(said)


def _quick_replies(bubbles: Sequence[Bubble]) -> list[Mapping[str, str]]:
    return in_step({_language(b): texts(b.get("replies")) for b in bubbles if _kind(b) == _QUICK_REPLIES})


def _asked(bubbles: Sequence[Bubble]) -> dict[str, Any]:
    """Quick replies may have a title of their own, which is what they answer."""
    titles = {_language(b): texts(b.get("title"))[:1] for b in bubbles if _kind(b) == _QUICK_REPLIES}
    variants = in_step(titles)
    return text_or_variants(variants) if variants else {}


def _pictures(intent: str, bubbles: Sequence[Bubble], harvest: Harvest) -> list[dict[str, Any]]:
    """Cards and images, which are for the first language in which there are any."""
    shown = [bubble for bubble in bubbles if _kind(bubble) in {_CARD, _IMAGE}]
    mine = [bubble for bubble in shown if _language(bubble) == _language(shown[0])]
    if len(shown) > len(mine):
        harvest.lose(f"cards and images of {intent}", f"those in other languages than {_language(shown[0])!r}")
    for bubble in bubbles:
        if _kind(bubble) not in {_TEXT, _CARD, _QUICK_REPLIES, _IMAGE}:
            harvest.lose(f"a response of {intent}", "only texts, quick replies, cards and images come along")
    cards = [_card(intent, b, harvest) for b in mine if _kind(b) == _CARD and texts(b.get("title"))]
    harvest.lose_all(f"cards of {intent}", [c["title"] for c in cards[_MOST_CARDS:]], f"up to {_MOST_CARDS} come along")
    images = [bubble.get("imageUrl") for bubble in mine if _kind(bubble) == _IMAGE]
    pictures = [{"media": {"type": "image", "url": url}} for url in images if url]
    return [*([{"carousel": cards[:_MOST_CARDS]}] if cards else []), *pictures]


def _card(intent: str, bubble: Bubble, harvest: Harvest) -> dict[str, Any]:
    written = {"title": bubble["title"], "subtitle": bubble.get("subtitle"), "image_url": bubble.get("imageUrl")}
    buttons = [_button(button) for button in items(bubble.get("buttons")) if texts(button.get("text"))]
    silent = [str(button["title"]) for button in buttons if "url" not in button]
    harvest.lose_all(f"postbacks of buttons of {intent}", silent, "a button says its title, or opens an https:// page")
    unseen = [button["title"] for button in buttons[_MOST_BUTTONS:]]
    harvest.lose_all(f"buttons of a card of {intent}", unseen, f"up to {_MOST_BUTTONS} come along")
    return {**{name: value for name, value in written.items() if value}, "buttons": buttons[:_MOST_BUTTONS]}


def _button(button: Mapping[str, Any]) -> dict[str, Any]:
    postback = str(button.get("postback") or "")
    return {"title": button["text"], **({"url": postback} if postback.startswith("https://") else {})}


def _kind(bubble: Bubble) -> str:
    kind = str(bubble.get("type"))
    return _NAMED.get(kind, kind)


def _language(bubble: Bubble) -> str:
    return str(bubble.get("lang") or "")
