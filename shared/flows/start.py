"""Where a turn begins: what was picked, asked, understood, or what stands in for it (C2, C4, C5, T5, T11). Pure."""

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from shared.contracts import Classification, ScoredIntent
from shared.flows.block import Block
from shared.flows.conversation import ConversationState, Offer, Question, UserEvent
from shared.flows.dialogue import Dialogue, Place
from shared.flows.steps import Moment, Option

_MOST_SUGGESTIONS = 3


@dataclass(frozen=True)
class Start:
    """`answers` is the question that the message answers. `suggestions` are intents for the user to choose from.

    `guessed`: the likeliest of intents too close to call is answered, for want of a block to ask with. `questions` are
    those that stay open, whatever comes of the message.
    """

    place: Place
    why: str
    answers: Question | None = None
    suggestions: tuple[Option, ...] = ()
    questions: tuple[Question, ...] = ()
    guessed: bool = False


def picked(dialogue: Dialogue, state: ConversationState, event: UserEvent, moment: Moment) -> Offer | None:
    """What the user chose: by its payload, even long after it was shown, or else by writing the title of something in
    the last replies, whatever the case and the spaces.
    """
    if event.payload:
        shown = next((offer for offer in state.offers if offer.payload == event.payload), None)
        if known := shown or _known(dialogue, event.payload, moment):
            return known
    return titled(state, event.found.text)


def titled(state: ConversationState, text: str) -> Offer | None:
    """What of the last replies a user picks by writing this."""
    said = _folded(text)
    return next((offer for offer in state.offers if _folded(offer.title) == said), None)


def _known(dialogue: Dialogue, payload: str, moment: Moment) -> Offer | None:
    choice = dialogue.by_payload.get(payload)
    return offered(choice.shown(moment), None) if choice else None


def offered(option: Option, block: str | None) -> Offer:
    """`block` is the one that shows it."""
    return Offer(
        title=option.title,
        payload=option.payload,
        next=option.next,
        intent=option.intent,
        variables=dict(option.variables),
        block=block,
    )


def start_of(
    dialogue: Dialogue, state: ConversationState, found: Classification, offer: Offer | None, moment: Moment
) -> Start:
    """An offer that was picked wins over what was understood, and a bot that is switched off over both."""
    contexts = {name: lives for name, lives in state.contexts.items() if lives > 0}
    questions = tuple(question for question in state.questions if question.block in dialogue.blocks)
    if found.reason == "bot_disabled":
        return Start(dialogue.role("bot_disabled"), "the bot is switched off")
    if offer and (offer.next or offer.intent):
        return _led_to(dialogue, offer, contexts, questions)
    if found.reason == "message_too_long":
        place = dialogue.role("message_too_long", "not_understood")
        return Start(place, "the message is too long", questions=questions)
    triggered = _triggered(dialogue, found, contexts)
    asked = questions[-1] if questions else None
    if asked and not (found.intent and triggered and _interrupts(dialogue, asked, offer, moment)):
        return Start(dialogue.blocks[asked.block], f"the answer to {asked.block!r}", asked, questions=questions)
    if found.reason == "ambiguous" and "did_you_mean" in dialogue.by_role:
        suggestions = _suggestions(dialogue, found.ranking, contexts)
        return Start(dialogue.by_role["did_you_mean"], "intents are too close to call", suggestions=suggestions)
    return _understood(dialogue, state, found, triggered, questions)


def _led_to(dialogue: Dialogue, offer: Offer, contexts: Mapping[str, int], questions: tuple[Question, ...]) -> Start:
    """Whoever picks a way out of a question leaves it; a choice beside it comes back to it."""
    why = f"the user picked {offer.title!r}"
    still = questions[:-1] if questions and questions[-1].block == offer.block else questions
    if offer.next:
        return Start(dialogue.at(offer.next), dialogue.told(offer.next, why), questions=still)
    block = dialogue.triggered(offer.intent or "", contexts)
    return Start(block or dialogue.role("not_understood"), why, questions=still)


def _triggered(dialogue: Dialogue, found: Classification, contexts: Mapping[str, int]) -> Block | None:
    """A bot that has no block to ask with takes the likeliest of intents that are close."""
    taken = found.ranking[0] if found.reason == "ambiguous" and found.ranking else found.intent
    return dialogue.triggered(taken.id, contexts) if taken else None


def _interrupts(dialogue: Dialogue, asked: Question, offer: Offer | None, moment: Moment) -> bool:
    """C4. A choice of the question itself is an answer, and so is whatever the block takes for one."""
    chosen = offer is not None and offer.block == asked.block
    return not (chosen or dialogue.blocks[asked.block].insists(moment))


def _suggestions(
    dialogue: Dialogue, ranking: tuple[ScoredIntent, ...], contexts: Mapping[str, int]
) -> tuple[Option, ...]:
    """The best intents that something answers here, as buttons (T11)."""
    answered = [scored for scored in ranking if dialogue.triggered(scored.id, contexts)]
    return tuple(
        Option(title=scored.name, payload=_payload(scored.id), intent=scored.id)
        for scored in answered[:_MOST_SUGGESTIONS]
    )


def _payload(intent: str) -> str:
    return hashlib.sha256(f"intent\n{intent}".encode()).hexdigest()[:40]


def _understood(
    dialogue: Dialogue,
    state: ConversationState,
    found: Classification,
    triggered: Block | None,
    questions: tuple[Question, ...],
) -> Start:
    if triggered:
        name = found.intent.name if found.intent else found.ranking[0].name
        return Start(triggered, f"understood as {name!r}", questions=questions, guessed=found.intent is None)
    why = found.reason or "no block answers this intent here"
    if not state.started and "introduction" in dialogue.by_role:
        return Start(dialogue.by_role["introduction"], f"the first message, {why}")
    return Start(dialogue.role("not_understood"), why)


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())
