"""Does things that the user does not see, one after another, then goes on to `next` at once."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Discriminator, Field, model_validator

from shared.document import Value
from shared.flows.calling import HttpAction
from shared.flows.fields import CommonBlock, Data, Template, VariableName
from shared.flows.steps import Moment, Pending, Step
from shared.flows.template import templates_in
from shared.flows.text import Text


class SetAction(Value):
    """Gives a variable a value; a text that is one variable and nothing else passes on what that holds."""

    do: Literal["set"]
    variable: VariableName
    value: Data

    @model_validator(mode="after")
    def _sets_something(self) -> "SetAction":
        if self.value is None:
            raise ValueError("to take a value away, use clear")
        return self

    def perform(self, moment: Moment, place: str) -> Step:  # noqa: ARG002
        return Step(changes={self.variable: moment.fill(self.value)})


class ClearAction(Value):
    """Takes the values of variables away: their defaults show again."""

    do: Literal["clear"]
    variables: Annotated[tuple[VariableName, ...], Field(min_length=1, max_length=50)]

    def perform(self, moment: Moment, place: str) -> Step:  # noqa: ARG002
        return Step(changes=dict.fromkeys(self.variables))


class HandOverAction(Value):
    """Asks for a person to take the conversation over once this message is answered; `note` tells them why."""

    do: Literal["hand_over"]
    note: Template = ""

    def perform(self, moment: Moment, place: str) -> Step:  # noqa: ARG002
        return Step(hand_over=moment.speak(self.note))


class EndAction(Value):
    """Closes the conversation: contexts and open questions are gone, variables stay, the next message begins anew."""

    do: Literal["end"]

    def perform(self, moment: Moment, place: str) -> Step:  # noqa: ARG002
        return Step(ends=True)


Action = Annotated[SetAction | ClearAction | HttpAction | HandOverAction | EndAction, Discriminator("do")]


class ActionBlock(CommonBlock):
    kind: Literal["action"]
    actions: Annotated[tuple[Action, ...], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _ends_at_the_end(self) -> "ActionBlock":
        if any(isinstance(action, EndAction) for action in self.actions[:-1]):
            raise ValueError("nothing comes after end")
        if isinstance(self.actions[-1], EndAction) and self.next:
            raise ValueError("no block follows an end")
        return self

    def run(self, moment: Moment) -> Step | Pending:
        return self._from(0, moment, Step())

    def _from(self, at: int, moment: Moment, so_far: Step) -> Step | Pending:
        if at == len(self.actions):
            return replace(so_far, next=self.next)
        return self._having(self.actions[at].perform(moment, f"{self.id}/{at}"), at, moment, so_far)

    def _having(self, step: Step | Pending, at: int, moment: Moment, so_far: Step) -> Step | Pending:
        """What comes of the actions from `at` on, once that one has come to a step."""
        if isinstance(step, Pending):
            pending = step
            return Pending(step.call, lambda outcome: self._having(pending.then(outcome), at, moment, so_far))
        both = _joined(so_far, step)
        if step.ends or step.fault or step.next:
            return both
        return self._from(at + 1, moment.after(step), both)

    def texts(self) -> Iterator[Text]:
        return iter(())

    def templates(self) -> Iterator[str]:
        for action in self.actions:
            if isinstance(action, HttpAction):
                yield from action.templates()
            elif isinstance(action, SetAction):
                yield from templates_in(action.value)
            elif isinstance(action, HandOverAction):
                yield action.note

    def jumps(self) -> Iterator[str]:
        yield from super().follows()
        yield from (action.failed for action in self._requests() if action.failed)

    def follows(self) -> Iterator[str]:
        return self.jumps()

    def assigns(self) -> Iterator[str]:
        yield from (action.variable for action in self.actions if isinstance(action, SetAction))
        yield from (name for action in self._requests() for name in action.save)

    def forgets(self) -> Iterator[str]:
        return (name for action in self.actions if isinstance(action, ClearAction) for name in action.variables)

    def secrets(self) -> Iterator[str]:
        return (name for action in self._requests() for name in action.secrets())

    def calls(self) -> Iterator[str]:
        return (action.url for action in self._requests())

    def _requests(self) -> Sequence[HttpAction]:
        return [action for action in self.actions if isinstance(action, HttpAction)]


Block = ActionBlock


def _joined(one: Step, other: Step) -> Step:
    return Step(
        next=other.next,
        changes={**one.changes, **other.changes},
        hand_over=one.hand_over if other.hand_over is None else other.hand_over,
        ends=other.ends,
        fault=other.fault,
    )
