"""Conditions on variables: comparisons, joined by all and any. Whatever the values hold, they are true or false."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from shared.document import Value
from shared.entities.patterns import LONGEST_PATTERN, compile_pattern
from shared.errors import InvalidError
from shared.flows.comparing import OPERATORS, Operator
from shared.flows.fields import Data, Path
from shared.flows.steps import Moment
from shared.flows.template import at_path

MOST_COMPARISONS = 50
"""Of one condition, however they are joined."""

_DEEPEST = 5
_UNARY = ("exists", "not_exists", "empty", "not_empty")


class Comparison(Value):
    """What a variable holds against `value`, whose texts may have variables. The last four operators take no value.

    Texts are compared without regard to case and to spaces around them, and a text that is a number as a number.
    """

    variable: Path
    operator: Operator
    value: Data = None

    @model_validator(mode="after")
    def _fits(self) -> "Comparison":
        if (self.value is None) != (self.operator in _UNARY):
            raise ValueError(f"{self.operator} takes {'no value' if self.operator in _UNARY else 'a value'}")
        if self.operator in ("in", "not_in") and not isinstance(self.value, list | str):
            raise ValueError("give a list of values")
        if self.operator == "matches":
            _check_pattern(self.value)
        return self


class AllOf(Value):
    """Holds when every one does."""

    all: Annotated[tuple["Condition", ...], Field(min_length=1, max_length=MOST_COMPARISONS)]


class AnyOf(Value):
    """Holds when one of them does."""

    any: Annotated[tuple["Condition", ...], Field(min_length=1, max_length=MOST_COMPARISONS)]


def _shape(condition: object) -> str:
    """By its members as written; as read, when it is written again."""
    if isinstance(condition, Mapping):
        return next((name for name in ("all", "any") if name in condition), "comparison")
    return "all" if isinstance(condition, AllOf) else "any" if isinstance(condition, AnyOf) else "comparison"


Condition = Annotated[
    Annotated[Comparison, Tag("comparison")] | Annotated[AllOf, Tag("all")] | Annotated[AnyOf, Tag("any")],
    Discriminator(_shape),
]
AllOf.model_rebuild()
AnyOf.model_rebuild()


def _bounded(condition: Any) -> Any:
    if sum(1 for _ in comparisons_in(condition)) > MOST_COMPARISONS or _depth(condition) > _DEEPEST:
        raise ValueError(f"a condition has at most {MOST_COMPARISONS} comparisons, in at most {_DEEPEST} levels")
    return condition


WholeCondition = Annotated[Condition, AfterValidator(_bounded)]


def holds(condition: Comparison | AllOf | AnyOf, moment: Moment) -> bool:
    if isinstance(condition, AllOf):
        return all(holds(each, moment) for each in condition.all)
    if isinstance(condition, AnyOf):
        return any(holds(each, moment) for each in condition.any)
    value = at_path(condition.variable.split("."), moment.values)
    operand = condition.value if condition.operator == "matches" else moment.fill(condition.value)
    return OPERATORS[condition.operator](value, operand)


def comparisons_in(condition: Comparison | AllOf | AnyOf) -> Iterator[Comparison]:
    if isinstance(condition, Comparison):
        yield condition
        return
    for each in _parts(condition):
        yield from comparisons_in(each)


def _parts(condition: AllOf | AnyOf) -> tuple[Comparison | AllOf | AnyOf, ...]:
    return condition.all if isinstance(condition, AllOf) else condition.any


def _depth(condition: Comparison | AllOf | AnyOf) -> int:
    return 1 if isinstance(condition, Comparison) else 1 + max(map(_depth, _parts(condition)))


def _check_pattern(pattern: Any) -> None:
    if not isinstance(pattern, str) or not 0 < len(pattern) <= LONGEST_PATTERN:
        raise ValueError(f"a pattern is a text of 1 to {LONGEST_PATTERN} characters")
    try:
        compile_pattern(pattern)
    except InvalidError as error:
        raise PydanticCustomError("regex_invalid", "{why}", {"why": error.detail}) from None
