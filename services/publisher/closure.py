"""Which flows must go together (P8): the flows to name as well so that nothing dangles. Pure."""

from collections import Counter
from collections.abc import Iterable

from services.publisher.compose import with_flows
from shared.contracts import Release, Snapshot
from shared.flows.references import Placed, Reference, declared, missing, placed


def loose_ends(release: Release, blocks: Iterable[Placed] | None = None) -> list[Reference]:
    """`blocks` are those of its flows where they were parsed already."""
    names = {mark.id: mark.name for mark in release.intents}
    every = placed(release.flows) if blocks is None else blocks
    return missing(every, declared(release.flows.values()), names, release.entities, release.variables)


def twice(release: Release) -> dict[str, list[str]]:
    """Blocks that stand in several flows, which happens when a flow is published without the one it got them from."""
    homes = [(block["id"], flow.id) for flow in release.flows.values() for block in flow.blocks]
    counts = Counter(block for block, _ in homes)
    return {block: [flow for found, flow in homes if found == block] for block, n in counts.items() if n > 1}


def closure(chosen: frozenset[str], draft: Snapshot, live: Release) -> frozenset[str] | None:
    """Flows beside the chosen ones, none of which can be spared; None when no set of flows would do."""
    added: frozenset[str] = frozenset()
    while not _closed(chosen | added, draft, live):
        more = frozenset(_next(chosen | added, draft, live))
        if not more:
            return None
        added |= more
    for flow in sorted(added):
        if _closed(chosen | added - {flow}, draft, live):
            added -= {flow}
    return added


def _closed(chosen: frozenset[str], draft: Snapshot, live: Release) -> bool:
    outcome = with_flows(draft, live, chosen)
    return not loose_ends(outcome) and not twice(outcome)


def _next(chosen: frozenset[str], draft: Snapshot, live: Release) -> Iterable[str]:
    """For each loose end the flow that ties it: the one that has what is missing, else draft's version of the flow
    that still asks for it."""
    outcome = with_flows(draft, live, chosen)
    homes = {block["id"]: flow.id for flow in draft.flows.values() for block in flow.blocks}
    declaring = {name: flow.id for flow in draft.flows.values() for name in flow.variables}
    for end in loose_ends(outcome):
        home = {"block": homes, "variable": declaring}.get(end.kind, {}).get(end.target)
        if home is not None and home not in chosen:
            yield home
        elif end.flow not in chosen:
            yield end.flow
    for flows in twice(outcome).values():
        yield from (flow for flow in flows if flow not in chosen)
