"""Bringing live's edits home: a three-way merge, block by block (E3). Pure.

`base` is what both sides had, None where a side has nothing. A part that changed on one side only is taken from
there; a part that changed differently on both sides is a clash.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from shared.contracts import Flow
from shared.document import Value

Side = Literal["live", "draft"]
Block = dict[str, Any]


class Clash(Value):
    """`part` is `name`, `variables`, `order` or `block:<id>` of a flow, `flow` or `setting` as a whole, or

    `setting:<language>`.
    """

    item: str
    part: str
    base: Any = None
    live: Any = None
    draft: Any = None


class Merged(Value):
    """`value` is None where the outcome is that the item goes."""

    value: Any
    clashes: tuple[Clash, ...] = ()


def merge_setting(item: str, base: Any, live: Any, draft: Any, prefer: Side | None = None) -> Merged:
    """A setting as a whole; thresholds of languages each on their own."""
    if not isinstance(live, Mapping) or not isinstance(draft, Mapping):
        return _three(item, "setting", base, live, draft, prefer)
    parts = {
        part: _three(item, f"setting:{part}", (base or {}).get(part), live.get(part), draft.get(part), prefer)
        for part in sorted({*live, *draft})
    }
    value = {part: found.value for part, found in parts.items() if found.value is not None}
    return Merged(value=value, clashes=tuple(clash for found in parts.values() for clash in found.clashes))


def merge_flow(item: str, base: Flow | None, live: Flow | None, draft: Flow | None, prefer: Side | None) -> Merged:
    if live is None or draft is None:
        return _three(item, "flow", _plain(base), _plain(live), _plain(draft), prefer)
    old = base or Flow(id=live.id, name="")
    name = _three(item, "name", old.name, live.name, draft.name, prefer)
    blocks = _blocks(item, old.blocks, live.blocks, draft.blocks, prefer)
    variables = _variables(old.variables, live.variables, draft.variables)
    flow = Flow(id=live.id, name=name.value, blocks=blocks.value, variables=variables)
    return Merged(value=flow.model_dump(mode="json"), clashes=(*name.clashes, *blocks.clashes))


def _three(item: str, part: str, base: Any, live: Any, draft: Any, prefer: Side | None) -> Merged:
    if live in (draft, base):
        return Merged(value=draft)
    if draft == base:
        return Merged(value=live)
    if prefer is not None:
        return Merged(value=live if prefer == "live" else draft)
    return Merged(value=draft, clashes=(Clash(item=item, part=part, base=base, live=live, draft=draft),))


def _blocks(
    item: str, base: Sequence[Block], live: Sequence[Block], draft: Sequence[Block], prefer: Side | None
) -> Merged:
    old, ours, theirs = ({block["id"]: block for block in blocks} for blocks in (base, live, draft))
    merged = {
        block: _three(item, f"block:{block}", old.get(block), ours.get(block), theirs.get(block), prefer)
        for block in {**theirs, **ours, **old}
    }
    kept = {block: found.value for block, found in merged.items() if found.value is not None}
    order = _order(list(old), list(ours), list(theirs))
    clashes = tuple(clash for found in merged.values() for clash in found.clashes)
    return Merged(value=tuple(kept[block] for block in order if block in kept), clashes=clashes)


def _order(base: list[str], live: list[str], draft: list[str]) -> list[str]:
    """As the side that moved blocks has it; what only the other side has comes after what it follows there."""
    first, second = (live, draft) if _moved(base, live) and not _moved(base, draft) else (draft, live)
    order = list(first)
    for place, block in enumerate(second):
        if block not in order:
            before = next((known for known in reversed(second[:place]) if known in order), None)
            order.insert(order.index(before) + 1 if before else 0, block)
    return order


def _moved(base: list[str], side: list[str]) -> bool:
    return [block for block in base if block in side] != [block for block in side if block in base]


def _variables(base: Sequence[str], live: Sequence[str], draft: Sequence[str]) -> tuple[str, ...]:
    """A name that one side dropped goes, one that a side added comes."""
    dropped = {name for name in base if name not in live or name not in draft}
    return tuple(name for name in dict.fromkeys((*draft, *live)) if name not in dropped)


def _plain(flow: Flow | None) -> Mapping[str, Any] | None:
    return flow.model_dump(mode="json") if flow else None
