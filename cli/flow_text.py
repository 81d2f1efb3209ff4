"""A flow as text that a person changes: JSON with the names of intents where the API has their ids. Pure."""

import difflib
import json
from collections.abc import Mapping
from typing import Any

from cli.outcome import USAGE, CommandError

PARTS = ("name", "blocks", "variables")
Flow = Mapping[str, Any]


def to_text(flow: Flow, intents: Mapping[str, str]) -> str:
    """`intents` are names by id."""
    blocks = [
        {**block, "intent": intents.get(block["intent"], block["intent"])} if block.get("intent") else dict(block)
        for block in flow["blocks"]
    ]
    kept = {**{part: flow[part] for part in PARTS if flow.get(part)}, "blocks": blocks}
    return json.dumps(kept, ensure_ascii=False, indent=2) + "\n"


def from_text(text: str) -> dict[str, Any]:
    """Raises CommandError with the place where it stops being JSON."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise CommandError(f"This is not JSON: {error}.", USAGE) from None
    if not isinstance(found, dict):
        raise CommandError("A flow is a JSON object with a name and blocks.", USAGE)
    blocks = found.get("blocks", [])
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise CommandError("The blocks of a flow are a list of JSON objects.", USAGE)
    return {part: found[part] for part in found if part != "id"}


def ordered_like(value: Any, like: Any) -> Any:
    """The same value, its keys in the order that they have in `like`: an order says nothing, and shows as a change."""
    if isinstance(value, dict) and isinstance(like, dict):
        keys = sorted(value, key=lambda key: list(like).index(key) if key in like else len(like))
        return {key: ordered_like(value[key], like.get(key)) for key in keys}
    if isinstance(value, list) and isinstance(like, list):
        return [ordered_like(item, _twin(item, place, like)) for place, item in enumerate(value)]
    return value


def _twin(item: Any, place: int, among: list[Any]) -> Any:
    """What stood for an item: of its id, where it has one, else at its place."""
    if isinstance(item, dict) and "id" in item:
        return next((other for other in among if isinstance(other, dict) and other.get("id") == item["id"]), None)
    return among[place] if place < len(among) else None


def change_of_text(before: str, after: str) -> list[str]:
    """Lines that went with -, lines that came with +, and two around them; none when nothing changed."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=2, lineterm="")
    return [line for line in lines if not line.startswith(("---", "+++"))]
