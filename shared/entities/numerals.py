"""Numbers, in digits and in words."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from shared.entities.dates.phrases import GAP
from shared.entities.digits import Number, Numeral, in_digits, tidy
from shared.entities.halves import with_halves
from shared.entities.reading import Reading, Token
from shared.entities.speech import language_of
from shared.entities.words import Language, Numerals

_MOST_WORDS = 8
_LONGEST_SIGN = 20
_GAP = re.compile(r"[ \t\-]{1,3}")
_JOINERS = frozenset({"and", "en", "und", "y", "et"})


@lru_cache(maxsize=4)
def numerals(reading: Reading, language: str) -> tuple[Numeral, ...]:
    """In order of place. Remembered for the kinds that ask for them after one another."""
    spoken = language_of(language)
    digits = list(in_digits(reading.folded, spoken))
    taken = {at for numeral in digits for at in range(numeral.start, numeral.end)}
    words = _in_words(reading, spoken, [token for token in reading.cuts[0] if token.start not in taken])
    return tuple(_signed(reading, list(with_halves(reading.folded, (*digits, *words), spoken)), spoken))


def _signed(reading: Reading, found: Sequence[Numeral], spoken: Language) -> Iterator[Numeral]:
    """Minus five; but "ten minus five" takes one number from another, and "10 min 5" is two."""
    minus, _ = _around(spoken.code)
    before = 0
    for numeral in found:
        sign = minus.search(reading.folded, max(before, numeral.start - _LONGEST_SIGN), numeral.start)
        if sign is not None and numeral.value > 0 and not (before and gap(reading, before, sign.start())):
            yield replace(numeral, value=-numeral.value, start=sign.start())
        else:
            yield numeral
        before = numeral.end


@lru_cache(maxsize=16)
def _around(code: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The word for a minus that ends here; that for a decimal point, which begins here."""
    known = language_of(code).numerals
    return re.compile(rf"(?<!\w)(?:{known.minus}) {{1,3}}$"), re.compile(f"{GAP}(?:{known.point}){GAP}")


def gap(reading: Reading, start: int, end: int) -> bool:
    """Whether nothing but a space or a hyphen lies between."""
    return _GAP.fullmatch(reading.folded, start, end) is not None


def _in_words(reading: Reading, spoken: Language, words: Sequence[Token]) -> Iterator[Numeral]:
    known = spoken.numerals
    beginnings = _beginnings(spoken.code)
    tokens = [part for token in words for part in _parts(token, known)]
    at = 0
    while at < len(tokens):
        found = None
        if tokens[at].form in beginnings:
            found = _number(reading, tokens, at, spoken)
        if found is None:
            at += 1
            continue
        value, after = found
        only = tokens[at].form if after == at + 1 else ""
        sure = only not in known.articles or len(reading.cuts[0]) == 1
        yield Numeral(value, tokens[at].start, tokens[after - 1].end, sure)
        at = after


@lru_cache(maxsize=16)
def _beginnings(code: str) -> frozenset[str]:
    known = language_of(code).numerals
    return frozenset(
        {*(phrase.partition(" ")[0] for phrase in known.under_thousand), *known.scales, *known.articles, *known.halves}
    )


def _parts(token: Token, known: Numerals) -> Iterator[Token]:
    """Languages that write numbers in one word: "tweeduizendvijf" is three."""
    scale = next((scale for scale in known.scales if known.compounds and scale in token.form != scale), None)
    if scale is not None:
        left, _, right = token.form.partition(scale)
        if all(not part or part in known.under_thousand or part in known.articles for part in (left, right)):
            yield from (token._replace(form=part) for part in (left, scale, right) if part)
            return
    yield token


def _number(reading: Reading, tokens: Sequence[Token], at: int, spoken: Language) -> tuple[Number, int] | None:
    """With what follows a decimal point: two point five million."""
    if tokens[at].form in spoken.numerals.halves:
        return spoken.numerals.halves[tokens[at].form], at + 1
    whole = _phrase(reading, tokens, at, spoken.numerals)
    if whole is None or _around(spoken.code)[1].match(reading.folded, tokens[whole[1] - 1].end) is None:
        return whole
    value, after = whole
    fraction, end = _fraction(reading, tokens, after + 1, spoken.numerals)
    if not fraction:
        return whole
    scaled = end < len(tokens) and tokens[end].form in spoken.numerals.scales and _adjoin(reading, tokens, end)
    scale = spoken.numerals.scales[tokens[end].form] if scaled else 1
    return tidy(float(f"{value}.{fraction}") * scale), end + scaled


def _fraction(reading: Reading, tokens: Sequence[Token], at: int, known: Numerals) -> tuple[str, int]:
    """Digit by digit, or as one number: three point one four, drei Komma fünfundzwanzig."""
    said = ""
    while at < len(tokens) and _adjoin(reading, tokens, at) and not (said and tokens[at].form in known.articles):
        value, after = _hundreds(reading, tokens, at, known)
        if after == at or value > (9 if said else 99) or tokens[at].form not in known.under_thousand:
            break
        said, at = f"{said}{value}", after
        if value > 9:
            break
    return said, at


def _phrase(reading: Reading, tokens: Sequence[Token], at: int, known: Numerals) -> tuple[int, int] | None:
    """The number that begins at a token and the token after it: hundreds, then a scale, and again."""
    total, smallest, start = 0, 10**12, at
    while at < len(tokens) and (at == start or _adjoin(reading, tokens, at)):
        joined = at > start and tokens[at].form in _JOINERS and at + 1 < len(tokens)
        value, after = _hundreds(reading, tokens, at + joined, known)
        scale = known.scales.get(tokens[after].form) if after < len(tokens) and value < 1000 else None
        if scale is not None and (after == at or _adjoin(reading, tokens, after)) and scale < smallest:
            total, smallest, at = total + max(value, 1) * scale, scale, after + 1
            continue
        last = after > at + joined and (at == start or smallest > value)
        return (total + value, after) if last else _ended(total, at, start)
    return _ended(total, at, start)


def _ended(total: int, at: int, start: int) -> tuple[int, int] | None:
    return (total, at) if at > start else None


def _hundreds(reading: Reading, tokens: Sequence[Token], at: int, known: Numerals) -> tuple[int, int]:
    """The longest number under a thousand that begins here, and the token after it; none ends where it begins."""
    found, phrase = (0, at), ""
    for last in range(at, min(at + _MOST_WORDS, len(tokens))):
        if last > at and not _adjoin(reading, tokens, last):
            break
        phrase = f"{phrase} {tokens[last].form}" if phrase else tokens[last].form
        if phrase in known.under_thousand or phrase in known.articles:
            found = known.under_thousand.get(phrase, 1), last + 1
    return found


def _adjoin(reading: Reading, tokens: Sequence[Token], at: int) -> bool:
    """Whether a token follows the one before at once; parts of one word do."""
    before, token = tokens[at - 1], tokens[at]
    return before.start == token.start or gap(reading, before.end, token.start)
