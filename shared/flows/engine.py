"""One user message in, replies and the next state out. Pure: no clock, no network, no chance.

What has to be known from outside is asked for as a `shared.flows.effects.HttpCall`, and given back by whoever drives
the turn.

Contexts (C3): a context with lifespan n is open for the next n user messages, whatever those messages are. Each
takes one away after it was answered with the context still open; opening it again starts its lifespan anew.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from shared.flows.conversation import (
    CardReply,
    ChoiceReply,
    ConversationState,
    HandOver,
    Offer,
    Reply,
    Turn,
    UserEvent,
)
from shared.flows.dialogue import Dialogue
from shared.flows.effects import Asking, sparing
from shared.flows.hearing import asked, moment_of
from shared.flows.masking import hidden_texts
from shared.flows.start import offered, picked, start_of
from shared.flows.steps import Card, Moment, Option, Say
from shared.flows.walk import MOST_VISITS, Visit, Walk, error, walk

__all__ = ["MOST_VISITS", "ConversationState", "Dialogue", "Reply", "Turn", "UserEvent", "take_turn"]

MOST_CALLS = 10
"""Calls that one message may ask for."""

_MOST_BUTTONS = 3
_NO_VALUES: Mapping[str, Any] = MappingProxyType({})


def take_turn(
    dialogue: Dialogue, state: ConversationState, event: UserEvent, env: Mapping[str, Any] = _NO_VALUES
) -> Asking[Turn]:
    """The same arguments and outcomes give the same turn. Never raises for what a bot, a user or an outcome says.

    `env` has the values of the environment.
    """
    return (yield from sparing(_turn(dialogue, state, event, env), MOST_CALLS))


def _turn(dialogue: Dialogue, state: ConversationState, event: UserEvent, env: Mapping[str, Any]) -> Asking[Turn]:
    arrived = moment_of(dialogue, state, event, env)
    offer = picked(dialogue, state, event, arrived)
    moment = _having_picked(arrived, offer) if offer else arrived
    start = start_of(dialogue, state, event.found, offer, moment)
    way = yield from walk(dialogue, moment, start)
    if way.fault:
        last = yield from error(dialogue, way.moment, way.fault)
        way = replace(way, visits=(*way.visits, last), moment=way.moment.after(last.step), questions=())
        told = _told(state, event, way, (last,), ())
    else:
        told = _told(state, event, way, way.visits, start.suggestions)
    answers = start.answers is not None
    hidden = _hidden(dialogue, moment, way, _in_confidence(dialogue, state, event, offer, answers))
    return told.model_copy(update={"hidden": hidden, "answers": answers, "guessed": start.guessed})


def _having_picked(moment: Moment, offer: Offer) -> Moment:
    """Whoever picks a choice says its title. What was found in other words is in other places there."""
    mentions = moment.mentions if len(offer.title) == len(moment.text) else ()
    return replace(moment, text=offer.title, mentions=mentions, variables={**moment.variables, **offer.variables})


def _told(
    state: ConversationState, event: UserEvent, way: Walk, answers: tuple[Visit, ...], suggestions: tuple[Option, ...]
) -> Turn:
    says = _suggesting([(visit, say) for visit in answers for say in visit.says], suggestions)
    ended = any(visit.step.ends for visit in answers)
    return Turn(
        state=ConversationState(
            started=not ended,
            language=event.found.language,
            contexts={} if ended else _contexts(state, answers),
            variables=dict(way.moment.variables),
            offers=tuple(_offers(says)),
            questions=way.questions,
            heard_at=event.at,
        ),
        replies=tuple(_reply(say) for _, say in says),
        block=answers[0].trace.block,
        trace=tuple(visit.trace for visit in way.visits),
        hand_over=next(_hand_overs(answers), None),
        ended=ended,
    )


def _in_confidence(
    dialogue: Dialogue, state: ConversationState, event: UserEvent, offer: Offer | None, answers: bool
) -> bool:
    """Whether a message was said to a question for something sensitive, also if it will not do or is understood as
    something else. What the bot itself offered or learnt (a choice, an expression) is no secret.
    """
    asking = asked(dialogue, state)
    sensitive = asking is not None and asking.asks() in dialogue.sensitive
    return sensitive and (answers or not (offer or event.found.exact_match))


def _hidden(dialogue: Dialogue, before: Moment, way: Walk, in_confidence: bool) -> frozenset[str]:
    """What sensitive variables hold or held, and the whole of a message that answered for one of them, or may have."""
    if not dialogue.sensitive:
        return frozenset()
    answered = in_confidence or any(
        visit.block and visit.block.asks() in dialogue.sensitive & visit.step.changes.keys() for visit in way.visits
    )
    held = (hidden_texts(variables, dialogue.sensitive) for variables in (before.variables, way.moment.variables))
    return frozenset({before.text} if answered else ()).union(*held)


def _contexts(state: ConversationState, answers: tuple[Visit, ...]) -> dict[str, int]:
    contexts = {name: lives - 1 for name, lives in state.contexts.items() if lives > 1}
    for visit in answers:
        opened = visit.block.output_contexts if visit.block else ()
        contexts.update({context.name: context.lifespan for context in opened})
    return contexts


def _suggesting(says: list[tuple[Visit, Say]], suggestions: tuple[Option, ...]) -> list[tuple[Visit, Say]]:
    """T11: what is suggested stands under the last bubble, before that bubble's own buttons; what finds no room there
    goes before its quick replies.
    """
    if not (says and suggestions):
        return says
    *before, (visit, last) = says
    room = max(_MOST_BUTTONS - len(last.buttons), 0)
    buttons, quick = suggestions[:room] + last.buttons, suggestions[room:] + last.quick_replies
    return [*before, (visit, replace(last, buttons=buttons, quick_replies=quick))]


def _offers(says: list[tuple[Visit, Say]]) -> Iterator[Offer]:
    """What the next message may pick: all but what only opens a page."""
    for visit, say in says:
        for option in say.options:
            if option.next or option.intent or option.variables or not option.url:
                yield offered(option, visit.trace.block)


def _hand_overs(answers: tuple[Visit, ...]) -> Iterator[HandOver]:
    for visit in answers:
        if visit.block and visit.step.hand_over is not None:
            yield HandOver(block=visit.block.id, note=visit.step.hand_over)


def _reply(say: Say) -> Reply:
    return Reply(
        text=say.text,
        buttons=_shown(say.buttons) or None,
        quick_replies=_shown(say.quick_replies) or None,
        carousel=tuple(_card(card) for card in say.carousel) or None,
        media=say.media,
    )


def _card(card: Card) -> CardReply:
    return card.face.model_copy(update={"buttons": _shown(card.buttons)})


def _shown(options: tuple[Option, ...]) -> tuple[ChoiceReply, ...]:
    return tuple(
        ChoiceReply(title=option.title, url=option.url, payload=None if option.url else option.payload)
        for option in options
    )
