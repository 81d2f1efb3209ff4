"""Says something, then goes on to `next` at once."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from shared.flows.bubbles import Message, said_all
from shared.flows.fields import Choice, CommonBlock
from shared.flows.steps import Moment, Step
from shared.flows.text import Text


class MessageBlock(CommonBlock):
    kind: Literal["message"]
    messages: Annotated[tuple[Message, ...], Field(min_length=1, max_length=20)]

    def run(self, moment: Moment) -> Step:
        return Step(says=said_all(self.messages, moment, self.id), next=self.next)

    def texts(self) -> Iterator[Text]:
        return (text for message in self.messages for text in message.texts())

    def templates(self) -> Iterator[str]:
        return (text for message in self.messages for text in message.templates())

    def jumps(self) -> Iterator[str]:
        followers = (self.next, *(choice.next for choice in self.choices()))
        return (target for target in followers if target)

    def assigns(self) -> Iterator[str]:
        return (name for choice in self.choices() for name in choice.variables)

    def choices(self) -> Iterator[Choice]:
        return (choice for message in self.messages for choice in message.choices())


Block = MessageBlock
