"""Patterns that builders write: RE2 only, which takes no longer for a spiteful pattern than for any other."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

from shared.entities.reading import Reading
from shared.entities.span import Span
from shared.errors import InvalidError

LONGEST_PATTERN = 1_000
_MEMORY_BYTES = 1 << 20
_MOST_MATCHES = 50
_HALF = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Pattern:
    """The first group is the value and its place, where there is one; else the whole match."""

    entity: str
    _compiled: Any

    @classmethod
    def of(cls, entity: str, pattern: str) -> "Pattern":
        """Raises InvalidError `regex_invalid`."""
        return cls(entity, compile_pattern(pattern))

    def find(self, reading: Reading) -> Iterator[Span]:
        group = min(self._compiled.groups, 1)
        matches = self._compiled.finditer(_readable(reading.text))
        spans = (Span(self.entity, found[group], *found.span(group)) for found in matches if found[group])
        return islice(spans, _MOST_MATCHES)


def is_found(pattern: str, text: str) -> bool:
    """Whether a pattern, which was checked, matches anywhere in the text."""
    return compile_pattern(pattern).search(_readable(text)) is not None


def _readable(text: str) -> str:
    """Half characters (lone surrogates) are no UTF-8; what takes their place is as long."""
    return _HALF.sub("\ufffd", text)


@lru_cache(maxsize=1)
def _options() -> Any:
    import re2

    options = re2.Options()
    options.max_mem, options.log_errors = _MEMORY_BYTES, False
    return options


@lru_cache(maxsize=1024)
def compile_pattern(pattern: str) -> Any:
    """Raises InvalidError `regex_invalid`. Not before a bot has a pattern: RE2 is a library of its own."""
    import re2

    if len(pattern) > LONGEST_PATTERN:
        raise InvalidError("regex_invalid", f"A pattern has at most {LONGEST_PATTERN} characters.")
    try:
        return re2.compile(pattern, _options())
    except re2.error as error:
        why = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else str(error.args[0])
        raise InvalidError("regex_invalid", f"RE2 does not accept the pattern: {why}.") from None
