"""What was changed differently in draft and in live, block by block, in words."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

Clash = Mapping[str, Any]

LONGEST = 160
_SIDES = ("base", "live", "draft")
_NAMES = {"base": "before", "live": "live", "draft": "draft"}


def clash_lines(clashes: Sequence[Clash]) -> list[str]:
    return [line for clash in clashes for line in (f"{clash['item']}, {_part(clash)}:", *_differences(clash))]


def _part(clash: Clash) -> str:
    kind, _, name = str(clash["part"]).partition(":")
    return f"{kind} {name}" if name else f"the {kind} as a whole" if kind in ("flow", "setting") else f"its {kind}"


def _differences(clash: Clash) -> list[str]:
    """Field by field, where all sides have fields: only those in which the sides differ."""
    sides = {side: clash.get(side) for side in _SIDES}
    live, draft, base = sides["live"], sides["draft"], sides["base"]
    if not isinstance(live, Mapping) or not isinstance(draft, Mapping):
        return [f"  {_NAMES[side]:<6}  {_shown(value)}" for side, value in sides.items()]
    fields = {"base": base if isinstance(base, Mapping) else {}, "live": live, "draft": draft}
    differ = [name for name in {**draft, **live} if live.get(name) != draft.get(name)]
    return [line for name in differ for line in (f"  {name}", *_values(fields, name))]


def _values(fields: Mapping[str, Mapping[str, Any]], name: str) -> list[str]:
    return [f"    {_NAMES[side]:<6}  {_shown(fields[side].get(name))}" for side in _SIDES]


def _shown(value: Any) -> str:
    if value is None:
        return "(not there)"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
