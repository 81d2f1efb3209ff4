"""docs/entities.md says what is found; this is where it is found."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.entities.document import Entity, check_entity
from shared.entities.finder import compile_entities

DOCUMENT = Path(__file__).parents[3] / "docs" / "entities.md"
WEDNESDAY = datetime(2026, 11, 25, 15, 30, tzinfo=ZoneInfo("Europe/Brussels"))

Example = tuple[dict[str, Any], list[str]]


def examples() -> Iterator[Example]:
    entities: dict[str, Any] = {}
    for part in re.split(r"(```json\n.*?```)", DOCUMENT.read_text(), flags=re.DOTALL):
        if part.startswith("```json"):
            entities = json.loads(part.removeprefix("```json").removesuffix("```"))
            continue
        for line in part.splitlines():
            cells = [cell.strip() for cell in line.strip("|").split(" | ")] if line.startswith("| ") else []
            if cells and cells[0] not in {"language", "---"}:
                yield entities, [cell.strip(" |") for cell in cells]


@pytest.mark.parametrize(
    ("entities", "row"), list(examples()), ids=lambda given: given[1] if type(given) is list else ""
)
def test_the_documentation_tells_what_is_found(entities: dict[str, Any], row: list[str]) -> None:
    language, message, entity, *rest = row
    found = compile_entities(entities).find(message, language, WEDNESDAY, 0.7)
    told = [(span.entity, message[span.start : span.end], span.value) for span in found]
    if entity == "-":
        assert told == []
    else:
        place, value = rest
        assert (entity, place, json.loads(value)) in told


def test_every_entity_of_the_documentation_is_accepted() -> None:
    for entities, _ in examples():
        for name, document in entities.items():
            check_entity(name, Entity.model_validate(document))
