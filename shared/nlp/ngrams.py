"""Signed hashing of character and word n-grams: what survives typos, in any language, with no vocabulary.

Weinberger et al., "Feature hashing for large scale multitask learning" (2009). Whole numbers of 32 bits only:
the same on every machine. All n-grams of a size are hashed at once, by a polynomial that grows with the size.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from shared.nlp.tokens import composed

SHORTEST, LONGEST = 2, 5
_WORD = re.compile(r"\w+")
_SPACE = 32
# Of some fifty letters each: forty megabytes.
_AT_ONCE = 4_000
_STEP, _SPREAD, _MIX = np.uint32(1_000_003), np.uint32(2654435769), np.uint32(0x85EBCA6B)
_HALF, _SIGN = np.uint32(15), np.uint32(1)

Ids = NDArray[np.int64]
Places = NDArray[np.int32]
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


def hash_many(texts: Sequence[str], buckets: int) -> tuple[Ids, Places, Values]:
    """What `hash_ngrams` gives for each, all at once: where the row of each starts (int64 [texts + 1]), ids (int32: of

    many texts they are many), values. A text without any n-gram has none.
    """
    some = [_hash_some(texts[start : start + _AT_ONCE], buckets) for start in range(0, len(texts), _AT_ONCE)]
    counts = np.concatenate([np.zeros(1, np.int64), *(part[0] for part in some)])
    ids = np.concatenate([np.zeros(0, np.int32), *(part[1] for part in some)])
    values = np.concatenate([np.zeros(0, np.float32), *(part[2] for part in some)])
    return counts.cumsum(), ids, values


def _hash_some(texts: Sequence[str], buckets: int) -> tuple[Ids, Places, Values]:
    """How many each has, ids and values."""
    folded = [composed(text).casefold() for text in texts]
    letter_rows, letters = _letter_hashes(folded)
    words = [_word_hashes(text) for text in folded]
    word_rows = np.repeat(np.arange(len(texts)), [len(found) for found in words])
    hashes = _spread(np.concatenate([letters, *words]))
    places = (hashes >> np.uint32(33 - buckets.bit_length())).astype(np.int64)
    places[len(letters) :] += buckets
    signs: Weights = (hashes & _SIGN).astype(np.float64) * 2.0 - 1.0
    # A text's places, then the next one's: letters and words apart, and brought to unit length each.
    told, counts = _summed(np.concatenate([letter_rows, word_rows]) * (2 * buckets) + places, signs)
    kinds, sizes = told // buckets, np.abs(counts)
    roots = np.copysign(np.sqrt(sizes), counts)
    roots /= np.sqrt(np.maximum(np.bincount(kinds, sizes), 1.0))[kinds]
    summed, values = _summed(kinds // 2 * buckets + told % buckets, roots)
    summed, values = summed[values != 0], values[values != 0]
    rows = summed // buckets
    values /= np.sqrt(np.bincount(rows, values * values))[rows]
    ids = (summed % buckets).astype(np.int32)
    return np.bincount(rows, minlength=len(texts)), ids, values.astype(np.float32)


def _letter_hashes(texts: Sequence[str]) -> tuple[Ids, Hashes]:
    """Of all of them, and the number of the text that each belongs to."""
    words = [text.split() for text in texts]
    sizes = [sum(map(len, found)) + len(found) + 1 if found else 0 for found in words]
    letters = _letters(found for found in words if found)
    if not len(letters):
        return np.zeros(0, np.int64), np.zeros(0, np.uint32)
    rows, spaces = np.repeat(np.arange(len(texts)), sizes), letters == _SPACE
    # Two spaces side by side are the edges of two texts.
    within = ~(spaces[:-1] & spaces[1:])
    grams = [(hashes, whole & within[: len(whole)]) for hashes, whole in _character_grams(letters)]
    owners = [rows[: len(kept)][kept] for _, kept in grams]
    return np.concatenate(owners), np.concatenate([hashes[kept] for hashes, kept in grams])


def _summed(places: Ids, weights: Weights) -> tuple[Ids, Weights]:
    """Each place once, ascending, with the sum of its weights. Sorted, for a table of all buckets costs more."""
    order = places.argsort(kind="stable")
    ordered = places[order]
    first = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    starts = first.nonzero()[0]
    return ordered[starts], np.add.reduceat(weights[order], starts)


def _character_hashes(text: str) -> list[Hashes]:
    words = text.split()
    return [hashes[whole] for hashes, whole in _character_grams(_letters([words]))] if words else []


def _letters(texts: Iterable[Sequence[str]]) -> Hashes:
    """Of words, with a space at each edge; two texts have two spaces between them."""
    spaced = "".join(f" {' '.join(words)} " for words in texts)
    return np.frombuffer(spaced.encode("utf-32-le", "surrogatepass"), "<u4")


def _character_grams(letters: Hashes) -> Iterator[tuple[Hashes, NDArray[np.bool_]]]:
    """For each size the n-grams that begin at each letter, and which of these are within a word and its edges."""
    inside = letters != _SPACE
    hashes, whole = letters, np.ones(len(letters), np.bool_)
    for size in range(SHORTEST, LONGEST + 1):
        hashes = hashes[:-1] * _STEP + letters[size - 1 :]
        whole = whole[:-1] & inside[size - 2 : -1] if size > SHORTEST else whole[:-1]
        yield hashes, whole


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
