"""Rasa's training data: intents with annotated examples, synonyms, lookup tables, patterns.

The format is that of Rasa's documentation of training data, https://legacy-docs-oss.rasa.com/docs/rasa/.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.draft_api.foreign.harvest import Harvest

# [text](entity), [text](entity:value), [text]{"entity": ...} and [text][{"entity": ...}, ...].
_ANNOTATION = re.compile(
    r"\[(?P<text>[^\[\]]+)\](?:\((?P<plain>[^()]*)\)|\{(?P<one>[^{}]*)\}|\[(?P<many>\{[^\[\]]*\})\])"
)
_KINDS = ("intent", "synonym", "lookup", "regex")
_UNREAD = "an example begins with a dash; the values of a lookup table in a file of its own go here"
_SHOWN = 50


@dataclass
class _Hints:
    """What is said beside the intents, to be understood when all files are read."""

    synonyms: dict[str, list[str]] = field(default_factory=dict)
    lookups: dict[str, list[str]] = field(default_factory=dict)
    patterns: dict[str, list[str]] = field(default_factory=dict)
    roles: set[str] = field(default_factory=set)


def read_nlu(items: Iterable[Any], harvest: Harvest, language: str | None, declared: Iterable[str]) -> None:
    """`items` are the entries of `nlu:` of every file; `declared` the entities of the domain."""
    hints = _Hints()
    for item in items:
        if isinstance(item, Mapping):
            _read_item(item, harvest, hints, language)
        else:
            harvest.lose("an entry of nlu", "it is no mapping")
    _settle(harvest, hints, tuple(declared))


def _read_item(item: Mapping[str, Any], harvest: Harvest, hints: _Hints, language: str | None) -> None:
    kind = next((kind for kind in _KINDS if kind in item), None)
    if kind is None:
        harvest.lose(f"nlu entry {sorted(map(str, item))}", "Greenroom knows intents, synonyms, lookups and regexes")
        return
    name, examples = str(item[kind]), list(_examples(item.get("examples")))
    harvest.lose_all(f"lines of {kind} {name}", _unread(item.get("examples")), _UNREAD)
    if kind == "intent":
        intent = harvest.intent(name)
        for text, entities in examples:
            _annotate(text, entities, harvest, hints)
            harvest.expression(_plain(text, harvest, hints) if entities is None else text, intent, language)
        return
    known = {"synonym": hints.synonyms, "lookup": hints.lookups, "regex": hints.patterns}[kind]
    known.setdefault(name, []).extend(text for text, _ in examples)


def _examples(found: Any) -> Iterator[tuple[str, Any]]:
    """One text with a line for each, or a list of texts or of mappings with a `text`, and perhaps its entities."""
    if isinstance(found, str):
        lines = (line.strip() for line in found.splitlines())
        yield from ((line[1:].strip(), None) for line in lines if line.startswith("-"))
    elif isinstance(found, list):
        for item in found:
            text, entities = _said(item), item.get("entities") if isinstance(item, Mapping) else None
            if text is not None:
                yield (text.strip().removeprefix("- ").strip() if entities is None else text), entities


def _said(item: Any) -> str | None:
    text = item.get("text") if isinstance(item, Mapping) else item
    return text if isinstance(text, str) else None


def _unread(found: Any) -> list[str]:
    """Lines and items that are no example."""
    if isinstance(found, list):
        return [str(item)[:_SHOWN] for item in found if _said(item) is None]
    lines = (line.strip() for line in found.splitlines()) if isinstance(found, str) else iter(())
    return [line[:_SHOWN] for line in lines if line and not line.startswith("-")]


def _annotate(text: str, entities: Any, harvest: Harvest, hints: _Hints) -> None:
    """Entities that lie beside their example, where its text has no marks."""
    for found in entities if isinstance(entities, list) else ():
        if isinstance(found, Mapping) and isinstance(found.get("entity"), str):
            said, value = _between(text, found.get("start"), found.get("end")), found.get("value")
            known = str(value) if isinstance(value, str | int | float) and str(value) else said
            harvest.value(found["entity"], known, [said] if said else [])
            hints.roles |= {found["entity"]} if {"role", "group"} & found.keys() else set()


def _between(text: str, start: Any, end: Any) -> str:
    try:
        return text[int(start) : int(end)]
    except (TypeError, ValueError):
        return ""


def _plain(text: str, harvest: Harvest, hints: _Hints) -> str:
    """The example as a user says it; what was annotated becomes a value of its entity."""

    def said(match: re.Match[str]) -> str:
        found = list(_annotated(match))
        for entity, value, role in found:
            harvest.value(entity, value or match["text"], [match["text"]] if value else [])
            hints.roles |= {entity} if role else set()
        return match["text"] if found else match[0]

    return _ANNOTATION.sub(said, text)


def _annotated(match: re.Match[str]) -> Iterator[tuple[str, str | None, bool]]:
    """Entity, the value that it stands for, and whether a role or a group was given."""
    if match["plain"] is not None:
        entity, _, value = match["plain"].partition(":")
        if entity.strip():
            yield entity.strip(), value.strip() or None, False
        return
    written = f"[{match['many']}]" if match["many"] else f"[{{{match['one']}}}]"
    try:
        read = json.loads(written)
    except ValueError:
        return
    for found in read:
        if isinstance(found, dict) and isinstance(found.get("entity"), str):
            value = found.get("value")
            yield found["entity"], str(value) if value is not None else None, bool({"role", "group"} & found.keys())


def _settle(harvest: Harvest, hints: _Hints, declared: tuple[str, ...]) -> None:
    for name, texts in hints.lookups.items():
        for text in texts:
            harvest.value(name, text)
    known = {*harvest.entity_names, *declared}
    for name, patterns in hints.patterns.items():
        if name not in known:
            harvest.lose(f"regex {name}", "no entity has its name: as a hint for a classifier it has no place here")
            continue
        for pattern in patterns:
            harvest.pattern(name, pattern)
    for value, texts in hints.synonyms.items():
        _attach(harvest, value, texts)
    valueless = known - set(harvest.entity_names) - hints.patterns.keys()
    why = "values are matched here, and it has none: give it values or a pattern"
    harvest.lose_all("entities without values", valueless, why)
    harvest.lose_all("roles and groups of entities", hints.roles, "a value is a value, whatever its part is")


def _attach(harvest: Harvest, value: str, texts: list[str]) -> None:
    """Synonyms belong to no entity in Rasa: they go to each that has the value, or one of them as its value."""
    owners = [name for name in harvest.entity_names if {value, *texts} & harvest.values_of(name).keys()]
    for owner in owners:
        harvest.replace(owner, value, texts)
    if not owners:
        harvest.lose(f"synonyms of {value}", "no entity has that value")
