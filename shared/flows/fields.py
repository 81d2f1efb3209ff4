"""What blocks of every kind are made of."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from shared.contracts import Language, Value
from shared.errors import InvalidError
from shared.flows.text import check_template, every_spelling

Id = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\s/]+$")]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Role = Literal["introduction", "not_understood", "did_you_mean", "error", "bot_disabled", "message_too_long"]


def _templates_hold(text: Any) -> Any:
    try:
        for spelling in every_spelling(text):
            check_template(spelling)
    except InvalidError as error:
        raise ValueError(error.detail) from None
    return text


_Spelling = Annotated[str, Field(max_length=8000)]
Text = Annotated[_Spelling | Annotated[dict[Language, _Spelling], Field(min_length=1)], AfterValidator(_templates_hold)]


class OutputContext(Value):
    """A context that the block opens; `lifespan` counts user messages (C3)."""

    name: Name
    lifespan: Annotated[int, Field(ge=1, le=100)] = 5


class Choice(Value):
    """Something that the user may pick instead of typing. Leads to a block, opens a page, or says its title."""

    title: Text
    next: Id | None = None
    url: Annotated[str, Field(max_length=2000, pattern=r"^https?://")] | None = None
    variables: Annotated[dict[str, Any], Field(max_length=50)] = {}

    @model_validator(mode="after")
    def _leads_one_way(self) -> "Choice":
        if self.next and self.url:
            raise ValueError("give either next or url")
        return self


class CommonBlock(Value):
    """The members that a block has whatever its kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Id
    name: Name | None = None
    intent: Annotated[str, Field(max_length=200)] | None = None
    system: Role | None = None
    required_contexts: Annotated[tuple[Name, ...], Field(max_length=20)] = ()
    output_contexts: Annotated[tuple[OutputContext, ...], Field(max_length=20)] = ()
    next: Id | None = None
