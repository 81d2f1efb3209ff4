"""The variables that every bot has without declaring them: what is known of the message being answered."""

from collections.abc import Callable, Mapping
from typing import Any

from shared.contracts import Classification

_SYSTEM: Mapping[str, Callable[[Classification], Any]] = {
    "user_message": lambda found: found.text,
    "language": lambda found: found.language,
    "intent": lambda found: found.intent.name if found.intent else None,
    "suggestions": lambda found: [scored.name for scored in found.ranking[:3]],
}

SYSTEM_VARIABLES = frozenset(_SYSTEM)


def system_values(found: Classification) -> dict[str, Any]:
    return {name: value(found) for name, value in _SYSTEM.items()}


def given(value: Any) -> bool:
    """Whether there is something in it: not null, no blank text, no empty list or object."""
    if isinstance(value, str):
        return bool(value.strip())
    return value is not None and (not isinstance(value, list | tuple | Mapping) or bool(value))
