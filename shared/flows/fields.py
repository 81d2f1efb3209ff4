"""What blocks of every kind are made of, and what each kind has to say about itself."""

from abc import abstractmethod
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Discriminator, Field, JsonValue, Tag, model_validator
from pydantic_core import PydanticCustomError

from shared.contracts import Language
from shared.document import Value
from shared.errors import InvalidError
from shared.flows.steps import Moment, Step
from shared.flows.template import check_template
from shared.flows.text import Text

Id = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\s/]+$")]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Role = Literal["introduction", "not_understood", "did_you_mean", "error", "bot_disabled", "message_too_long"]


def _template_holds(spelling: str) -> str:
    try:
        check_template(spelling)
    except InvalidError as error:
        # Formatted by pydantic, which would take braces of the template for its own.
        raise PydanticCustomError("template_invalid", "{why}", {"why": error.detail}) from None
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


class OutputContext(Value):
    """A context that the block opens for the next `lifespan` user messages (C3)."""

    name: Name
    lifespan: Annotated[int, Field(ge=1, le=100)] = 5


class Choice(Value):
    """Something to pick instead of typing. Leads to a block, opens a page, or says its title for the user."""

    title: SpokenTitle
    next: Id | None = None
    url: Annotated[str, Field(max_length=2000, pattern=r"^https?://")] | None = None
    variables: Annotated[dict[Name, JsonValue], Field(max_length=50)] = {}

    @model_validator(mode="after")
    def _leads_one_way(self) -> "Choice":
        if self.next and self.url:
            raise ValueError("give either next or url")
        return self


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
    def run(self, moment: Moment) -> Step:
        """What the block says and where it leads. Raises nothing, whatever the moment holds."""

    @abstractmethod
    def texts(self) -> Iterator[Text]:
        """Every text that a user may read."""

    @abstractmethod
    def jumps(self) -> Iterator[str]:
        """Every block that may follow, at once or by the user's choice."""

    @abstractmethod
    def assigns(self) -> Iterator[str]:
        """Every variable that the block may give a value."""
