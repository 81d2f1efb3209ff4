"""Numbers, in digits and in words."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from shared.entities.reading import Reading, Token
from shared.entities.speech import language_of
from shared.entities.words import Language, Numerals

Number = int | float

_LONGEST_DIGITS = 15
_MOST_WORDS = 8
_GAP = re.compile(r"[ \t\-]{1,3}")
_SIGN = re.compile(r"(?:^|[\s(=:])-$")
# Groups of digits with anything between them that some language puts there.
_DIGITS = re.compile(r"(?<![\w.,])\d+(?:[.,' ]\d+)*(?![\d])")
_JOINERS = frozenset({"and", "en", "und", "y", "et"})


@dataclass(frozen=True)
class Numeral:
    """Places are in the folded text. It is not `sure` when the word for one mostly means something else."""

    value: Number
    start: int
    end: int
    sure: bool = True


@lru_cache(maxsize=4)
def numerals(reading: Reading, language: str) -> tuple[Numeral, ...]:
    """In order of place. Remembered for the kinds that ask for them after one another."""
    spoken = language_of(language)
    digits = list(_scaled(reading, spoken.numerals, _in_digits(reading.folded, spoken.numerals.decimal)))
    taken = {at for numeral in digits for at in range(numeral.start, numeral.end)}
    words = _in_words(reading, spoken, [token for token in reading.cuts[0] if token.start not in taken])
    return tuple(sorted((*digits, *words), key=lambda numeral: numeral.start))


def gap(reading: Reading, start: int, end: int) -> bool:
    """Whether nothing but a space or a hyphen lies between."""
    return _GAP.fullmatch(reading.folded, start, end) is not None


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
            _whole(float(f"{whole.replace(separators[0], '')}.{fraction}")) if _groups(whole, separators[0]) else None
        )
    if len(set(separators)) > 1 or (len(separators) > 1 and not grouping):
        return None
    if grouping and (len(separators) > 1 or last != decimal):
        return int(bare.replace(last, ""))
    return _whole(float(bare.replace(last, ".")))


def _whole(value: Number) -> Number:
    return int(value) if value == int(value) else value


def _groups(bare: str, separator: str) -> bool:
    first, *others = bare.split(separator)
    return 1 <= len(first) <= 3 and first != "0" and all(len(group) == 3 for group in others)


def _in_digits(folded: str, decimal: str) -> Iterator[Numeral]:
    for written in _DIGITS.finditer(folded):
        for start, end in _readable(written[0]):
            value = digits_of(written[0][start:end], decimal)
            begin = written.start() + start
            if value is not None and not _within_a_code(folded, written.start() + end):
                negative = start == 0 and _SIGN.search(folded, max(0, begin - 2), begin) is not None
                yield Numeral(-value if negative else value, begin - negative, written.start() + end)


def _readable(written: str) -> Iterator[tuple[int, int]]:
    """Spaces group digits by three; other digits with a space between them are numbers of their own."""
    if " " not in written or all(len(part) == 3 for part in re.split(r"[.,' ]", written)[1:]):
        yield 0, len(written)
        return
    for part in re.finditer(r"[^ ]+", written):
        yield part.span()


def _within_a_code(folded: str, end: int) -> bool:
    """12ab34 is no number, 5kg is one."""
    after = re.compile(r"[^\W\d_]+").match(folded, end)
    return after is not None and after.end() < len(folded) and folded[after.end()].isdigit()


def _scaled(reading: Reading, known: Numerals, digits: Iterable[Numeral]) -> Iterator[Numeral]:
    """5 million."""
    words = {token.start: token for token in reading.cuts[0] if token.form in known.scales}
    for numeral in digits:
        word = next((words[at] for at in range(numeral.end + 1, numeral.end + 3) if at in words), None)
        if word is not None and gap(reading, numeral.end, word.start):
            value = numeral.value * known.scales[word.form]
            numeral = replace(numeral, value=_whole(value), end=word.end)
        yield numeral


def _in_words(reading: Reading, spoken: Language, words: Sequence[Token]) -> Iterator[Numeral]:
    known = spoken.numerals
    beginnings = _beginnings(spoken.code)
    tokens = [part for token in words for part in _parts(token, known)]
    at = 0
    while at < len(tokens):
        found = None
        if tokens[at].form in beginnings:
            found = _phrase(reading, tokens, at, known)
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
    return frozenset({*(phrase.partition(" ")[0] for phrase in known.under_thousand), *known.scales, *known.articles})


def _parts(token: Token, known: Numerals) -> Iterator[Token]:
    """Languages that write numbers in one word: "tweeduizendvijf" is three."""
    scale = next((scale for scale in known.scales if known.compounds and scale in token.form != scale), None)
    if scale is not None:
        left, _, right = token.form.partition(scale)
        if all(not part or part in known.under_thousand or part in known.articles for part in (left, right)):
            yield from (token._replace(form=part) for part in (left, scale, right) if part)
            return
    yield token


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
