"""What blocks of every kind are made of, and what each kind has to say about itself."""

import hashlib
import json
from abc import abstractmethod
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Annotated, Any, Literal, LiteralString

from pydantic import AfterValidator, Discriminator, Field, JsonValue, Tag, model_validator
from pydantic_core import PydanticCustomError

from shared.contracts import Language
from shared.document import Value
from shared.errors import InvalidError
from shared.flows.steps import Moment, Option, Pending, Step
from shared.flows.template import check_link, check_template, templates_in
from shared.flows.text import Text
from shared.flows.values import SYSTEM_VARIABLES

Id = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\s/]+$")]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Role = Literal["introduction", "not_understood", "did_you_mean", "error", "bot_disabled", "message_too_long"]


def _template_holds(spelling: str) -> str:
    return _held(spelling, check_template, "template_invalid")


def _link_holds(link: str) -> str:
    _template_holds(link)
    return _held(link, check_link, "link_invalid")


def _templates_hold(data: Any) -> Any:
    for spelling in templates_in(data):
        _template_holds(spelling)
    return data


def _holds(data: Any) -> bool:
    try:
        _templates_hold(data)
    except PydanticCustomError:
        return False
    return True


def _held(spelling: str, check: Callable[[str], None], fault: LiteralString) -> str:
    try:
        check(spelling)
    except InvalidError as error:
        # Formatted by pydantic, which would take braces of the template for its own.
        raise PydanticCustomError(fault, "{why}", {"why": error.detail}) from None
    return spelling


def _shape(text: object) -> str:
    return "by language" if isinstance(text, dict) else "one string"


_Spelling = Annotated[str, Field(max_length=8000), AfterValidator(_template_holds)]
_Title = Annotated[str, Field(max_length=200), AfterValidator(_template_holds)]
_Many = Field(min_length=1, max_length=100)

SpokenText = Annotated[
    Annotated[_Spelling, Tag("one string")] | Annotated[dict[Language, _Spelling], _Many, Tag("by language")],
    Discriminator(_shape),
]
SpokenTitle = Annotated[
    Annotated[_Title, Tag("one string")] | Annotated[dict[Language, _Title], _Many, Tag("by language")],
    Discriminator(_shape),
]


def _nobody_elses(name: str) -> str:
    if name == "env" or name in SYSTEM_VARIABLES:
        raise ValueError(f"{name} is given by Greenroom, and cannot be set")
    return name


VariableName = Annotated[
    str, Field(min_length=1, max_length=200, pattern=r"^[^\W\d]\w*$"), AfterValidator(_nobody_elses)
]
Path = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\W\d]\w*(\.\w+)*$")]
"""A name, or something within what it holds: `order.items.0`."""
Template = Annotated[str, Field(max_length=8000), AfterValidator(_template_holds)]
Link = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_link_holds)]
"""Where to find something: what variables hold goes in percent-encoded, after the host. See `check_link`."""
Data = Annotated[JsonValue, AfterValidator(_templates_hold)]
"""JSON, whose texts may have variables."""
_HEX_DIGITS = 40


class OutputContext(Value):
    """A context that the block opens for the next `lifespan` user messages (C3)."""

    name: Name
    lifespan: Annotated[int, Field(ge=1, le=100)] = 5


class Choice(Value):
    """Something to pick instead of typing. Leads to a block, opens a page, or says its title for the user."""

    title: SpokenTitle
    next: Id | None = None
    url: Link | None = None
    variables: Annotated[dict[Name, JsonValue], Field(max_length=50)] = {}

    @model_validator(mode="after")
    def _leads_one_way(self) -> "Choice":
        if self.next and self.url:
            raise ValueError("give either next or url")
        return self

    @cached_property
    def payload(self) -> str:
        """Names what the choice does, the same in every release that has it."""
        does = json.dumps([self.title, self.next, self.variables], sort_keys=True)
        return hashlib.sha256(does.encode()).hexdigest()[:_HEX_DIGITS]

    def shown(self, moment: Moment) -> Option:
        return Option(
            title=moment.speak(self.title),
            payload=self.payload,
            next=self.next,
            url=moment.link(self.url) if self.url else None,
            variables={**self.variables, **moment.fill(self._templates)},
        )

    def templates(self) -> Iterator[str]:
        return templates_in(self._templates)

    @cached_property
    def _templates(self) -> dict[str, JsonValue]:
        """Those of its variables that can be rendered: they could be anything before they were."""
        return {name: value for name, value in self.variables.items() if _holds(value)}


class CommonBlock(Value):
    """A block of any kind. `next` is the block that follows; when, the kind decides."""

    id: Id
    kind: str
    name: Name | None = None
    intent: Annotated[str, Field(max_length=200)] | None = None
    system: Role | None = None
    required_contexts: Annotated[tuple[Name, ...], Field(max_length=20)] = ()
    output_contexts: Annotated[tuple[OutputContext, ...], Field(max_length=20)] = ()
    next: Id | None = None

    @abstractmethod
    def run(self, moment: Moment) -> Step | Pending:
        """What the block says and where it leads. Raises nothing, whatever the moment holds."""

    def hear(self, moment: Moment, failures: int) -> Step | Pending:  # noqa: ARG002
        """What the block makes of an answer to its question, after so many that would not do."""
        return self.run(moment)

    def insists(self, moment: Moment) -> bool:  # noqa: ARG002
        """Whether the message is the answer that the block waits for, although it means something as well (C4)."""
        return False

    @abstractmethod
    def texts(self) -> Iterator[Text]:
        """Every text that a user may read."""

    @abstractmethod
    def jumps(self) -> Iterator[str]:
        """Every block that may follow, at once or by the user's choice."""

    @abstractmethod
    def assigns(self) -> Iterator[str]:
        """Every variable that the block may give a value."""

    def asks(self) -> str | None:
        """The variable that the block asks the user for."""
        return None

    def forgets(self) -> Iterator[str]:
        """Every variable that the block takes the value of away."""
        return iter(())

    def follows(self) -> Iterator[str]:
        """The blocks that may follow at once, without waiting for the user."""
        return iter((self.next,) if self.next else ())

    def choices(self) -> Iterator[Choice]:
        """Everything that the block gives the user to pick."""
        return iter(())

    def templates(self) -> Iterator[str]:
        """Every text with variables that no user reads."""
        return iter(())

    def reads(self) -> Iterator[str]:
        """Every variable, by its dotted path, that the block looks at outside of texts."""
        return iter(())

    def entities(self) -> Iterator[str]:
        """Every entity that the block asks for."""
        return iter(())

    def calls(self) -> Iterator[str]:
        """Every URL, with its variables, that the block calls."""
        return iter(())

    def secrets(self) -> Iterator[str]:
        """Every named secret that the block's calls need."""
        return iter(())
