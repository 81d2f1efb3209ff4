"""What stands in the way of publishing flows: dead references, values that live lacks (P8, P9, E4). Pure."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from services.publisher.closure import closure, hopeless, loose_ends, twice
from services.publisher.compose import chosen_flows, ids_of
from services.publisher.finding import blocker, warning
from services.publisher.wish import Wish
from shared.contracts import Finding, Release, Snapshot
from shared.counting import counted
from shared.flows.lint import Blocks, stumbling
from shared.flows.references import Reference, references

FEW = 5

Remedy = Callable[[str, str], str]
"""What to do about a thing that is missing, of a kind and with an id."""


def _make_it(_kind: str, _target: str) -> str:
    return "make it, or change the block."


def unknown_flows(wish: Wish, draft: Snapshot, live: Release) -> list[Finding]:
    asked = zip(wish.flows or (), ids_of(wish.flows or (), draft.flows, live.flows), strict=True)
    unknown = [name for name, flow in asked if flow not in draft.flows and flow not in live.flows]
    return [
        blocker("unknown_flow", f"Neither draft nor {wish.place} has a flow {name!r}.", [{"kind": "flow", "id": name}])
        for name in unknown
    ]


def names_of(draft: Snapshot, live: Release | None) -> dict[str, str]:
    """Of intents, by id: of those that draft has no more as live knew them."""
    return {mark.id: mark.name for mark in (*(live.intents if live else ()), *draft.intents)}


def dangling_references(
    loose: Iterable[Reference], names: Mapping[str, str], remedy: Remedy = _make_it
) -> list[Finding]:
    """What a block refers to must be there. One finding for each thing that is missing; `names` are of intents."""
    missing: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for ref in loose:
        missing.setdefault((ref.kind, ref.target), []).append({"flow": ref.flow, "block": ref.block})
    return [
        _dangling(kind, target, names.get(target) if kind == "intent" else None, places, remedy(kind, target))
        for (kind, target), places in sorted(missing.items())
    ]


def _dangling(kind: str, target: str, name: str | None, places: list[dict[str, Any]], help_: str) -> Finding:
    message = f"{_places(places)} to the {kind} {name or target!r}, which would not exist: {help_}"
    named = {"name": name} if name else {}
    return blocker("dangling_reference", message, [{"kind": kind, "id": target, **named, "blocks": places}])


def incomplete_choice(wish: Wish, draft: Snapshot, live: Release, outcome: Release, blocks: Blocks) -> list[Finding]:
    """P8: what the chosen flows lack, with the smallest set of flows that would close it."""
    loose = loose_ends(outcome, blocks)
    if not loose and not twice(outcome):
        return []
    names, beyond = names_of(draft, live), hopeless(draft, live)
    also = sorted(closure(chosen_flows(wish, draft, live), draft, live))
    together = _help(also, draft, live) if also else "publish them together."
    tied = dangling_references((end for end in loose if _what(end) not in beyond), names, lambda *_: together)
    closing = [{"kind": "closure", "flows": also}] if also else []
    found = [
        finding.model_copy(update={"subjects": (*finding.subjects, *closing)})
        for finding in (*tied, *_in_two_flows(outcome, together))
    ]
    left = (end for end in loose if _what(end) in beyond)
    return found + dangling_references(left, names, lambda *what: _remedy(draft, *what))


def missed_by_flows(loose: list[Reference], draft: Snapshot, live: Release) -> list[Finding]:
    """What blocks of live use and draft's NLP lacks: flows stay as they are when the NLP alone is published."""
    used = {_what(end) for end in references(draft.flows)} if loose else set[tuple[str, str]]()

    def remedy(kind: str, target: str) -> str:
        if (kind, target) in used:
            return "make it, or change the block and publish the full bot."
        flows = sorted({end.flow for end in loose if _what(end) == (kind, target)})
        return f"publish the full bot, or {_told(flows, draft, live)} before the NLP."

    return dangling_references(loose, names_of(draft, live), remedy)


def _what(end: Reference) -> tuple[str, str]:
    return end.kind, end.target


def stumbling_blocks(release: Release, blocks: Blocks) -> list[Finding]:
    """What users would stumble over, though it can be published."""
    names = {mark.id: mark.name for mark in release.intents}
    return stumbling(blocks, names, release.languages) + few_expressions(release)


def few_expressions(release: Release) -> list[Finding]:
    return [
        warning(
            "few_expressions",
            f"The intent {mark.name!r} has {counted(mark.expression_count, 'expression', 'expressions')}: "
            f"{FEW} or more are understood better.",
            [{"kind": "intent", "id": mark.id, "name": mark.name}],
        )
        for mark in release.intents
        if mark.expression_count < FEW
    ]


def _in_two_flows(release: Release, help_: str) -> list[Finding]:
    return [
        blocker(
            "duplicate_block",
            f"The block {block!r} would stand in the flows {' and '.join(flows)}: {help_}",
            [{"kind": "block", "id": block, "flows": flows}],
        )
        for block, flows in sorted(twice(release).items())
    ]


def _remedy(draft: Snapshot, kind: str, target: str) -> str:
    """Where no choice of flows would do: what draft has comes with more than flows, what it lacks does not come."""
    nlp: dict[str, Collection[str]] = {"intent": names_of(draft, None), "entity": draft.entities}
    if target in nlp.get(kind, ()):
        return "publish its NLP too, or the full bot."
    homes = {block["id"]: flow.id for flow in draft.flows.values() for block in flow.blocks}
    if kind == "block" and target in homes:
        return _help([homes[target]], draft)
    if kind == "variable" and target in draft.variables:
        return "publish the full bot."
    return _make_it(kind, target)


def _help(also: list[str], draft: Snapshot, live: Release | None = None) -> str:
    return f"publish {_told(also, draft, live)} as well."


def _told(ids: list[str], draft: Snapshot, live: Release | None) -> str:
    """Flows as they can be asked for: by name, and by id where the name leads to another one."""
    flows, others = draft.flows, live.flows if live else {}
    names = {flow.id: flow.name for flow in (*others.values(), *flows.values())}
    leads = ids_of((names[flow] for flow in ids), flows, others)
    told = (repr(names[i]) if i == to else f"{i!r} (called {names[i]!r})" for i, to in zip(ids, leads, strict=True))
    return ", ".join(told)


def _places(places: list[dict[str, Any]]) -> str:
    names = ", ".join(sorted({f"{place['flow']}/{place['block']}" for place in places}))
    return f"Block {names} refers" if len(places) == 1 else f"Blocks {names} refer"
