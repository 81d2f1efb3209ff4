"""What a publication changes, in the bot's own terms. Pure; identity is the id, so a rename is a rename."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import SerializerFunctionWrapHandler, model_serializer

from shared.contracts import Flow, Release
from shared.document import Value


class ExpressionChange(Value):
    language: str
    text: str


class ExpressionChanges(Value):
    """What an intent gained and lost. The lists are cut short, the counts are whole."""

    added: tuple[ExpressionChange, ...] = ()
    removed: tuple[ExpressionChange, ...] = ()
    added_count: int = 0
    removed_count: int = 0


class Named(Value):
    """`expressions` is told of intents, where draft knows; `before` and `after` are values of a changed setting."""

    id: str
    name: str
    expressions: ExpressionChanges | None = None
    before: Any = None
    after: Any = None

    @model_serializer(mode="wrap")
    def _told(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without a word of what most things do not have."""
        return {name: value for name, value in write(self).items() if value is not None}


class Renamed(Value):
    id: str
    before: str
    after: str


class PartChanges(Value):
    added: tuple[Named, ...] = ()
    removed: tuple[Named, ...] = ()
    changed: tuple[Named, ...] = ()
    renamed: tuple[Renamed, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.renamed)


class Changes(Value):
    intents: PartChanges = PartChanges()
    entities: PartChanges = PartChanges()
    flows: PartChanges = PartChanges()
    blocks: PartChanges = PartChanges()
    variables: PartChanges = PartChanges()
    settings: PartChanges = PartChanges()
    models: PartChanges = PartChanges()

    def __bool__(self) -> bool:
        return any(getattr(self, part) for part in type(self).model_fields)


Item = tuple[str, Any]
"""The name that people know it by, and everything else about it."""


def diff(before: Release | None, after: Release) -> Changes:
    """Every part compared on its own; what `before` lacks altogether is added."""
    old, new = (_parts(before, after) if before else {}), _parts(after, before)
    found = {part: _compare(old.get(part, {}), items) for part, items in new.items()}
    return Changes(**{**found, "settings": _with_values(found["settings"], old.get("settings", {}), new["settings"])})


def _parts(release: Release, other: Release | None) -> dict[str, dict[str, Item]]:
    """Without the blocks of flows that are the same in the `other`: none of them changed."""
    return {
        "intents": {mark.id: (mark.name, mark.expressions) for mark in release.intents},
        "entities": _plain(release.entities),
        "flows": {flow.id: (flow.name, (flow.blocks, flow.variables)) for flow in release.flows.values()},
        "blocks": _blocks(flow for flow in release.flows.values() if other is None or other.flows.get(flow.id) != flow),
        "variables": _plain(release.variables),
        "settings": _plain({**release.settings.model_dump(), "languages": release.languages}),
        "models": {language: (language, model.digest) for language, model in release.models.items()},
    }


def _plain(items: Mapping[str, Any]) -> dict[str, Item]:
    return {name: (name, value) for name, value in items.items()}


def _blocks(flows: Iterable[Flow]) -> dict[str, Item]:
    return {
        block["id"]: (block.get("name") or block["id"], (flow.id, {**block, "name": None}))
        for flow in flows
        for block in flow.blocks
    }


def _compare(old: Mapping[str, Item], new: Mapping[str, Item]) -> PartChanges:
    both = sorted(old.keys() & new.keys())
    return PartChanges(
        added=tuple(Named(id=key, name=new[key][0]) for key in sorted(new.keys() - old.keys())),
        removed=tuple(Named(id=key, name=old[key][0]) for key in sorted(old.keys() - new.keys())),
        changed=tuple(Named(id=key, name=new[key][0]) for key in both if old[key][1] != new[key][1]),
        renamed=tuple(
            Renamed(id=key, before=old[key][0], after=new[key][0]) for key in both if old[key][0] != new[key][0]
        ),
    )


def _with_values(changes: PartChanges, old: Mapping[str, Item], new: Mapping[str, Item]) -> PartChanges:
    """Settings are short enough to be told whole."""
    told = (
        named.model_copy(update={"before": old[named.id][1], "after": new[named.id][1]}) for named in changes.changed
    )
    return changes.model_copy(update={"changed": tuple(told)})


def with_expressions(changes: Changes, found: Mapping[str, ExpressionChanges]) -> Changes:
    """The changes of intents with the sentences that they are about, `found` by intent id."""

    def told(part: tuple[Named, ...]) -> tuple[Named, ...]:
        return tuple(named.model_copy(update={"expressions": found.get(named.id)}) for named in part)

    intents = changes.intents
    parts = {part: told(getattr(intents, part)) for part in ("added", "removed", "changed")}
    return changes.model_copy(update={"intents": intents.model_copy(update=parts)})
