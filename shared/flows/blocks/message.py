"""Says something: texts with variants, buttons, quick replies; then goes on to `next` at once."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from shared.document import Value
from shared.flows.fields import Choice, CommonBlock, SpokenText
from shared.flows.steps import Moment, Option, Say, Step
from shared.flows.text import Text


class Message(Value):
    """One bubble. Of `variants`, one is said at random, the same for the same message."""

    text: SpokenText | None = None
    variants: Annotated[tuple[SpokenText, ...], Field(max_length=50)] = ()
    buttons: Annotated[tuple[Choice, ...], Field(max_length=3)] = ()
    quick_replies: Annotated[tuple[Choice, ...], Field(max_length=13)] = ()

    @model_validator(mode="after")
    def _says_something(self) -> "Message":
        if (self.text is None) == (not self.variants):
            raise ValueError("give either text or variants")
        return self

    @property
    def spellings(self) -> tuple[Text, ...]:
        return self.variants if self.text is None else (self.text,)

    @property
    def choices(self) -> tuple[Choice, ...]:
        return self.buttons + self.quick_replies


class MessageBlock(CommonBlock):
    kind: Literal["message"]
    messages: Annotated[tuple[Message, ...], Field(min_length=1, max_length=20)]

    def run(self, moment: Moment) -> Step:
        says = (_say(message, moment, f"{self.id}/{index}") for index, message in enumerate(self.messages))
        return Step(says=tuple(says), next=self.next)

    def texts(self) -> Iterator[Text]:
        for message in self.messages:
            yield from message.spellings
        yield from (choice.title for choice in self._choices())

    def jumps(self) -> Iterator[str]:
        followers = (self.next, *(choice.next for choice in self._choices()))
        return (target for target in followers if target)

    def assigns(self) -> Iterator[str]:
        return (name for choice in self._choices() for name in choice.variables)

    def _choices(self) -> Iterator[Choice]:
        return (choice for message in self.messages for choice in message.choices)


Block = MessageBlock


def _say(message: Message, moment: Moment, place: str) -> Say:
    return Say(
        text=moment.speak(moment.pick(message.spellings, place)),
        buttons=_options(message.buttons, moment),
        quick_replies=_options(message.quick_replies, moment),
    )


def _options(choices: tuple[Choice, ...], moment: Moment) -> tuple[Option, ...]:
    """A choice whose title comes out blank could be neither seen nor picked."""
    options = (
        Option(title=moment.speak(choice.title), next=choice.next, url=choice.url, variables=choice.variables)
        for choice in choices
    )
    return tuple(option for option in options if option.title.strip())
