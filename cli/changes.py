"""What differs between two versions of a bot, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

Changes = Mapping[str, Mapping[str, Any]]

MOST_NAMES, MOST_EXPRESSIONS = 8, 5
_TURNED = {"added": "removed", "removed": "added"}


def any_changes(changes: Changes) -> bool:
    return any(items for ways in changes.values() for items in ways.values())


def change_lines(changes: Changes) -> list[str]:
    """A line for each part of the bot and way it changed: `intents added: refund, late_train`."""
    return [
        f"{part} {way}: {_names(items)}"
        for part, ways in changes.items()
        if isinstance(ways, Mapping)
        for way, items in ways.items()
        if items
    ]


def detailed_lines(changes: Changes) -> list[str]:
    """The same, with the expressions that intents gained and lost, and the values of entities, as far as told."""
    lines = change_lines(changes)
    intents = changes.get("intents", {})
    told = [intent for way in ("added", "changed", "removed") for intent in intents.get(way, ())]
    entities = changes.get("entities", {}).get("changed", ())
    return [
        *lines,
        *(line for intent in told for line in _expression_lines(intent)),
        *(line for entity in entities for line in _value_lines(entity)),
    ]


def first_lines(changes: Changes) -> list[str]:
    """Of a bot where there was none: how much of each part, with some names. That its settings are new says little."""
    parts = {part: ways["added"] for part, ways in changes.items() if part != "settings" and ways.get("added")}
    return [f"{part}: {len(items)} ({_names(items)})" for part, items in parts.items()]


def turned_round(changes: Changes) -> dict[str, dict[str, Any]]:
    """What leads from the second version back to the first."""
    return {part: _turned(ways) for part, ways in changes.items()}


def _turned(ways: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    before = {item["id"]: item["before"] for item in ways.get("renamed", ())}
    named = {_TURNED.get(way, way): [_turned_item(item, before) for item in items] for way, items in ways.items()}
    # The ways stay in the order that they are read in.
    return {way: named.get(way, []) for way in ways}


def _turned_item(item: Mapping[str, Any], before: Mapping[str, str]) -> dict[str, Any]:
    if "before" in item:
        return {**item, "before": item["after"], "after": item["before"]}
    turned = {**item, "name": before.get(item["id"], item["name"])}
    if expressions := item.get("expressions"):
        turned["expressions"] = _turned_lists(expressions)
    if values := item.get("values"):
        turned["values"] = {**_turned_lists(values), "changed": [_turned_lists(value) for value in values["changed"]]}
    return turned


def _turned_lists(told: Mapping[str, Any]) -> dict[str, Any]:
    return {_swapped(name): value for name, value in told.items()}


def _swapped(name: str) -> str:
    """`added_count` -> `removed_count`, and so on."""
    way, joint, rest = name.partition("_")
    return f"{_TURNED.get(way, way)}{joint}{rest}"


def _expression_lines(intent: Mapping[str, Any]) -> list[str]:
    told = intent.get("expressions")
    if not told or not (told["added_count"] or told["removed_count"]):
        return []
    added = told["added_count"]
    counts = f"{added} {'expression' if added == 1 else 'expressions'} added, {told['removed_count']} removed"
    return [
        f"{intent['name']}: {counts}",
        *_texts("+", told["added"], told["added_count"]),
        *_texts("-", told["removed"], told["removed_count"]),
    ]


def _value_lines(entity: Mapping[str, Any]) -> list[str]:
    told = entity.get("values")
    if not told:
        return []
    counts = [f"{told[f'{way}_count']} {way}" for way in ("added", "removed", "changed") if told[f"{way}_count"]]
    words = [f"values {', '.join(counts)}"] if counts else []
    words += [f"{', '.join(told['fields'])} changed"] if told["fields"] else []
    return [
        f"{entity['name']}: {'; '.join(words)}",
        *(f"  + {value}" for value in told["added"][:MOST_EXPRESSIONS]),
        *(f"  - {value}" for value in told["removed"][:MOST_EXPRESSIONS]),
        *(f"  ~ {_synonyms(value)}" for value in told["changed"][:MOST_EXPRESSIONS]),
    ]


def _synonyms(value: Mapping[str, Any]) -> str:
    gained = [f"+{synonym}" for synonym in value["added"]]
    return f"{value['value']}: {' '.join([*gained, *(f'-{synonym}' for synonym in value['removed'])])}"


def _texts(sign: str, items: Sequence[Mapping[str, Any]], count: int) -> list[str]:
    lines = [f"  {sign} {item['text']} ({item['language']})" for item in items[:MOST_EXPRESSIONS]]
    return [*lines, f"  {sign} and {count - len(lines)} more"] if count > len(lines) else lines


def _names(items: Sequence[Any], most: int = MOST_NAMES) -> str:
    shown = [_name(item) for item in items[:most]]
    return ", ".join(shown) + (f" and {len(items) - most} more" if len(items) > most else "")


def _name(item: Any) -> str:
    if not isinstance(item, Mapping):
        return str(item)
    if "before" not in item:
        return str(item.get("name") or item.get("id"))
    turn = f"{item['before']} -> {item['after']}"
    # What is renamed says its names in the turn itself; a setting that changed has a name beside its values.
    return f"{item['name']} {turn}" if "name" in item else turn
