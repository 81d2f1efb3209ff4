"""What a harbour café looks for in a message, on a Wednesday afternoon in Brussels."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from shared.entities.finder import compile_entities
from shared.entities.span import Span

WEDNESDAY = datetime(2026, 11, 25, 15, 30, tzinfo=ZoneInfo("Europe/Brussels"))
SYSTEM = ("date", "duration", "email", "money", "number", "phone", "url")
EVERYTHING: dict[str, Any] = {kind: {"kind": "system", "system": kind} for kind in SYSTEM}

Entities = Mapping[str, Any]


def match(*values: str, **more: Any) -> dict[str, Any]:
    """Each value is written "value: synonym, synonym"."""
    apart = [value.partition(":") for value in values]
    listed = [
        {"value": name.strip(), "synonyms": [text.strip() for text in synonyms.split(",") if text.strip()]}
        for name, _, synonyms in apart
    ]
    return {"kind": "match", "values": listed, **more}


def find(
    entities: Entities, text: str, language: str = "en", threshold: float = 0.7, now: datetime = WEDNESDAY
) -> list[Span]:
    return compile_entities(entities).find(text, language, now, threshold)


def told(entities: Entities, text: str, language: str = "en", **more: Any) -> list[tuple[str, Any]]:
    """What was found: the place as it was written, and the value."""
    return [(text[span.start : span.end], span.value) for span in find(entities, text, language, **more)]
