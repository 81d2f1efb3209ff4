"""A bot tried against its regression cases (P16): by draft as it is, by live as it would be, with this same code."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.brain import Brain
from shared.cases import Case, CaseResult, Difference
from shared.contracts import Classification
from shared.errors import InvalidError
from shared.flows.conversation import ConversationState, UserEvent
from shared.flows.effects import denied, drive

_NOBODY = "not understood"


def run_case(brain: Brain, name: str, case: Case, env: Mapping[str, Any], now: datetime) -> CaseResult:
    """Changes nothing and calls nobody: an HTTP action goes on as where its call was refused."""
    try:
        found = _of_text(brain, case, now) if case.text is not None else _of_steps(brain, name, case, env, now)
    except InvalidError as error:
        found = [Difference(step=None, what="language", expected=case.language, found=error.detail)]
    return CaseResult(case=name, passed=not found, differences=tuple(found))


def _of_text(brain: Brain, case: Case, now: datetime) -> list[Difference]:
    assert case.text is not None
    return _intent(brain, None, case.intent, brain.classify(case.text, case.language, now))


def _of_steps(brain: Brain, name: str, case: Case, env: Mapping[str, Any], now: datetime) -> list[Difference]:
    state = ConversationState()
    different: list[Difference] = []
    for number, step in enumerate(case.steps, start=1):
        found = brain.classify(step.text, case.language, now)
        event = UserEvent(found, seed=f"case/{name}/{number}", at=now)
        turn = drive(brain.reply(state, event, env), denied)
        state = turn.state
        if step.intent is not None:
            different += _intent(brain, number, step.intent, found)
        said = tuple(reply.text for reply in turn.replies)
        if step.replies is not None and step.replies != said:
            different.append(Difference(step=number, what="replies", expected=list(step.replies), found=list(said)))
    return different


def _intent(brain: Brain, step: int | None, expected: str | None, found: Classification) -> list[Difference]:
    understood = found.intent.id if found.intent else None
    if understood == expected:
        return []
    named = (_NOBODY if intent is None else brain.names.get(intent, _gone(intent)) for intent in (expected, understood))
    return [Difference(step=step, what="intent", expected=next(named), found=next(named))]


def _gone(intent: str) -> str:
    """Said in words: an id beside the name of another intent tells nobody that the case is what has to be changed."""
    return f"an intent that the bot does not have ({intent})"
