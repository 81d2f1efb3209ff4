"""What blocks refer to, and which of it is not there. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal

from shared.contracts import Flow
from shared.digest import same
from shared.flows.block import Block, parse_blocks
from shared.flows.template import environment_values_in, variables_in
from shared.flows.text import Text, every_spelling
from shared.flows.values import SYSTEM_VARIABLES

Kind = Literal["intent", "entity", "variable", "block", "context"]
Need = tuple[Literal["env", "secret"], str]
"""A value or a named secret of the environment."""


@dataclass(frozen=True)
class Reference:
    """`target` is an id for intents and blocks, a name for the others."""

    kind: Kind
    target: str
    flow: str
    block: str


@dataclass(frozen=True)
class Placed:
    """A block and the flow that it is in."""

    flow: str
    block: Block

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """Everything that the block refers to, each once."""
        found = dict.fromkeys(_of(self.block))
        return tuple(Reference(kind, target, self.flow, self.block.id) for kind, target in found)

    @cached_property
    def assigns(self) -> tuple[str, ...]:
        return tuple(self.block.assigns())

    @cached_property
    def needs(self) -> tuple[Need, ...]:
        """What it needs of the environment (E4), each once."""
        return tuple(dict.fromkeys(_needs(self.block)))

    @cached_property
    def texts(self) -> tuple[Text, ...]:
        return tuple(self.block.texts())


@dataclass(frozen=True)
class ReadFlow:
    """A flow with its blocks. What is found out about them is kept with them."""

    flow: Flow
    blocks: tuple[Placed, ...]


_NOTHING: Mapping[str, ReadFlow] = MappingProxyType({})


def read_flows(flows: Mapping[str, Flow], known: Mapping[str, ReadFlow] = _NOTHING) -> dict[str, ReadFlow]:
    """In order of flow id. A flow that is `known` just as it is is not read again.

    Raises InvalidError as `parse_blocks` does.
    """
    return {name: _read(flow, known.get(name)) for name, flow in sorted(flows.items())}


def placed(flows: Mapping[str, Flow]) -> tuple[Placed, ...]:
    """Every block, in order of flow id, then as written. Raises InvalidError as `parse_blocks` does."""
    return tuple(block for read in read_flows(flows).values() for block in read.blocks)


def references(flows: Mapping[str, Flow]) -> list[Reference]:
    """Everything that every block refers to, each once a block."""
    return [found for here in placed(flows) for found in here.references]


def missing(
    blocks: Iterable[Placed],
    declared: Iterable[str],
    intents: Mapping[str, str],
    entities: Mapping[str, Any],
    variables: Mapping[str, Any],
) -> list[Reference]:
    """References to what is not there, each once a block. A context need not exist: it may be open some day."""
    blocks = tuple(blocks)
    assigned = (name for here in blocks for name in here.assigns)
    known: dict[str, set[str]] = {
        "intent": set(intents),
        "entity": set(entities),
        "variable": {*variables, *declared, *assigned, *SYSTEM_VARIABLES},
        "block": {here.block.id for here in blocks},
    }
    every = (found for here in blocks for found in here.references)
    return [found for found in every if found.target not in known.get(found.kind, {found.target})]


def needs(blocks: Iterable[Placed]) -> dict[Need, list[tuple[str, str]]]:
    """What blocks need of the environment, each with the (flow, block) places that need it."""
    found: dict[Need, list[tuple[str, str]]] = {}
    for here in blocks:
        for need in here.needs:
            found.setdefault(need, []).append((here.flow, here.block.id))
    return found


def spoken_need(need: Need) -> str:
    """As builders write it."""
    kind, name = need
    return f"env.{name}" if kind == "env" else f"the secret {name!r}"


def _needs(block: Block) -> Iterator[Need]:
    yield from (("env", name) for name in _environment(block))
    yield from (("secret", name) for name in block.secrets())


def _environment(block: Block) -> Iterator[str]:
    yield from (name for spelling in _spellings(block) for name in environment_values_in(spelling))
    paths = (path.split(".") for path in block.reads())
    yield from (path[1] for path in paths if path[0] == "env" and len(path) > 1)


def _spellings(block: Block) -> Iterator[str]:
    yield from (spelling for text in block.texts() for spelling in every_spelling(text))
    yield from block.templates()


def declared(flows: Iterable[Flow]) -> set[str]:
    return {name for flow in flows for name in flow.variables}


def _read(flow: Flow, known: ReadFlow | None) -> ReadFlow:
    if known is not None and same(known.flow, flow):
        return known
    return ReadFlow(flow, tuple(Placed(flow.id, block) for block in parse_blocks(flow.blocks)))


def _of(block: Block) -> Iterator[tuple[Kind, str]]:
    if block.intent:
        yield "intent", block.intent
    yield from (("context", name) for name in block.required_contexts)
    yield from (("entity", name) for name in block.entities())
    yield from (("block", target) for target in block.jumps())
    yield from (("variable", name) for spelling in _spellings(block) for name in variables_in(spelling))
    paths = (path.partition(".")[0] for path in block.reads())
    yield from (("variable", name) for name in paths if name != "env")
