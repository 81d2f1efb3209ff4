"""A message as entities are looked for in it: folded, cut into tokens, each piece with its place in the original.

Folding is that of the normal form (case and accents do not count), but character by character, so that every place
is known. Languages without spaces have a token for each character: a word may begin and end anywhere.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

_LOWEST_ACCENT = 200
_LONGEST_CACHED = 4
_DASHES, _APOSTROPHES = "‐‑‒–—−", "’‘ʼ`´′"
# In Arabic digits these are the decimal point, and what groups the others as an apostrophe does.
_ARABIC = {ord("٫"): ".", ord("٬"): "'"}
FRACTIONS = "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"
"""Characters that stay one: apart, the digits of "1½" would be those of eleven halves."""

_PLAIN = {ord(c): "-" for c in _DASHES} | {ord(c): "'" for c in _APOSTROPHES} | _ARABIC
_WITHOUT_SPACES = (
    (0x0E00, 0x0EFF), (0x0F00, 0x0FFF), (0x1000, 0x109F), (0x1100, 0x11FF), (0x1780, 0x17FF), (0x3005, 0x3007),
    (0x3040, 0x30FF), (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xA960, 0xA97F), (0xAC00, 0xD7FF),
    (0xF900, 0xFAFF), (0x20000, 0x323AF),
)  # fmt: skip
SPACELESS = "".join(f"{chr(low)}-{chr(high)}" for low, high in _WITHOUT_SPACES)
"""Letters that another word may follow at once; to be put into a set of a regular expression."""

# Kinds of characters: in a word, alone, a mark on the one before, punctuation, space.
_WORD, _ALONE, _MARK, _PUNCTUATION, _SPACE = "wamp "
_TOKEN, _GLUE = re.compile("[wm]+|am*"), re.compile("[wm]p+w")


class Token(NamedTuple):
    """`start` and `end` are places in the folded text."""

    form: str
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class Reading:
    """`starts[i]` and `ends[i]` are where character i of `folded` begins and ends in `text`."""

    text: str
    folded: str
    starts: Sequence[int]
    ends: Sequence[int]

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where a part of the folded text, which is not empty, is in the original."""
        return self.starts[start], self.ends[end - 1]

    def original(self, start: int, end: int) -> str:
        begin, stop = self.place(start, end)
        return self.text[begin:stop]

    @cached_property
    def cuts(self) -> tuple[tuple[Token, ...], ...]:
        """The tokens; and once more with the punctuation inside of words left out, where there is any.

        "New-York" is "new york" and "newyork": which one a builder wrote is not known.
        """
        kinds = _kinds(self.folded)
        apart = tuple(Token(self.folded[m.start() : m.end()], *m.span()) for m in _TOKEN.finditer(kinds))
        return (apart, tuple(_joined(apart, kinds))) if _GLUE.search(kinds) else (apart,)


def read(text: str) -> Reading:
    """Never raises, whatever the text."""
    if text.isascii():
        return Reading(text, text.lower().replace("`", "'"), range(len(text)), range(1, len(text) + 1))
    folded, starts, ends = [], [], []
    at = 0
    for cluster in _clusters(text):
        plain = _fold(cluster) if len(cluster) <= _LONGEST_CACHED else _folded(cluster)
        folded.append(plain)
        starts += [at] * len(plain)
        at += len(cluster)
        ends += [at] * len(plain)
    return Reading(text, "".join(folded), starts, ends)


def fold(text: str) -> str:
    return read(text).folded


def spellings(text: str) -> tuple[tuple[str, ...], ...]:
    """The token forms that a text may be written with; none for a text of punctuation alone."""
    return tuple(tuple(token.form for token in cut) for cut in read(text).cuts if cut)


def _joined(tokens: Sequence[Token], kinds: str) -> Iterator[Token]:
    word, *others = tokens
    for token in others:
        if _GLUE.fullmatch(kinds, word.end - 1, token.start + 1):
            word = Token(word.form + token.form, word.start, token.end)
        else:
            yield word
            word = token
    yield word


def _clusters(text: str) -> Iterator[str]:
    """Each character with the marks that follow it, which may make another character of it."""
    start = 0
    for at in range(1, len(text)):
        if not _continues(text[at]):
            yield text[start:at]
            start = at
    yield text[start:]


@lru_cache(maxsize=8192)
def _continues(character: str) -> bool:
    """Marks, and the later letters of a Korean syllable that is written letter by letter."""
    return unicodedata.category(character)[0] == "M" or "\u1160" <= character <= "\u11ff"


@lru_cache(maxsize=8192)
def _fold(cluster: str) -> str:
    return _folded(cluster)


def _folded(cluster: str) -> str:
    if cluster[0] in FRACTIONS:
        return cluster[0]
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", cluster).casefold())
    kept = "".join(_digit(c) for c in apart if unicodedata.combining(c) < _LOWEST_ACCENT and not _picks_a_glyph(c))
    return unicodedata.normalize("NFC", kept).translate(_PLAIN)


def _digit(character: str) -> str:
    return str(unicodedata.decimal(character)) if character.isdecimal() else character


def _picks_a_glyph(character: str) -> bool:
    """Variation selectors, which follow emoji."""
    return "\ufe00" <= character <= "\ufe0f"


def _kinds(folded: str) -> str:
    return folded.translate(_ascii_kinds()) if folded.isascii() else "".join(map(_kind, folded))


@lru_cache(maxsize=1)
def _ascii_kinds() -> dict[int, str]:
    return {code: _kind(chr(code)) for code in range(128)}


@lru_cache(maxsize=8192)
def _kind(character: str) -> str:
    category = unicodedata.category(character)[0]
    if category in "LN":
        spaceless = any(low <= ord(character) <= high for low, high in _WITHOUT_SPACES)
        return _ALONE if spaceless and not character.isdecimal() else _WORD
    return {"M": _MARK, "S": _ALONE, "P": _PUNCTUATION}.get(category, _SPACE)
