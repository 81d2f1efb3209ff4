"""Which flows must go together (P8): the flows to name as well so that nothing dangles. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator

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


def hopeless(draft: Snapshot, live: Release) -> frozenset[tuple[str, str]]:
    """What blocks refer to, by kind and name, and would miss even if every flow were published."""
    everyone = frozenset(draft.flows.keys() | live.flows.keys())
    return frozenset((end.kind, end.target) for end in loose_ends(with_flows(draft, live, everyone)))


def closure(chosen: frozenset[str], draft: Snapshot, live: Release) -> frozenset[str]:
    """Flows beside the chosen ones that tie every loose end that flows can tie, none of which can be spared."""
    beyond, added = hopeless(draft, live), frozenset[str]()
    while more := frozenset(_next(chosen | added, draft, live, beyond)):
        added |= more
    for flow in sorted(added):
        if not any(_next(chosen | added - {flow}, draft, live, beyond)):
            added -= {flow}
    return added


def _next(chosen: frozenset[str], draft: Snapshot, live: Release, beyond: frozenset[tuple[str, str]]) -> Iterator[str]:
    """For each loose end the flow that ties it: the one that has what is missing, else draft's version of the flow
    that still asks for it. Ends that are `beyond` all flows are left."""
    outcome = with_flows(draft, live, chosen)
    homes = {block["id"]: flow.id for flow in draft.flows.values() for block in flow.blocks}
    giving = {name: here.flow for here in placed(draft.flows) for name in here.assigns}
    giving |= {name: flow.id for flow in draft.flows.values() for name in flow.variables}
    for end in loose_ends(outcome):
        if (end.kind, end.target) in beyond:
            continue
        home = {"block": homes, "variable": giving}.get(end.kind, {}).get(end.target)
        if home is not None and home not in chosen:
            yield home
        elif end.flow not in chosen:
            yield end.flow
    for flows in twice(outcome).values():
        yield from (flow for flow in flows if flow not in chosen)
