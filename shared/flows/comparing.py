"""How what a variable holds is compared, whatever it holds: true or false, never an error.

Texts are compared without regard to case and to spaces around them; a text that is a number counts as a number.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

from shared.entities.patterns import is_found
from shared.flows.template import shown
from shared.flows.values import given

Operator = Literal[
    "equals", "not_equals", "greater_than", "greater_or_equal", "less_than", "less_or_equal",
    "contains", "not_contains", "starts_with", "ends_with", "in", "not_in", "matches",
    "exists", "not_exists", "empty", "not_empty",
]  # fmt: skip

_LONGEST_NUMBER = 40
_LARGEST_NUMBER = 1e300
_NUMERIC = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)


def _number(value: Any) -> float | None:
    """Of a number, or of a text that is one; None for all else, no truth value is a number."""
    if isinstance(value, str) and len(value) <= _LONGEST_NUMBER and _NUMERIC.fullmatch(value.strip()):
        return float(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if abs(value) < _LARGEST_NUMBER else math.copysign(math.inf, value)
    return None


def _folded(value: Any) -> str:
    return " ".join(shown(value).casefold().split())


def _same(value: Any, other: Any) -> bool:
    numbers = _number(value), _number(other)
    if None not in numbers:
        return numbers[0] == numbers[1]
    return _folded(value) == _folded(other)


def _compare(value: Any, other: Any) -> int | None:
    """Less than nothing, nothing, or more; None for what cannot be compared, such as a number and a word."""
    ours, theirs = _number(value), _number(other)
    if ours is not None and theirs is not None:
        return (ours > theirs) - (ours < theirs)
    if ours is not None or theirs is not None:
        return None
    left, right = _folded(value), _folded(other)
    return (left > right) - (left < right) if left and right else None


def _contains(value: Any, other: Any) -> bool:
    if isinstance(value, list | tuple | Mapping):
        return any(_same(item, other) for item in value)
    part = _folded(other)
    return part != "" and part in _folded(value)


def _in(value: Any, others: Any) -> bool:
    return value is not None and any(
        _same(value, other) for other in (others if isinstance(others, list) else [others])
    )


def _ordered(holds: Callable[[int], bool]) -> Callable[[Any, Any], bool]:
    def compare(value: Any, other: Any) -> bool:
        found = _compare(value, other)
        return found is not None and holds(found)

    return compare


OPERATORS: Mapping[Operator, Callable[[Any, Any], bool]] = {
    "equals": _same,
    "not_equals": lambda value, other: not _same(value, other),
    "greater_than": _ordered(lambda found: found > 0),
    "greater_or_equal": _ordered(lambda found: found >= 0),
    "less_than": _ordered(lambda found: found < 0),
    "less_or_equal": _ordered(lambda found: found <= 0),
    "contains": _contains,
    "not_contains": lambda value, other: not _contains(value, other),
    "starts_with": lambda value, other: _folded(value).startswith(_folded(other)),
    "ends_with": lambda value, other: _folded(value).endswith(_folded(other)),
    "in": _in,
    "not_in": lambda value, others: not _in(value, others),
    "matches": lambda value, pattern: is_found(pattern, shown(value)),
    "exists": lambda value, _: value is not None,
    "not_exists": lambda value, _: value is None,
    "empty": lambda value, _: not given(value),
    "not_empty": lambda value, _: given(value),
}
