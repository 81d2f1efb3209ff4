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


def change_of_text(before: str, after: str) -> list[str]:
    """Lines that went with -, lines that came with +, and two around them; none when nothing changed."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=2, lineterm="")
    return [line for line in lines if not line.startswith(("---", "+++"))]
