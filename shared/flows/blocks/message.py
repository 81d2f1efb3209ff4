"""Says something: texts with variants, buttons, quick replies; then goes on to `next` at once."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from shared.contracts import Value
from shared.flows.fields import Choice, CommonBlock, Text
from shared.flows.steps import Choices, Moment, Say, Step
from shared.flows.text import every_spelling

KIND = "message"


class Message(Value):
    """One bubble. Of `variants`, one is said at random, the same for the same message."""

    text: Text | None = None
    variants: Annotated[tuple[Text, ...], Field(max_length=50)] = ()
    buttons: Annotated[tuple[Choice, ...], Field(max_length=3)] = ()
    quick_replies: Annotated[tuple[Choice, ...], Field(max_length=13)] = ()

    @model_validator(mode="after")
    def _says_something(self) -> "Message":
        if (self.text is None) == (not self.variants):
            raise ValueError("give either text or variants")
        return self

    @property
    def texts(self) -> tuple[Text, ...]:
        return self.variants or ((self.text,) if self.text is not None else ())


class MessageBlock(CommonBlock):
    kind: Literal["message"]
    messages: Annotated[tuple[Message, ...], Field(min_length=1, max_length=20)]


Block = MessageBlock


def run(block: MessageBlock, moment: Moment) -> Step:
    """What is said, and where to go on."""
    said = tuple(_say(message, moment, index) for index, message in enumerate(block.messages))
    return Step(says=said, next=block.next)


def texts(block: MessageBlock) -> list[Text]:
    """Every text that a user may read, for lint."""
    found: list[Text] = []
    for message in block.messages:
        found += [*message.texts, *(choice.title for choice in (*message.buttons, *message.quick_replies))]
    return found


def templates(block: MessageBlock) -> list[str]:
    return [spelling for text in texts(block) for spelling in every_spelling(text)]


def jumps(block: MessageBlock) -> list[str]:
    choices = [c for message in block.messages for c in (*message.buttons, *message.quick_replies)]
    return [target for target in (block.next, *(choice.next for choice in choices)) if target]


def assigns(block: MessageBlock) -> list[str]:
    choices = [c for message in block.messages for c in (*message.buttons, *message.quick_replies)]
    return [name for choice in choices for name in choice.variables]


def _say(message: Message, moment: Moment, index: int) -> Say:
    return Say(
        text=moment.speak(moment.pick(message.texts, index)),
        buttons=_choices(message.buttons, moment),
        quick_replies=_choices(message.quick_replies, moment),
    )


def _choices(choices: tuple[Choice, ...], moment: Moment) -> Choices:
    return tuple(
        {
            "title": moment.speak(choice.title),
            "next": choice.next,
            "url": choice.url,
            "variables": dict(choice.variables),
        }
        for choice in choices
    )
