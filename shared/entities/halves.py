"""Halves in words: two and a half, half a million, een half uur."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from shared.entities.dates.phrases import BEGINS, ENDS, GAP, fragment
from shared.entities.digits import Numeral, tidy
from shared.entities.speech import language_of
from shared.entities.words import Language

_GAP = re.compile(GAP)
# No half of any language is without one of them, and most messages are.
_STEMS = ("hal", "demi", "medi")


def with_halves(folded: str, found: Iterable[Numeral], spoken: Language) -> Iterator[Numeral]:
    """In order of place. "Half a" is a number of what follows it, and without that of nothing: it is not sure."""
    if not any(stem in folded for stem in _STEMS):
        yield from sorted(found, key=lambda numeral: numeral.start)
        return
    half_a, and_a_half = _patterns(spoken.code)
    halves = (Numeral(0.5, *half.span(), sure=False) for half in half_a.finditer(folded))
    before: Numeral | None = None
    for numeral in sorted((*found, *halves), key=lambda numeral: (numeral.start, -numeral.end)):
        if before is not None and _multiplies(folded, before, numeral, spoken):
            before = Numeral(tidy(before.value * numeral.value), before.start, numeral.end)
        elif before is None or numeral.start >= before.end:
            if before is not None:
                yield before
            before = _and_a_half(folded, numeral, and_a_half)
    if before is not None:
        yield before


def _and_a_half(folded: str, numeral: Numeral, and_a_half: re.Pattern[str]) -> Numeral:
    more = and_a_half.match(folded, numeral.end) if numeral.value == int(numeral.value) else None
    if more is None:
        return numeral
    return replace(numeral, value=numeral.value + (-0.5 if numeral.value < 0 else 0.5), end=more.end())


def _multiplies(folded: str, before: Numeral, scale: Numeral, spoken: Language) -> bool:
    """One and a half million, half a million."""
    if before.value % 1 != 0.5 or scale.value not in spoken.numerals.scales.values() or folded[scale.start].isdigit():
        return False
    return scale.start < before.end < scale.end or _GAP.fullmatch(folded, before.end, scale.start) is not None


@lru_cache(maxsize=16)
def _patterns(code: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    known = language_of(code).numerals
    half_a = re.compile(rf"{BEGINS}(?<![.,]){fragment(known.half_a)}{ENDS}")
    return half_a, re.compile(rf"{GAP}{fragment(known.and_a_half)}{ENDS}")
