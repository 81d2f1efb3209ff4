"""Regression cases (P16): what a bot must understand, and how a conversation must go, whatever else changes.

They belong to draft, which gives them to live for the moment of a publication. `shared.trial` runs them.
"""

from collections.abc import Callable
from typing import Annotated, Any, Self, TypeVar

from pydantic import Field, model_validator

from shared.contracts import Language
from shared.document import Value

Text = Annotated[str, Field(min_length=1, max_length=1000)]

MOST_STEPS = 50


class Step(Value):
    """What the user says, and what must come of it; what is left out may be anything. `intent` is an id."""

    text: Text
    intent: str | None = None
    replies: Annotated[tuple[str, ...], Field(max_length=50)] | None = None


class Case(Value):
    """One `text` with its `intent` (None: it must not be understood), or the `steps` of a conversation."""

    text: Text | None = None
    intent: str | None = None
    steps: Annotated[tuple[Step, ...], Field(max_length=MOST_STEPS)] = ()
    language: Language | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.text is None) == (not self.steps):
            raise ValueError("give either text, with its intent, or steps")
        if self.text is not None and "intent" not in self.model_fields_set:
            raise ValueError("say which intent the text has; null for what must not be understood")
        if self.text is None and self.intent is not None:
            raise ValueError("intent goes with text; steps have intents of their own")
        return self

    @property
    def intents(self) -> set[str]:
        return {intent for intent in (self.intent, *(step.intent for step in self.steps)) if intent is not None}

    def naming(self, named: Callable[[str], str]) -> "Case":
        """The same of other names for its intents."""
        steps = tuple(_naming(step, named) for step in self.steps)
        return _naming(self.model_copy(update={"steps": steps}) if steps else self, named)

    def document(self) -> dict[str, Any]:
        """As it was written: what was left out stays out."""
        return self.model_dump(mode="json", exclude_unset=True)


Expecting = TypeVar("Expecting", Step, Case)


def _naming(told: Expecting, named: Callable[[str], str]) -> Expecting:
    return told if told.intent is None else told.model_copy(update={"intent": named(told.intent)})


class Difference(Value):
    """What was expected and what was found instead. `step` counts from 1; None for a text alone."""

    step: int | None
    what: str
    expected: Any
    found: Any


class CaseResult(Value):
    case: str
    passed: bool
    differences: tuple[Difference, ...] = ()
