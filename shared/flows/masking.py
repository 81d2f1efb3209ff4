"""What sensitive variables hold is hidden wherever somebody reads what was said (C6). Pure."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from shared.flows.template import shown

MASK = "•••"
_TOO_SHORT = 4
"""Fewer letters are hidden as words only: they would be found within others."""


def hidden_texts(variables: Mapping[str, Any], sensitive: Collection[str]) -> frozenset[str]:
    """What there is to hide: every text and number that a sensitive variable holds."""
    return frozenset(text for name in sensitive for text in _texts(variables.get(name)))


def mask(data: Any, hidden: Collection[str]) -> Any:
    """JSON data whose texts show none of the hidden ones, whatever their case."""
    texts = [text for text in hidden if text.strip()]
    if not texts:
        return data
    return _masked(data, re.compile("|".join(map(_pattern, sorted(texts, key=len, reverse=True))), re.IGNORECASE))


def _pattern(text: str) -> str:
    escaped = re.escape(text)
    return escaped if len(text) >= _TOO_SHORT else rf"(?<!\w){escaped}(?!\w)"


def _masked(data: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(data, str):
        return pattern.sub(MASK, data)
    if isinstance(data, Mapping):
        return {name: _masked(value, pattern) for name, value in data.items()}
    return [_masked(item, pattern) for item in data] if isinstance(data, list | tuple) else data


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif not isinstance(value, bool):
        yield from filter(None, (shown(value).strip(),))
