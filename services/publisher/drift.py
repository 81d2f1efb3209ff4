"""What was edited in live and is not yet draft's: so that no hot-fix is lost at the next publication (E3). Pure.

An item is a flow or a setting. Which items carry a live edit is known for every release from the one before it,
so a rollback knows it again for the release that it brings back.
"""

from collections.abc import Collection, Mapping
from typing import Any

from services.publisher.compose import THRESHOLDS
from services.publisher.wish import Wish
from shared.contracts import Flow, Release
from shared.digest import canonical, digest_of, same
from shared.document import Value

LANGUAGES = "setting:languages"

Pulled = Collection[tuple[str, str]]
"""Pairs of an item and the digest of a value of live that draft has taken over."""


class Edit(Value):
    """The last edit of an item. `agreed` is the digest of the value before the first, which release `base` has."""

    number: int
    author: str
    agreed: str
    base: int


Edits = Mapping[str, Edit]


class DriftItem(Value):
    """An edit of live that a publication would overwrite."""

    item: str
    kind: str
    id: str
    name: str
    release: int
    author: str


def items(release: Release) -> dict[str, Any]:
    flows = {f"flow:{flow.id}": flow for flow in release.flows.values()}
    return flows | {f"setting:{name}": value for name, value in release.settings.model_dump(mode="json").items()}


def digests(release: Release) -> dict[str, str]:
    return {item: value_digest(value) for item, value in items(release).items()}


def value_digest(value: Any) -> str:
    """Of one item; what is not there has one too."""
    return value.digest if isinstance(value, Flow) else digest_of(canonical(value))


def after_edit(edits: Edits, before: Release, after: Release, number: int, author: str) -> dict[str, Edit]:
    """An item that is edited back to the agreed value carries no edit any more."""
    old, new = items(before), items(after)
    found = dict(edits)
    for item in old.keys() | new.keys():
        if same(old.get(item), new.get(item)):
            continue
        known = found.pop(item, None)
        agreed = known.agreed if known else value_digest(old.get(item))
        if value_digest(new.get(item)) != agreed:
            found[item] = Edit(number=number, author=author, agreed=agreed, base=known.base if known else number - 1)
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


def standing(edits: Edits, pulled: Pulled, live: Release) -> dict[str, Edit]:
    """The edits that nobody has pulled."""
    if not edits:
        return {}
    values = items(live)
    return {item: edit for item, edit in edits.items() if (item, value_digest(values.get(item))) not in pulled}


def drift(edits: Edits, pulled: Pulled, live: Release, candidate: Release) -> tuple[DriftItem, ...]:
    """The edits that the candidate would overwrite with something else."""
    if not edits:
        return ()
    ours, theirs = items(candidate), items(live)
    lost = {item: e for item, e in standing(edits, pulled, live).items() if not same(ours.get(item), theirs.get(item))}
    return tuple(named(item, edit, live, candidate) for item, edit in sorted(lost.items()))


def named(item: str, edit: Edit, live: Release, candidate: Release) -> DriftItem:
    kind, _, name = item.partition(":")
    flow = live.flows.get(name) or candidate.flows.get(name) if kind == "flow" else None
    shown = flow.name if flow else name
    return DriftItem(item=item, kind=kind, id=name, name=shown, release=edit.number, author=edit.author)
