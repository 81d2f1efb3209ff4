"""Blocks of every kind, found by presence in `shared.flows.blocks`: one file each, which has a `Block`."""

from collections.abc import Mapping, Sequence
from functools import lru_cache, reduce
from operator import or_
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from shared.errors import InvalidError
from shared.flows import blocks as kinds
from shared.flows.fields import CommonBlock
from shared.registry import modules_in

Block = CommonBlock
MOST_BLOCKS = 2_000
_MOST_PROBLEMS = 50


def parse_blocks(blocks: Sequence[Mapping[str, Any]]) -> tuple[Block, ...]:
    """Raises InvalidError with a JSON pointer for each problem: `template_invalid`, `regex_invalid`,
    `unknown_field`, `invalid_block`, in this order of preference; `duplicate_block` when two have one id.
    """
    try:
        parsed: tuple[Block, ...] = _adapter().validate_python(blocks)
    except ValidationError as error:
        raise _invalid(blocks, error) from None
    seen: set[str] = set()
    for block in parsed:
        if block.id in seen:
            raise InvalidError("duplicate_block", f"Two blocks of the flow have the id {block.id!r}.", block=block.id)
        seen.add(block.id)
    return parsed


def block_schema() -> dict[str, Any]:
    """JSON Schema of the list of blocks that a flow holds."""
    return _adapter().json_schema()


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[tuple[Block, ...]]:
    models = [module.Block for module in modules_in(kinds)]
    one: Any = reduce(or_, models)
    if len(models) > 1:  # A discriminator needs something to tell apart.
        one = Annotated[one, Field(discriminator="kind")]
    return TypeAdapter(Annotated[tuple[one, ...], Field(max_length=MOST_BLOCKS)])


def _invalid(blocks: Sequence[Mapping[str, Any]], error: ValidationError) -> InvalidError:
    found = error.errors(include_url=False)
    problems = [{"pointer": _pointer(blocks, item), "detail": item["msg"]} for item in _deepest(found)]
    detail = "; ".join(f"{problem['pointer']}: {problem['detail']}" for problem in problems[:5])
    types = {item["type"] for item in found}
    if "template_invalid" in types:
        return InvalidError("template_invalid", detail, errors=problems)
    if "regex_invalid" in types:
        return InvalidError("regex_invalid", detail, errors=problems)
    return InvalidError("unknown_field" if "extra_forbidden" in types else "invalid_block", detail, errors=problems)


def _deepest(found: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """A list whose only item is wrong is told to be too short as well: the item says it better."""
    within = {item["loc"][:depth] for item in found for depth in range(len(item["loc"]))}
    return [item for item in found if item["loc"] not in within][:_MOST_PROBLEMS]


def _pointer(blocks: Sequence[Mapping[str, Any]], problem: ErrorDetails) -> str:
    """Where in the document, without the names of the types that were tried on the way."""
    at: Any = blocks
    path = ["", "blocks"]
    last = len(problem["loc"]) - 1
    for depth, part in enumerate(problem["loc"]):
        within = isinstance(at, Mapping) and part in at
        if within or (isinstance(part, int) and isinstance(at, list | tuple) and part < len(at)):
            at = at[part]
        elif depth < last or problem["type"] != "missing":
            continue
        path.append(str(part).replace("~", "~0").replace("/", "~1"))
    if problem["type"] == "union_tag_invalid":
        path.append(problem["ctx"]["discriminator"].strip("'"))
    return "/".join(path)
