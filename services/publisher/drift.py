"""What was edited in live and is not yet draft's: so that no hot-fix is lost at the next publication (E3). Pure.

An item is a flow or a setting. Which items carry a live edit is known for every release from the one before it,
so a rollback knows it again for the release that it brings back.
"""

from collections.abc import Collection, Mapping
from typing import Any

from services.publisher.compose import THRESHOLDS
from services.publisher.wish import Wish
from shared.contracts import Flow, Release, Snapshot
from shared.digest import canonical, digest_of, same
from shared.document import Value

LANGUAGES = "setting:languages"


class Edit(Value):
    """The last edit of an item.

    `agreed` is the digest of the value that both sides had last, which release `base` has: that before the first edit,
    or one that draft has pulled. `left` are digests of what draft had before it pulled, each with the `base` of then: a
    draft that has gone back to one of them has undone a pull.
    """

    number: int
    author: str
    agreed: str
    base: int
    left: dict[str, int] = {}

    def base_for(self, ours: Any) -> int:
        """Of a merge with that value of draft."""
        return self.left.get(value_digest(ours), self.base)


Edits = Mapping[str, Edit]


class DriftItem(Value):
    """An edit of live that a publication would overwrite."""

    item: str
    kind: str
    id: str
    name: str
    release: int
    author: str


def items(release: Release | Snapshot) -> dict[str, Any]:
    flows = {f"flow:{flow.id}": flow for flow in release.flows.values()}
    return flows | {f"setting:{name}": value for name, value in release.settings.model_dump(mode="json").items()}


def value_digest(value: Any) -> str:
    """Of one item; what is not there has one too."""
    return value.digest if isinstance(value, Flow) else digest_of(canonical(value))


def after_edit(edits: Edits, before: Release, after: Release, number: int, author: str) -> dict[str, Edit]:
    """An item that is edited back to the agreed value carries no edit any more, but for what a pull has left."""
    old, new = items(before), items(after)
    found = dict(edits)
    for item in old.keys() | new.keys():
        if same(old.get(item), new.get(item)):
            continue
        first = Edit(number=number, author=author, agreed=value_digest(old.get(item)), base=number - 1)
        known = found.pop(item, first)
        if known.left or value_digest(new.get(item)) != known.agreed:
            found[item] = known.model_copy(update={"number": number, "author": author})
    return found


def after_pull(
    edits: Edits, taken: Collection[str], live: Release, number: int, before: Snapshot, written: Collection[str]
) -> dict[str, Edit]:
    """What was taken is agreed as release `number` has it. `before` is draft as it was before what was `written`."""
    theirs, ours = items(live), items(before)
    found = {item: edit for item, edit in edits.items() if item not in taken or item in written}
    for item in found.keys() & set(taken):
        edit, mine = found[item], ours.get(item)
        left = {**edit.left, value_digest(mine): edit.base_for(mine)}
        agreed = value_digest(theirs.get(item))
        found[item] = edit.model_copy(update={"agreed": agreed, "base": number, "left": left})
    return found


def after_publication(edits: Edits, wish: Wish) -> dict[str, Edit]:
    """What the publication wrote is agreed from now on. Flows are named by their ids."""
    return {item: edit for item, edit in edits.items() if not _written(item, wish)}


def _written(item: str, wish: Wish) -> bool:
    kind, _, name = item.partition(":")
    if wish.mode == "flows":
        return kind == "flow" and (wish.flows is None or name in wish.flows)
    if item == LANGUAGES:
        # Live keeps the thresholds of a language that was not carried.
        return wish.languages is None
    return wish.mode == "full" or (kind == "setting" and name in THRESHOLDS)


def standing(edits: Edits, live: Release, ours: Release | Snapshot | None) -> dict[str, Edit]:
    """The edits that nobody has pulled, or that draft has no longer. `ours` is draft, or what would come out of it."""
    if not edits:
        return {}
    theirs, mine = items(live), items(ours) if ours else {}
    return {
        item: edit
        for item, edit in edits.items()
        if value_digest(theirs.get(item)) != edit.agreed or (ours and value_digest(mine.get(item)) in edit.left)
    }


def drift(edits: Edits, live: Release, candidate: Release) -> tuple[DriftItem, ...]:
    """The edits that the candidate would overwrite with something else."""
    if not edits:
        return ()
    ours, theirs = items(candidate), items(live)
    found = standing(edits, live, candidate)
    lost = {item: edit for item, edit in found.items() if not same(ours.get(item), theirs.get(item))}
    return tuple(named(item, edit, live, candidate) for item, edit in sorted(lost.items()))


def named(item: str, edit: Edit, live: Release, candidate: Release) -> DriftItem:
    kind, _, name = item.partition(":")
    flow = live.flows.get(name) or candidate.flows.get(name) if kind == "flow" else None
    shown = flow.name if flow else name
    return DriftItem(item=item, kind=kind, id=name, name=shown, release=edit.number, author=edit.author)
