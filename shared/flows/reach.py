"""Which blocks can be come to, and which go round for ever. Pure; linear in the number of jumps."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from shared.flows.block import Block


def reachable(blocks: Iterable[Block]) -> set[str]:
    """Ids of the blocks that some conversation may come to: by a system role, by an intent whose contexts
    blocks that can be come to open, or by a jump from one of these.
    """
    by_id = {block.id: block for block in blocks}
    closed = {id_: set(block.required_contexts) for id_, block in by_id.items() if block.intent}
    waiting: dict[str, list[str]] = {}
    for id_, names in closed.items():
        for name in names:
            waiting.setdefault(name, []).append(id_)
    ahead = [id_ for id_, block in by_id.items() if block.system or closed.get(id_) == set()]
    reached: set[str] = set()
    while ahead:
        id_ = ahead.pop()
        if id_ in reached or id_ not in by_id:
            continue
        reached.add(id_)
        ahead += by_id[id_].jumps()
        for context in by_id[id_].output_contexts:
            for other in waiting.pop(context.name, ()):
                closed[other].discard(context.name)
                if not closed[other]:
                    ahead.append(other)
    return reached


def circles(following: Mapping[str, Collection[str]]) -> list[list[str]]:
    """The blocks that "is followed by" leads round among, each group once, in the order in which they are come to.

    Tarjan, "Depth-first search and linear graph algorithms", 1972, without recursion.
    """
    search = _Search(following)
    for first in following:
        if first not in search.order:
            search.run(first)
    return sorted(search.found, key=lambda group: search.order[group[0]])


class _Search:
    """`lowest` is the earliest block, by order of entry, that is come to again from a block or from those after it."""

    def __init__(self, following: Mapping[str, Collection[str]]) -> None:
        self.following = following
        self.order: dict[str, int] = {}
        self.lowest: dict[str, int] = {}
        self.open: dict[str, None] = {}
        self.found: list[list[str]] = []

    def run(self, first: str) -> None:
        path = [self._enter(first)]
        while path:
            at, others = path[-1]
            other = next(others, None)
            if other is None:
                path.pop()
                self._leave(at, path[-1][0] if path else None)
            elif other in self.open:
                self.lowest[at] = min(self.lowest[at], self.order[other])
            elif other not in self.order and other in self.following:
                path.append(self._enter(other))

    def _enter(self, at: str) -> tuple[str, Iterator[str]]:
        self.order[at] = self.lowest[at] = len(self.order)
        self.open[at] = None
        return at, iter(self.following[at])

    def _leave(self, at: str, before: str | None) -> None:
        if before is not None:
            self.lowest[before] = min(self.lowest[before], self.lowest[at])
        if self.lowest[at] != self.order[at]:
            return
        group = [self.open.popitem()[0]]
        while group[-1] != at:
            group.append(self.open.popitem()[0])
        if len(group) > 1 or at in self.following[at]:
            self.found.append(group[::-1])
