"""Signed hashing of character and word n-grams: what survives typos, in any language, with no vocabulary.

Weinberger et al., "Feature hashing for large scale multitask learning" (2009). Whole numbers of 32 bits only:
the same on every machine. All n-grams of a size are hashed at once, by a polynomial that grows with the size.
"""

import math
import re
from itertools import pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from shared.nlp.tokens import composed

SHORTEST, LONGEST = 2, 5
_WORD = re.compile(r"\w+")
_SPACE = 32
_STEP, _SPREAD, _MIX = np.uint32(1_000_003), np.uint32(2654435769), np.uint32(0x85EBCA6B)
_HALF, _SIGN = np.uint32(15), np.uint32(1)

Ids = NDArray[np.int64]
Values = NDArray[np.float32]
Hashes = NDArray[np.uint32]
Weights = NDArray[np.float64]

_NOTHING: tuple[Ids, Values] = np.zeros(1, np.int64), np.zeros(1, np.float32)


def hash_ngrams(text: str, buckets: int) -> tuple[Ids, Values]:
    """Ids (ascending, int64 [n]) and values (float32 [n], unit length). `buckets` is a power of two.

    A text without any n-gram has one of value 0, because an empty input is a special case for a graph.
    """
    folded = composed(text).casefold()
    letters, words = _character_hashes(folded), _word_hashes(folded)
    hashes = _spread(np.concatenate([*letters, words]))
    places = (hashes >> np.uint32(33 - buckets.bit_length())).astype(np.int64)
    # Words are counted beside the letters, because each kind is brought to unit length by itself.
    places[len(places) - len(words) :] += buckets
    if not len(places):
        return _NOTHING
    signs: Weights = (hashes & _SIGN).astype(np.float64) * 2.0 - 1.0
    told, counts = _summed(places, signs)
    ids, values = _summed(told & (buckets - 1), _scaled(counts, int(told.searchsorted(buckets))))
    kept = values != 0
    length = math.sqrt(float((values * values).sum()))
    return (ids[kept], (values[kept] / length).astype(np.float32)) if length else _NOTHING


def _summed(places: Ids, weights: Weights) -> tuple[Ids, Weights]:
    """Each place once, ascending, with the sum of its weights. Sorted, for a table of all buckets costs more."""
    order = places.argsort(kind="stable")
    ordered = places[order]
    first = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    starts = first.nonzero()[0]
    return ordered[starts], np.add.reduceat(weights[order], starts)


def _character_hashes(text: str) -> list[Hashes]:
    """Within words, whose edges count as a space."""
    words = text.split()
    if not words:
        return []
    spaced = f" {' '.join(words)} "
    letters = np.frombuffer(spaced.encode("utf-32-le", "surrogatepass"), "<u4")
    inside = letters != _SPACE
    hashes, whole = letters, np.ones(len(letters), np.bool_)
    found = []
    for size in range(2, LONGEST + 1):
        hashes = hashes[:-1] * _STEP + letters[size - 1 :]
        whole = whole[:-1] & inside[size - 2 : -1] if size > SHORTEST else whole[:-1]
        found.append(hashes[whole])
    return found


def _word_hashes(text: str) -> Hashes:
    words = [word.encode("utf-8", "surrogatepass") for word in _WORD.findall(text)]
    grams = [*words, *(first + b" " + second for first, second in pairwise(words))]
    return np.array([crc32(gram) for gram in grams], np.uint32)


def _spread(hashes: Hashes) -> Hashes:
    mixed = hashes * _SPREAD
    mixed ^= mixed >> _HALF
    mixed *= _MIX
    mixed ^= mixed >> _HALF
    return mixed


def _scaled(counts: Weights, letters: int) -> Weights:
    """Signed square roots, the first `letters` and the rest of unit length each.

    A repeated n-gram counts, but not twice as much.
    """
    sizes = np.abs(counts)
    roots = np.copysign(np.sqrt(sizes), counts)
    roots[:letters] /= math.sqrt(float(sizes[:letters].sum())) or 1.0
    roots[letters:] /= math.sqrt(float(sizes[letters:].sum())) or 1.0
    return roots
