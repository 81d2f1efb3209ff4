"""What a publication changes, in the bot's own terms. Pure; identity is the id, so a rename is a rename."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from pydantic import SerializerFunctionWrapHandler, model_serializer

from shared.contracts import Flow, Release
from shared.digest import same
from shared.document import Value

MOST_TOLD = 20
"""Values of an entity that are named, each way."""


class ExpressionChange(Value):
    language: str
    text: str


class ExpressionChanges(Value):
    """What an intent gained and lost. The lists are cut short, the counts are whole."""

    added: tuple[ExpressionChange, ...] = ()
    removed: tuple[ExpressionChange, ...] = ()
    added_count: int = 0
    removed_count: int = 0


class SynonymChanges(Value):
    value: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


class ValueChanges(Value):
    """What an entity gained and lost; `changed` are values with other synonyms, `fields` what else is not as it was.

    The lists are cut short, the counts are whole.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[SynonymChanges, ...] = ()
    added_count: int = 0
    removed_count: int = 0
    changed_count: int = 0
    fields: tuple[str, ...] = ()


class Named(Value):
    """`expressions` is told of intents, where draft knows; `values` of a changed entity; `before` and `after` are
    values of a changed setting.
    """

    id: str
    name: str
    expressions: ExpressionChanges | None = None
    values: ValueChanges | None = None
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
    found["settings"] = _with_values(found["settings"], old.get("settings", {}), new["settings"])
    found["entities"] = _with_synonyms(found["entities"], old.get("entities", {}), new["entities"])
    return Changes(**found)


def _parts(release: Release, other: Release | None) -> dict[str, dict[str, Item]]:
    """Without the blocks of flows that are the same in the `other`: none of them changed."""
    return {
        "intents": {mark.id: (mark.name, mark.expressions) for mark in release.intents},
        "entities": _plain(release.entities),
        "flows": {flow.id: (flow.name, (flow.blocks, flow.variables)) for flow in release.flows.values()},
        "blocks": _blocks(f for f in release.flows.values() if other is None or not same(other.flows.get(f.id), f)),
        "variables": _plain(release.variables),
        "settings": _plain(_settings(release, other)),
        "models": {language: (language, model.digest) for language, model in release.models.items()},
    }


def _settings(release: Release, other: Release | None) -> dict[str, Any]:
    """What the bot is called, what it speaks, and what is set, for single languages too."""
    own = release.settings.languages
    both = own.keys() | (other.settings.languages.keys() if other else set())
    thresholds = {f"languages.{k}": own[k].model_dump(exclude_none=True) if k in own else {} for k in sorted(both)}
    settings = release.settings.model_dump(exclude={"languages"})
    return {"name": release.bot.name, "languages": release.languages, **settings, **thresholds}


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
        changed=tuple(Named(id=key, name=new[key][0]) for key in both if not same(old[key][1], new[key][1])),
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


def _with_synonyms(changes: PartChanges, old: Mapping[str, Item], new: Mapping[str, Item]) -> PartChanges:
    told = (
        named.model_copy(update={"values": _values(old[named.id][1], new[named.id][1])}) for named in changes.changed
    )
    return changes.model_copy(update={"changed": tuple(told)})


def _values(before: Mapping[str, Any], after: Mapping[str, Any]) -> ValueChanges:
    old, new = _synonyms(before), _synonyms(after)
    added, removed = [v for v in new if v not in old], [v for v in old if v not in new]
    changed = [value for value in new if value in old and old[value] != new[value]]
    fields = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    return ValueChanges(
        added=tuple(added[:MOST_TOLD]),
        removed=tuple(removed[:MOST_TOLD]),
        changed=tuple(_synonym_changes(value, old[value], new[value]) for value in changed[:MOST_TOLD]),
        added_count=len(added),
        removed_count=len(removed),
        changed_count=len(changed),
        fields=tuple(sorted(fields - {"values"})),
    )


def _synonyms(entity: Mapping[str, Any]) -> dict[str, list[str]]:
    return {value["value"]: value.get("synonyms", []) for value in entity.get("values", []) if "value" in value}


def _synonym_changes(value: str, old: list[str], new: list[str]) -> SynonymChanges:
    added, removed = (s for s in new if s not in old), (s for s in old if s not in new)
    return SynonymChanges(value=value, added=tuple(islice(added, MOST_TOLD)), removed=tuple(islice(removed, MOST_TOLD)))


def with_expressions(changes: Changes, found: Mapping[str, ExpressionChanges]) -> Changes:
    """The changes of intents with the sentences that they are about, `found` by intent id."""

    def told(part: tuple[Named, ...]) -> tuple[Named, ...]:
        return tuple(named.model_copy(update={"expressions": found.get(named.id)}) for named in part)

    intents = changes.intents
    parts = {part: told(getattr(intents, part)) for part in ("added", "removed", "changed")}
    return changes.model_copy(update={"intents": intents.model_copy(update=parts)})
