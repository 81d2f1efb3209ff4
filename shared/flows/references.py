"""What blocks refer to, and which of it is not there. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from shared.contracts import Flow
from shared.flows.block import block_kinds, parse_blocks
from shared.flows.text import variables_in

SYSTEM_VARIABLES = frozenset({"user_message", "language", "intent", "suggestions"})

Kind = Literal["intent", "entity", "variable", "block"]


@dataclass(frozen=True)
class Reference:
    """`target` is an id for intents and blocks, a name for the others."""

    kind: Kind
    target: str
    flow: str
    block: str


def references(flows: Mapping[str, Flow]) -> list[Reference]:
    return [found for _, flow in sorted(flows.items()) for found in _of_flow(flow)]


def _of_flow(flow: Flow) -> Iterator[Reference]:
    for block in parse_blocks(flow.blocks):
        kind = block_kinds()[block.kind]  # type: ignore[attr-defined]
        if block.intent:
            yield Reference("intent", block.intent, flow.id, block.id)
        for target in kind.jumps(block):
            yield Reference("block", target, flow.id, block.id)
        for template in kind.templates(block):
            for name in variables_in(template):
                yield Reference("variable", name, flow.id, block.id)


def dangling(
    flows: Mapping[str, Flow], intents: Mapping[str, str], entities: Mapping[str, Any], variables: Mapping[str, Any]
) -> list[Reference]:
    """References to what is not there, each once."""
    known: dict[str, set[str]] = {
        "intent": set(intents),
        "entity": set(entities),
        "variable": {*variables, *declared(flows), *SYSTEM_VARIABLES},
        "block": {block["id"] for flow in flows.values() for block in flow.blocks},
    }
    missing = (found for found in references(flows) if found.target not in known[found.kind])
    return list(dict.fromkeys(missing))


def declared(flows: Mapping[str, Flow]) -> set[str]:
    """Variables that a flow declares, or that one of its buttons sets."""
    found = {name for flow in flows.values() for name in flow.variables}
    for flow in flows.values():
        for block in parse_blocks(flow.blocks):
            found.update(block_kinds()[block.kind].assigns(block))  # type: ignore[attr-defined]
    return found
