"""Numbers in digits: 1.234,5 by the language, 2½ and 2 1/2, 5k and 5 million."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from shared.entities.dates.phrases import BEGINS, DATE_IN_DIGITS, ENDS, either
from shared.entities.dates.ranges import ranges_in
from shared.entities.reading import FRACTIONS, SPACELESS
from shared.entities.speech import language_of
from shared.entities.words import Language

Number = int | float

_LONGEST_DIGITS = 15
_SIGN = re.compile(r"(?:^|[\s(=:$€£¥₹₽₺₩])-$")
_ANY = re.compile(rf"[\d{FRACTIONS}]")
_LETTERS = re.compile(rf"[^\W\d_{SPACELESS}]+")
# Fractions of measures. Without a whole number most of them are rather a date, or say "two or three".
_PART = rf"[{FRACTIONS}]|(?:(?<!/)(?:1/2|[13]/4)|(?<=\d[ \-])(?:[12]/3|[1-4]/5|[1357]/8))(?!\d|[/.,\-]\d)"
# A date and a time of day are no numbers; groups of digits may have between them what some language puts there.
_WRITTEN = re.compile(
    rf"{BEGINS}(?<![.,])(?:(?:{DATE_IN_DIGITS}|(?:[01]?\d|2[0-4])(?::[0-5]\d){{1,2}}){ENDS}(?![/:]\d)"
    rf"|(?:(?P<whole>\d{{1,9}})(?:[ \-](?=\d/)|[ \-]?(?=[{FRACTIONS}])))?(?P<part>{_PART})"
    r"|(?P<plain>\d+(?:[.,' ]\d+)*)(?!\d))"
)
# 10 000 and 1 234,56.
_SPACED = re.compile(r"[1-9]\d{0,2}(?: \d{3})+(?:[.,]\d+)?")
# 1,23,45,678: lakhs and crores.
_INDIAN = re.compile(r"[1-9]\d?(?:,\d\d)+,\d{3}")


@dataclass(frozen=True)
class Numeral:
    """Places are in the folded text. It is not `sure` when what is written mostly means something else."""

    value: Number
    start: int
    end: int
    sure: bool = True


def in_digits(folded: str, spoken: Language) -> Iterator[Numeral]:
    if _ANY.search(folded) is None:
        return
    scaled = _scaled(folded, spoken)
    yield from _together(scaled) if spoken.spaceless else scaled


def _scaled(folded: str, spoken: Language) -> Iterator[Numeral]:
    scales = _scales(spoken.code)
    dashes = {time.dash for time in ranges_in(folded, spoken)}
    for numeral in _written(folded, spoken.numerals.decimal):
        # The 3 of "3-5pm" is a time, though only the 5 says so.
        if numeral.end in dashes:
            continue
        scale = scales.match(folded, numeral.end)
        if scale is None:
            yield numeral
        else:
            factor = {**spoken.numerals.scales, **spoken.numerals.short}[scale["scale"]]
            yield replace(numeral, value=tidy(numeral.value * factor), end=scale.end())


def _together(numerals: Iterable[Numeral]) -> Iterator[Numeral]:
    """1万5千 is one number."""
    before: Numeral | None = None
    for numeral in numerals:
        if before is not None and before.end == numeral.start:
            before = replace(before, value=before.value + numeral.value, end=numeral.end)
            continue
        if before is not None:
            yield before
        before = numeral
    if before is not None:
        yield before


@lru_cache(maxsize=16)
def _scales(code: str) -> re.Pattern[str]:
    """5 million, 5mln; 5k only in one word."""
    known = language_of(code).numerals
    words = either({*known.scales, *known.short} - {"k"})
    return re.compile(rf"[ \t\-]{{0,3}}(?P<scale>{words}|(?<![ \t\-])k)(?:(?<=[{SPACELESS}])|{ENDS})")


def tidy(value: Number) -> Number:
    """A whole number where it is one, and none of the noise of floating point."""
    value = round(value, 6)
    return int(value) if value == int(value) else value


def _written(folded: str, decimal: str) -> Iterator[Numeral]:
    for written in _places(folded):
        if written["part"]:
            sure = written["whole"] is not None or written["part"] in FRACTIONS
            value: Number | None = tidy(int(written["whole"] or 0) + _part(written["part"]))
            yield from _numeral(folded, value, *written.span(), sure)
        elif written["plain"]:
            for start, end in _readable(written):
                yield from _numeral(folded, digits_of(folded[start:end], decimal), start, end)


def _places(folded: str) -> Iterator[re.Match[str]]:
    """What `finditer` would find, in a third of the time: most messages have hardly a digit."""
    found = _ANY.search(folded)
    while found is not None:
        written = _WRITTEN.match(folded, found.start())
        if written is not None:
            yield written
        found = _ANY.search(folded, (written or found).end())


def _part(written: str) -> float:
    return unicodedata.numeric(written) if len(written) == 1 else int(written[0]) / int(written[2])


def _numeral(folded: str, value: Number | None, start: int, end: int, sure: bool = True) -> Iterator[Numeral]:
    if value is not None and not _within_a_code(folded, end):
        negative = _SIGN.search(folded, max(0, start - 2), start) is not None
        yield Numeral(-value if negative else value, start - negative, end, sure)


def _readable(written: re.Match[str]) -> Iterator[tuple[int, int]]:
    """Spaces group digits by three, before the decimals; other digits with a space between are numbers of their own."""
    plain = written["plain"]
    if " " not in plain or _SPACED.fullmatch(plain):
        yield written.span()
        return
    for part in re.finditer(r"[^ ]+", plain):
        yield written.start() + part.start(), written.start() + part.end()


def _within_a_code(folded: str, end: int) -> bool:
    """12ab34 is no number, 5kg is one."""
    after = _LETTERS.match(folded, end)
    return after is not None and after.end() < len(folded) and folded[after.end()].isdigit()


def digits_of(written: str, decimal: str) -> Number | None:
    """What digits with separators say; None for what is no number, such as a version or a date.

    One separator before three digits groups them, unless it is the decimal one of the language.
    """
    bare = written.replace(" ", "").replace("'", "")
    if sum(character.isdigit() for character in bare) > _LONGEST_DIGITS:
        return None
    if bare.isdigit():
        return int(bare)
    separators = [character for character in bare if not character.isdigit()]
    last = separators[-1]
    grouping = _groups(bare, separators[0])
    if len(set(separators)) == 2 and separators.count(last) == 1:
        whole, _, fraction = bare.rpartition(last)
        return (
            _exact(float(f"{whole.replace(separators[0], '')}.{fraction}")) if _groups(whole, separators[0]) else None
        )
    if len(set(separators)) > 1 or (len(separators) > 1 and not grouping):
        return None
    if grouping and (len(separators) > 1 or last != decimal):
        return int(bare.replace(last, ""))
    return _exact(float(bare.replace(last, ".")))


def _exact(value: float) -> Number:
    return int(value) if value == int(value) else value


def _groups(bare: str, separator: str) -> bool:
    first, *others = bare.split(separator)
    by_three = 1 <= len(first) <= 3 and first != "0" and all(len(group) == 3 for group in others)
    return by_three or _INDIAN.fullmatch(bare) is not None
