"""Where a turn begins: what was picked, what was understood, or what stands in for it (C2, C5, T5, T11). Pure."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from shared.contracts import Classification, ScoredIntent
from shared.flows.conversation import ConversationState, Offer
from shared.flows.dialogue import Dialogue, Place
from shared.flows.steps import Option

_MOST_SUGGESTIONS = 3


@dataclass(frozen=True)
class Start:
    """`suggestions` are the intents that the user is asked to choose from."""

    place: Place
    why: str
    suggestions: tuple[Option, ...] = ()


def picked(state: ConversationState, text: str) -> Offer | None:
    """The offer of the last replies whose title the user wrote, whatever the case and the spaces."""
    said = _folded(text)
    return next((offer for offer in state.offers if _folded(offer.title) == said), None)


def start_of(dialogue: Dialogue, state: ConversationState, found: Classification, offer: Offer | None) -> Start:
    """An offer that was picked wins over what was understood, and a bot that is switched off over both."""
    contexts = {name: lives for name, lives in state.contexts.items() if lives > 0}
    if found.reason == "bot_disabled":
        return Start(dialogue.role("bot_disabled"), "the bot is switched off")
    if offer and (offer.next or offer.intent):
        return _led_to(dialogue, offer, contexts)
    if found.reason == "message_too_long":
        return Start(dialogue.role("message_too_long", "not_understood"), "the message is too long")
    if found.reason == "ambiguous" and "did_you_mean" in dialogue.by_role:
        suggestions = _suggestions(dialogue, found.ranking, contexts)
        return Start(dialogue.by_role["did_you_mean"], "intents are too close to call", suggestions)
    return _understood(dialogue, state, found, contexts)


def _led_to(dialogue: Dialogue, offer: Offer, contexts: Mapping[str, int]) -> Start:
    why = f"the user picked {offer.title!r}"
    if offer.next:
        return Start(dialogue.at(offer.next), dialogue.told(offer.next, why))
    block = dialogue.triggered(offer.intent or "", contexts)
    return Start(block or dialogue.role("not_understood"), why)


def _suggestions(
    dialogue: Dialogue, ranking: tuple[ScoredIntent, ...], contexts: Mapping[str, int]
) -> tuple[Option, ...]:
    """The best intents that something answers here, as buttons (T11)."""
    answered = [scored for scored in ranking if dialogue.triggered(scored.id, contexts)]
    return tuple(Option(title=scored.name, intent=scored.id) for scored in answered[:_MOST_SUGGESTIONS])


def _understood(
    dialogue: Dialogue, state: ConversationState, found: Classification, contexts: Mapping[str, int]
) -> Start:
    """A bot that has no block to ask with takes the likeliest of intents that are close."""
    intent = found.ranking[0] if found.reason == "ambiguous" and found.ranking else found.intent
    block = dialogue.triggered(intent.id, contexts) if intent else None
    if intent and block:
        return Start(block, f"understood as {intent.name!r}")
    why = found.reason or "no block answers this intent here"
    if not state.started and "introduction" in dialogue.by_role:
        return Start(dialogue.by_role["introduction"], f"the first message, {why}")
    return Start(dialogue.role("not_understood"), why)


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())
