"""One user message in, replies and the next state out. Pure: no clock, no network, no chance.

Contexts (C3): a context with lifespan n is open for the next n user messages, whatever those messages are. Each
takes one away after it was answered with the context still open; opening it again starts its lifespan anew.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from shared.contracts import Classification
from shared.flows.block import Block
from shared.flows.conversation import ChoiceReply, ConversationState, Offer, Reply, TraceStep, Turn
from shared.flows.dialogue import Dialogue, Place
from shared.flows.fallbacks import FALLBACK_TEXTS
from shared.flows.start import Start, picked, start_of
from shared.flows.steps import Moment, Option, Say
from shared.flows.values import system_values

__all__ = ["ConversationState", "Dialogue", "Reply", "Turn", "take_turn"]

MOST_VISITS = 50
"""Blocks that one message may run through: more are taken for a loop."""

_MOST_BUTTONS = 3
_NO_VALUES: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Visit:
    """One block that ran, or one built-in text. `next` is the block to go on with at once."""

    step: TraceStep
    says: tuple[Say, ...]
    contexts: Mapping[str, int]
    next: str | None = None


def take_turn(
    dialogue: Dialogue,
    state: ConversationState,
    classification: Classification,
    seed: str,
    env: Mapping[str, Any] = _NO_VALUES,
) -> Turn:
    """The same arguments give the same turn. Never raises for what a bot or a user says.

    `seed` names the message: it chooses among variants. `env` has the values of the environment.
    """
    offer = picked(state, classification.text)
    variables = {**state.variables, **(offer.variables if offer else {})}
    start = start_of(dialogue, state, classification, offer)
    values = {**dialogue.defaults, **variables, "env": env, **system_values(classification)}
    moment = Moment(classification.language, dialogue.first_language, values, seed)
    path = list(_path(dialogue, moment, start))
    fault = _fault(path)
    answers = [_error(dialogue, moment, fault)] if fault else path
    says = _suggesting([say for visit in answers for say in visit.says if not say.blank], start.suggestions)
    return Turn(
        state=ConversationState(
            started=True,
            language=classification.language,
            contexts=_contexts(state, answers),
            variables=variables,
            offers=tuple(_offers(says)),
        ),
        replies=tuple(_reply(say) for say in says),
        block=answers[0].step.block,
        trace=tuple(visit.step for visit in (path + answers if fault else path)),
    )


def _path(dialogue: Dialogue, moment: Moment, start: Start) -> Iterator[Visit]:
    """From block to block, until one waits for the user or there were too many."""
    place, why = start.place, start.why
    for _ in range(MOST_VISITS):
        visit = _visit(dialogue, moment, place, why)
        yield visit
        if visit.next is None:
            return
        place, why = dialogue.at(visit.next), dialogue.told(visit.next, f"after {visit.step.block!r}")


def _visit(dialogue: Dialogue, moment: Moment, place: Place, why: str) -> Visit:
    if isinstance(place, str):
        return _built_in(place, why)
    step = place.run(moment)
    return Visit(_trace(dialogue, place, why), step.says, _opened(place), step.next)


def _trace(dialogue: Dialogue, block: Block, why: str) -> TraceStep:
    return TraceStep(block=block.id, flow=dialogue.flow_of[block.id], why=why)


def _built_in(role: str, why: str) -> Visit:
    return Visit(TraceStep(block=None, flow=None, why=why), (Say(FALLBACK_TEXTS[role]),), {})


def _fault(path: list[Visit]) -> str | None:
    """What went wrong on the way: the user is then told so, and nothing else."""
    if path[-1].next is not None:
        return "the blocks go round in a loop"
    return "every text came out blank" if _mute(path) else None


def _mute(visits: list[Visit]) -> bool:
    says = [say for visit in visits for say in visit.says]
    return bool(says) and all(say.blank for say in says)


def _error(dialogue: Dialogue, moment: Moment, why: str) -> Visit:
    """Where the block for errors leads is not followed: that may be where the error came from."""
    visit = _visit(dialogue, moment, dialogue.role("error"), why)
    return _built_in("error", why) if _mute([visit]) else visit


def _contexts(state: ConversationState, answers: list[Visit]) -> dict[str, int]:
    contexts = {name: lives - 1 for name, lives in state.contexts.items() if lives > 1}
    for visit in answers:
        contexts.update(visit.contexts)
    return contexts


def _opened(block: Block) -> dict[str, int]:
    return {context.name: context.lifespan for context in block.output_contexts}


def _suggesting(says: list[Say], suggestions: tuple[Option, ...]) -> list[Say]:
    """T11: what is suggested stands under the last bubble, before that bubble's own buttons."""
    if not (says and suggestions):
        return says
    *before, last = says
    return [*before, replace(last, buttons=(suggestions + last.buttons)[:_MOST_BUTTONS])]


def _offers(says: list[Say]) -> Iterator[Offer]:
    """What the next message may pick by its title: whatever does more than to say it."""
    for say in says:
        for option in say.buttons + say.quick_replies:
            if option.next or option.intent or option.variables:
                yield Offer(
                    title=option.title, next=option.next, intent=option.intent, variables=dict(option.variables)
                )


def _reply(say: Say) -> Reply:
    return Reply(text=say.text, buttons=_shown(say.buttons), quick_replies=_shown(say.quick_replies))


def _shown(options: tuple[Option, ...]) -> tuple[ChoiceReply, ...] | None:
    return tuple(ChoiceReply(title=option.title, url=option.url) for option in options) or None
