"""Words that are nearly alike: an index over the letters they have, then the true distance.

Distance is optimal string alignment: letters added, left out, changed, or two neighbours swapped are one edit each.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

import numpy as np
from rapidfuzz.distance import OSA

SHORTEST = 4
"""Letters of a word that may be misspelt at all."""

_LONG = 8
_MOST_NEAR = 16
_FEW = 16
_REMEMBERED = 2048


def edits_allowed(letters: int) -> int:
    """One edit from 5 letters on, two from 9."""
    return (letters >= 5) + (letters >= 9)


class Neighbours:
    """Some words, of which those near another one are asked for."""

    def __init__(self, words: Iterable[str]) -> None:
        kept = (word for word in words if len(word) >= SHORTEST - 1)
        self._words = tuple(sorted(kept, key=lambda word: (len(word), word)))
        many = len(self._words) > _FEW
        self._index = _LetterIndex(self._words) if many else None
        # Messages repeat their words: most are looked for once.
        self._found = lru_cache(maxsize=_REMEMBERED)(self._look) if many else self._look

    def near(self, word: str, most: int) -> tuple[tuple[str, int], ...]:
        """Other words with their distance: at most `most` edits, and one for a short word. The nearest, of many."""
        if not (self._words and most) or len(word) < SHORTEST:
            return ()
        return self._found(word, min(most, 1 + (len(word) >= _LONG)))

    def _look(self, word: str, most: int) -> tuple[tuple[str, int], ...]:
        candidates = self._index.alike(word, most) if self._index else self._words
        distances = ((other, OSA.distance(word, other, score_cutoff=most)) for other in candidates)
        found = [(other, edits) for other, edits in distances if 0 < edits <= most]
        return tuple(sorted(found, key=lambda pair: pair[::-1])[:_MOST_NEAR])


class _LetterIndex:
    """Words by length. A mask has a bit for each letter that a word has, and another for a second of its kind."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = words
        self._lengths = np.array([len(word) for word in words], np.int16)
        self._masks = np.array([_mask(word) for word in words], np.uint64)

    def alike(self, word: str, most: int) -> Iterator[str]:
        """A letter more or less changes one bit, another letter in its place two: the rest is too far away."""
        low, high = self._lengths.searchsorted([len(word) - most, len(word) + most + 1])
        different = np.bitwise_count(self._masks[low:high] ^ np.uint64(_mask(word)))
        different += np.abs(self._lengths[low:high] - len(word)).astype(np.uint8)
        return (self._words[low + at] for at in (different <= 2 * most).nonzero()[0].tolist())


NOBODY = Neighbours(())


def _mask(word: str) -> int:
    mask = 0
    for letter in word:
        bit = 1 << (ord(letter) & 31)
        mask |= bit << 32 if mask & bit else bit
    return mask
