"""A message as blocks see it, and whether it says more than what was asked for. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.flows.block import Block
from shared.flows.conversation import ConversationState, UserEvent
from shared.flows.dialogue import Dialogue
from shared.flows.start import start_of
from shared.flows.steps import Moment
from shared.flows.values import system_values


def moment_of(dialogue: Dialogue, state: ConversationState, event: UserEvent, env: Mapping[str, Any]) -> Moment:
    return Moment(
        language=event.found.language,
        fallback=dialogue.first_language,
        seed=event.seed,
        at=event.at,
        text=event.found.text,
        certainty=event.found.intent.confidence if event.found.intent else 0.0,
        mentions=event.found.entities,
        known={"env": env, **system_values(event.found)},
        variables=state.variables,
        defaults=dialogue.defaults,
    )


def asked(dialogue: Dialogue, state: ConversationState) -> Block | None:
    """The block whose question is open."""
    return next((dialogue.blocks[q.block] for q in reversed(state.questions) if q.block in dialogue.blocks), None)


def only_answers(dialogue: Dialogue, state: ConversationState, here: UserEvent, there: UserEvent) -> bool:
    """Whether a message answers the open question rather than being in another language than its conversation.

    It is read `here`, in the language of the conversation, and `there`, in the one that it looks like. Names look like
    any language: what will do as an answer is one, unless it equals an expression `there`. What will not do is one
    too, unless it interrupts `there`.
    """
    asking = asked(dialogue, state)
    if asking is None:
        return False
    read = moment_of(dialogue, state, there, {})
    equal = 1.0 if read.certainty == 1 else 0.0
    if asking.insists(replace(moment_of(dialogue, state, here, {}), certainty=equal)):
        return True
    return start_of(dialogue, state, there.found, None, read).answers is not None
