"""What ES and CX have in common: their kinds of entities, and reading what may be missing."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from services.draft_api.foreign.harvest import Harvest

SYSTEM = {
    "number": "number",
    "number-integer": "number",
    "cardinal": "number",
    "date": "date",
    "date-time": "date",
    "time": "date",
    "email": "email",
    "phone-number": "phone",
    "url": "url",
    "unit-currency": "money",
    "duration": "duration",
}
ONLY_LISTED = "only values that are listed are recognised, with small misspellings"
_SYS, _IGNORED = "sys.", "sys.ignore"
# `@card_type:card_type @sys.number:number`
_COMPOSITE = re.compile(r"@[\w.-]+:[\w-]+")


def items(found: Any) -> Iterator[Mapping[str, Any]]:
    """The mappings of a list; nothing of what is no list."""
    return (item for item in found if isinstance(item, Mapping)) if isinstance(found, list) else iter(())


def part(found: Any, key: str) -> Mapping[str, Any]:
    inner = found.get(key) if isinstance(found, Mapping) else None
    return inner if isinstance(inner, Mapping) else {}


def texts(found: Any) -> list[str]:
    """A text or a list of texts, without the empty ones."""
    many = found if isinstance(found, list) else [found]
    return [text for text in many if isinstance(text, str) and text.strip()]


def use_entity(kind: str, intent: str, harvest: Harvest) -> None:
    """A parameter of an intent says what kind of thing it is; ours are found in every message."""
    name = kind.removeprefix("@")
    if not name.startswith(_SYS) or name == _IGNORED:
        return
    system = SYSTEM.get(name.removeprefix(_SYS))
    if system:
        harvest.system(system)
    else:
        harvest.lose(f"@{name}, in {intent}", "Greenroom recognises no such thing by itself: make an entity of it")


def entity_values(name: str, entries: Any, is_pattern: bool, harvest: Harvest) -> None:
    for entry in items(entries):
        value, synonyms = entry.get("value"), texts(entry.get("synonyms"))
        if not isinstance(value, str):
            continue
        composite = next((text for text in (value, *synonyms) if _COMPOSITE.search(text)), None)
        if is_pattern:
            for pattern in synonyms or texts(value):
                harvest.pattern(name, pattern)
        elif composite:
            harvest.lose(f"{composite} of @{name}", "entities are not made of other entities here")
        else:
            harvest.value(name, value.strip(), (text.strip() for text in synonyms))
