"""Asks, keeps what the user answers in a variable, then goes on to `next` at once."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field, model_validator

from shared.document import Value
from shared.flows.answers import Expected, answer_in, mentioned
from shared.flows.bubbles import Message, said_all
from shared.flows.fields import Choice, CommonBlock, Id, Name, SpokenText, VariableName
from shared.flows.steps import Moment, Say, Step
from shared.flows.text import Text
from shared.flows.values import given

PATIENCE = 3
_LIKELIER_THAN_NOT = 0.5


class ThirdFailure(Value):
    """What happens after the third answer that will not do: a text, a way out of the question, or both."""

    text: SpokenText | None = None
    next: Id | None = None

    @model_validator(mode="after")
    def _does_something(self) -> "ThirdFailure":
        if self.text is None and self.next is None:
            raise ValueError("give a text or next")
        return self


class InputBlock(CommonBlock):
    """It asks nothing when the variable has a value, or when the message that led here mentions the entity.

    After an answer that will not do it says `retry`, else its question again. An intent may interrupt it, unless it
    is not `interruptible`; what was asked is asked again afterwards.
    """

    kind: Literal["input"]
    variable: VariableName
    expects: Expected = "text"
    entity: Name | None = None
    messages: Annotated[tuple[Message, ...], Field(min_length=1, max_length=20)]
    retry: SpokenText | None = None
    third_failure: ThirdFailure | None = None
    interruptible: bool = True

    @model_validator(mode="after")
    def _knows_what_it_expects(self) -> "InputBlock":
        if (self.expects == "entity") != (self.entity is not None):
            raise ValueError("entity is given when, and only when, an entity is expected")
        return self

    def run(self, moment: Moment) -> Step:
        if given(moment.variables.get(self.variable)):
            return Step(next=self.next)
        found = mentioned(self.entity, moment) if self.entity else None
        if found:
            return Step(next=self.next, changes={self.variable: found.value}, used=found.used)
        return Step(says=said_all(self.messages, moment, self.id), failures=0)

    def hear(self, moment: Moment, failures: int) -> Step:
        if given(moment.variables.get(self.variable)):  # The choice that was picked gave it.
            return Step(next=self.next, used=moment.mentions)
        found = answer_in(moment, self.expects, self.entity)
        if found is None:
            return self._failed(moment, failures + 1)
        return Step(next=self.next, changes={self.variable: found.value}, used=found.used)

    def insists(self, moment: Moment) -> bool:
        """An answer in a sentence is one unless that sentence is an expression of the bot's own; free text is one
        unless it is likelier to be something else.
        """
        if not self.interruptible:
            return True
        if self.expects == "text":
            return moment.certainty <= _LIKELIER_THAN_NOT
        found = answer_in(moment, self.expects, self.entity)
        return found is not None and (found.whole or moment.certainty < 1)

    def _failed(self, moment: Moment, failures: int) -> Step:
        last = self.third_failure if failures >= PATIENCE else None
        if last and last.next:
            return Step(says=(Say(moment.speak(last.text)),) if last.text else (), next=last.next)
        text = (last and last.text) or self.retry
        asked = said_all(self.messages, moment, self.id)
        return Step(says=_instead(moment.speak(text), asked) if text else asked, failures=failures)

    def texts(self) -> Iterator[Text]:
        yield from (text for message in self.messages for text in message.texts())
        yield from filter(None, (self.retry, self.third_failure and self.third_failure.text))

    def templates(self) -> Iterator[str]:
        return (text for message in self.messages for text in message.templates())

    def jumps(self) -> Iterator[str]:
        ways = (self.next, self.third_failure and self.third_failure.next)
        yield from filter(None, (*ways, *(choice.next for choice in self.choices())))

    def assigns(self) -> Iterator[str]:
        yield self.variable
        yield from (name for choice in self.choices() for name in choice.variables)

    def asks(self) -> str:
        return self.variable

    def choices(self) -> Iterator[Choice]:
        return (choice for message in self.messages for choice in message.choices())

    def entities(self) -> Iterator[str]:
        return iter((self.entity,) if self.entity else ())


def _instead(text: str, asked: tuple[Say, ...]) -> tuple[Say, ...]:
    """Another text for a question, and all that it gives to pick."""
    first, *others = [say for say in asked if say.options] or [Say("")]
    return replace(first, text=text, media=None), *others


Block = InputBlock
