"""Blocks of every kind, found by presence in `shared.flows.blocks`."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import ModuleType
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from shared.errors import InvalidError
from shared.flows import blocks as kinds
from shared.flows.fields import CommonBlock
from shared.registry import modules_in

Block = CommonBlock


@lru_cache(maxsize=1)
def block_kinds() -> Mapping[str, ModuleType]:
    """Kind to its module, which has `Block`, `run`, `jumps`, `texts`, `templates`, `assigns`."""
    return {module.KIND: module for module in modules_in(kinds)}


def parse_blocks(blocks: Sequence[Mapping[str, Any]]) -> tuple[Block, ...]:
    """Raises InvalidError `invalid_block` with a JSON pointer for each problem, `duplicate_block`."""
    try:
        parsed: tuple[Block, ...] = _adapter().validate_python(blocks)
    except ValidationError as error:
        raise _invalid(error) from None
    seen: set[str] = set()
    for block in parsed:
        if block.id in seen:
            raise InvalidError("duplicate_block", f"Two blocks of the flow have the id {block.id!r}.", block=block.id)
        seen.add(block.id)
    return parsed


def block_schema() -> dict[str, Any]:
    return _adapter().json_schema()


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[tuple[Block, ...]]:
    models = tuple(module.Block for module in block_kinds().values())
    one = Annotated[models, Field(discriminator="kind")] if len(models) > 1 else models[0]
    return TypeAdapter(tuple[one, ...])


def _invalid(error: ValidationError) -> InvalidError:
    problems = [
        {"pointer": "/blocks/" + "/".join(str(part) for part in item["loc"]), "detail": item["msg"]}
        for item in error.errors()[:50]
    ]
    detail = "; ".join(f"{problem['pointer']}: {problem['detail']}" for problem in problems[:5])
    if any("template is not accepted" in problem["detail"] for problem in problems):
        return InvalidError("template_invalid", detail, errors=problems)
    return InvalidError("invalid_block", detail, errors=problems)
