"""What a request says has the types that the contract names: no text is taken for a number, no number for a yes."""

import re
from collections.abc import Iterator
from typing import Any, get_args

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError

from shared.web.strict_json import within_64_bits

_WHOLE = re.compile(r"[-+]?[0-9]+")
# More than fit in 64 bits, and few enough to be read at once.
_DIGITS_ENOUGH = 40


def whole_numbers(dependant: Dependant) -> frozenset[str]:
    """The names under which a route, or what it depends on, reads whole numbers from its path and query."""
    return frozenset(_whole_numbers(dependant))


def _whole_numbers(dependant: Dependant) -> Iterator[str]:
    for field in (*dependant.path_params, *dependant.query_params):
        kind = field.field_info.annotation
        if int in (kind, *get_args(kind)):
            yield field.alias
    for inner in dependant.dependencies:
        yield from _whole_numbers(inner)


def check_whole_numbers(request: Request, names: frozenset[str]) -> None:
    """Raises InvalidError `out_of_range`; what is no number at all is for the field itself to refuse."""
    said = ((name, str(text)) for name, text in (*request.path_params.items(), *request.query_params.multi_items()))
    for name, text in said:
        if name in names and _WHOLE.fullmatch(text):
            within_64_bits(int(text[:_DIGITS_ENOUGH]))


def read_strictly(body: bytes, kind: TypeAdapter[Any]) -> Any:
    """From JSON as it was sent, where a date is a text and a tuple a list, but nothing else is taken for another type.

    Raises RequestValidationError, as FastAPI does.
    """
    try:
        return kind.validate_json(body, strict=True)
    except ValidationError as error:
        found = [{**item, "loc": ("body", *item["loc"])} for item in error.errors(include_url=False)]
        raise RequestValidationError(found) from None
