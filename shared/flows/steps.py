"""What a block is given to run, and what it answers."""

import hashlib
from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Union

from shared.contracts import FoundEntity
from shared.flows.conversation import CardReply, MediaReply
from shared.flows.effects import HttpCall, HttpOutcome
from shared.flows.template import render, render_data, render_link
from shared.flows.text import Text, in_language


@dataclass(frozen=True)
class Moment:
    """One turn as a block sees it. `seed` makes what looks random the same again for the same message.

    `known` is what nobody may overwrite: the environment and the message. `mentions` are the entities in the message
    that no block has made use of yet. `certainty` is that of the intent: 1 for a message that equals an expression.
    """

    language: str
    fallback: str
    seed: str
    at: datetime
    text: str
    certainty: float
    mentions: tuple[FoundEntity, ...]
    known: Mapping[str, Any]
    variables: Mapping[str, Any]
    defaults: Mapping[str, Any]

    @cached_property
    def values(self) -> Mapping[str, Any]:
        layers: tuple[Any, ...] = (self.known, self.variables, self.defaults)
        return ChainMap(*layers)

    def speak(self, text: Text) -> str:
        return render(in_language(text, self.language, self.fallback), self.values)

    def link(self, url: str) -> str:
        return render_link(url, self.values)

    def fill(self, data: Any) -> Any:
        return render_data(data, self.values)

    def pick(self, options: Sequence[Text], place: str) -> Text:
        """One of `options`; `place` keeps the picks of one turn independent of one another."""
        if len(options) == 1:
            return options[0]
        return options[int(self.drawn(place)[:16], 16) % len(options)]

    def drawn(self, place: str) -> str:
        """Hexadecimal digits that this message and `place` have to themselves."""
        return hashlib.sha256(f"{self.seed}\n{place}".encode()).hexdigest()

    def after(self, step: "Step") -> "Moment":
        """What the next block sees."""
        if not (step.changes or step.used):
            return self
        mentions = tuple(found for found in self.mentions if found not in step.used)
        return replace(self, mentions=mentions, variables=changed(self.variables, step.changes))


@dataclass(frozen=True)
class Option:
    """A choice as it is shown. Picked, it leads to the block `next`, or to what answers `intent`."""

    title: str
    payload: str = ""
    next: str | None = None
    intent: str | None = None
    url: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Card:
    """One card of a carousel, as it is shown."""

    face: CardReply
    buttons: tuple[Option, ...] = ()


@dataclass(frozen=True)
class Say:
    """One bubble."""

    text: str
    buttons: tuple[Option, ...] = ()
    quick_replies: tuple[Option, ...] = ()
    carousel: tuple[Card, ...] = ()
    media: MediaReply | None = None

    @property
    def blank(self) -> bool:
        return not (self.text.strip() or self.buttons or self.quick_replies or self.carousel or self.media)

    @property
    def options(self) -> tuple[Option, ...]:
        return (*self.buttons, *self.quick_replies, *(option for card in self.carousel for option in card.buttons))


@dataclass(frozen=True)
class Step:
    """What a block did. `next` is the block to go on with at once; None waits for the user.

    `changes` are values of variables, None forgets one; `used` are the mentions that they came from. A block that
    waits for an answer tells how many `failures` there were so far. `hand_over` is a note to a person. `fault` says
    what went wrong: the user is then told so, and nothing else.
    """

    says: tuple[Say, ...] = ()
    next: str | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    used: tuple[FoundEntity, ...] = ()
    failures: int | None = None
    hand_over: str | None = None
    ends: bool = False
    fault: str | None = None


@dataclass(frozen=True)
class Pending:
    """A block that has to know what comes of a call before it goes on."""

    call: HttpCall
    then: Callable[[HttpOutcome], Union[Step, "Pending"]]


def changed(variables: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**variables, **changes}.items() if value is not None}
