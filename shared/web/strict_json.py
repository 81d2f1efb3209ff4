"""JSON from strangers: one spelling, bounded, and text that every database can keep. Pure."""

import json
import re
from dataclasses import dataclass
from typing import Any

import orjson

from shared.errors import InvalidError, MalformedError

# Where a number may be that orjson rounds: it reads whole numbers beyond 64 bits as floats.
_LONG_NUMBER = re.compile(rb"[-+.0-9eE]{19,}")
_MOST_DIGITS = 64
_INT64 = range(-(2**63), 2**63)


@dataclass(frozen=True)
class JsonLimits:
    depth: int = 64
    keys: int = 10_000


def parse_json(body: bytes, limits: JsonLimits = JsonLimits()) -> Any:
    """Raises MalformedError `malformed_json` or `json_limits`, InvalidError `invalid_text` or `out_of_range`.

    orjson refuses NaN, Infinity, lone surrogates, bad UTF-8 and trailing data; what it lets through
    (repeated keys, numbers that overflow, NUL) is looked for here.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _refusal(body, str(error)) from None
    _Walk(limits).visit(value, 1)
    if _LONG_NUMBER.search(body):
        json.loads(body.decode(), parse_int=_check_whole, parse_float=_check_digits)
    if body.count(b":") > 1 and _repeats_a_key(body):
        raise MalformedError("json_limits", "An object has the same key twice.")
    return value


class _Walk:
    def __init__(self, limits: JsonLimits) -> None:
        self._limits, self._keys = limits, 0

    def visit(self, value: Any, depth: int) -> None:
        if isinstance(value, str):
            _check_text(value)
        elif isinstance(value, bool) or value is None:
            return
        elif isinstance(value, int):
            within_64_bits(value)
        elif isinstance(value, float):
            if value in (float("inf"), float("-inf")):
                raise MalformedError("json_limits", "A number is too large.")
        else:
            self._descend(value, depth)

    def _descend(self, value: Any, depth: int) -> None:
        if depth > self._limits.depth:
            raise MalformedError("json_limits", f"The document is nested deeper than {self._limits.depth}.")
        if isinstance(value, dict):
            self._keys += len(value)
            if self._keys > self._limits.keys:
                raise MalformedError("json_limits", f"The document has more than {self._limits.keys} keys.")
            for key in value:
                _check_text(key)
        for item in value.values() if isinstance(value, dict) else value:
            self.visit(item, depth + 1)


def _check_text(text: str) -> None:
    if "\0" in text:
        raise InvalidError("invalid_text", "Text may not contain U+0000.")


def _refusal(body: bytes, why: str) -> Exception:
    """orjson says only that it is no JSON; the caller is told whether it was a limit."""
    if not body.strip():
        return MalformedError("malformed_json", "The body is empty; JSON was expected.")
    if _is_json_beyond_limits(body):
        return MalformedError("json_limits", f"Beyond what is accepted: {why}.")
    return MalformedError("malformed_json", f"Not JSON: {why}.")


def _is_json_beyond_limits(body: bytes) -> bool:
    """What the standard library would take and we do not: NaN, huge numbers, lone surrogates, any depth."""
    if body.startswith(b"\xef\xbb\xbf"):
        return False
    try:
        json.loads(body.decode("utf-8"))
    except RecursionError:
        return True
    except ValueError as error:
        return "digits" in str(error)
    return True


def _check_digits(text: str) -> float:
    if sum(c.isdigit() for c in text) > _MOST_DIGITS:
        raise MalformedError("json_limits", f"A number has more than {_MOST_DIGITS} digits.")
    return 0.0


def _check_whole(text: str) -> int:
    _check_digits(text)
    return within_64_bits(int(text))


def within_64_bits(value: int) -> int:
    if value not in _INT64:
        raise InvalidError("out_of_range", "A whole number does not fit in 64 bits.")
    return value


def _repeats_a_key(body: bytes) -> bool:
    repeated = False

    def pairs(items: list[tuple[str, Any]]) -> None:
        nonlocal repeated
        repeated = repeated or len({key for key, _ in items}) < len(items)

    json.loads(body, object_pairs_hook=pairs)
    return repeated
