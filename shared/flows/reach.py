"""Which blocks can be come to, and which go round for ever. Pure; linear in the number of jumps."""

from collections.abc import Iterable, Mapping

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


def circles(following: Mapping[str, str | None]) -> list[list[str]]:
    """The closed rounds of "is followed by", each once, in the order of the first id that leads into it."""
    found: list[list[str]] = []
    done: set[str] = set()
    for first in following:
        path: dict[str, int] = {}
        at: str | None = first
        while at is not None and at in following and at not in done and at not in path:
            path[at] = len(path)
            at = following[at]
        if at is not None and at in path:
            found.append(list(path)[path[at] :])
        done.update(path)
    return found
