"""What stands in the way of publishing flows: dead references, values that live lacks (P8, P9, E4). Pure."""

from collections.abc import Iterable
from typing import Any

from services.publisher.closure import closure, hopeless, loose_ends, twice
from services.publisher.compose import chosen_flows, ids_of
from services.publisher.finding import blocker, warning
from services.publisher.wish import Wish
from shared.contracts import Finding, Release, Snapshot
from shared.flows.lint import Blocks, stumbling
from shared.flows.references import Reference

FEW = 5


def unknown_flows(wish: Wish, draft: Snapshot, live: Release) -> list[Finding]:
    asked = zip(wish.flows or (), ids_of(wish.flows or (), draft, live), strict=True)
    unknown = [name for name, flow in asked if flow not in draft.flows and flow not in live.flows]
    return [
        blocker("unknown_flow", f"Neither draft nor live has a flow {name!r}.", [{"kind": "flow", "id": name}])
        for name in unknown
    ]


def dangling_references(loose: Iterable[Reference], help_: str = "make it, or change the block.") -> list[Finding]:
    """What a block refers to must be there. One finding for each thing that is missing."""
    missing: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for ref in loose:
        missing.setdefault((ref.kind, ref.target), []).append({"flow": ref.flow, "block": ref.block})
    return [
        blocker(
            "dangling_reference",
            f"{_places(places)} to the {kind} {target!r}, which would not exist: {help_}",
            [{"kind": kind, "id": target, "blocks": places}],
        )
        for (kind, target), places in sorted(missing.items())
    ]


def incomplete_choice(wish: Wish, draft: Snapshot, live: Release, outcome: Release, blocks: Blocks) -> list[Finding]:
    """P8: what the chosen flows lack, with the smallest set of flows that would close it."""
    loose = loose_ends(outcome, blocks)
    if not loose and not twice(outcome):
        return []
    also, beyond = closure(chosen_flows(wish, draft, live), draft, live), hopeless(draft, live)
    help_ = _help(sorted(also), draft, live)
    tied = dangling_references((end for end in loose if (end.kind, end.target) not in beyond), help_)
    closing = [{"kind": "closure", "flows": sorted(also)}] if also else []
    found = [
        finding.model_copy(update={"subjects": (*finding.subjects, *closing)})
        for finding in (*tied, *_in_two_flows(outcome, help_))
    ]
    return found + _beyond_flows(draft, (end for end in loose if (end.kind, end.target) in beyond))


def _beyond_flows(draft: Snapshot, loose: Iterable[Reference]) -> list[Finding]:
    """What no flow brings along: draft's NLP may have it, or nothing has."""
    of_nlp = {("intent", mark.id) for mark in draft.intents} | {("entity", name) for name in draft.entities}
    ends = list(loose)
    return dangling_references(
        (end for end in ends if (end.kind, end.target) in of_nlp), "publish the NLP too, or the full bot."
    ) + dangling_references(end for end in ends if (end.kind, end.target) not in of_nlp)


def stumbling_blocks(release: Release, blocks: Blocks) -> list[Finding]:
    """What users would stumble over, though it can be published."""
    names = {mark.id: mark.name for mark in release.intents}
    return stumbling(blocks, names, release.languages) + few_expressions(release)


def few_expressions(release: Release) -> list[Finding]:
    return [
        warning(
            "few_expressions",
            f"The intent {mark.name!r} has {mark.expression_count} expressions: {FEW} or more are understood better.",
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


def _help(also: list[str], draft: Snapshot, live: Release) -> str:
    names = {flow.id: flow.name for flow in (*live.flows.values(), *draft.flows.values())}
    return f"publish {', '.join(repr(names[flow]) for flow in also)} as well."


def _places(places: list[dict[str, Any]]) -> str:
    names = ", ".join(sorted({f"{place['flow']}/{place['block']}" for place in places}))
    return f"Block {names} refers" if len(places) == 1 else f"Blocks {names} refer"
