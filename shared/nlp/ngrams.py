"""Signed hashing of character and word n-grams: what survives typos, in any language, with no vocabulary.

Weinberger et al., "Feature hashing for large scale multitask learning" (2009). CRC-32 spread by
Fibonacci hashing: the same on every machine, and fast enough in plain Python.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from shared.nlp.tokens import composed

SHORTEST, LONGEST = 2, 5
_WORD = re.compile(r"\w+")
_SPREAD = 2654435769
_MASK = 0xFFFFFFFF

Ids = NDArray[np.int64]
Values = NDArray[np.float32]


def hash_ngrams(text: str, buckets: int) -> tuple[Ids, Values]:
    """Ids (ascending, int64 [n]) and values (float32 [n], unit length). `buckets` is a power of two.

    A text without any n-gram has one of value 0, because an empty input is a special case for a graph.
    """
    shift = 33 - buckets.bit_length()
    folded = composed(text).casefold()
    total = _scaled(_signed(_character_grams(folded), shift))
    for bucket, value in _scaled(_signed(_word_grams(folded), shift)).items():
        total[bucket] = total.get(bucket, 0.0) + value
    if not total:
        return np.zeros(1, np.int64), np.zeros(1, np.float32)
    ids = np.fromiter(total.keys(), np.int64, len(total))
    values = np.fromiter(total.values(), np.float64, len(total))
    order = np.argsort(ids)
    length = float(np.sqrt(np.dot(values, values))) or 1.0
    return ids[order], (values[order] / length).astype(np.float32)


def _character_grams(text: str) -> Iterator[bytes]:
    """Within words, whose edges count as a space."""
    for word in text.split():
        padded: str | bytes = f" {word} "
        if word.isascii():
            padded = padded.encode()
        for size in range(SHORTEST, min(LONGEST, len(padded)) + 1):
            for start in range(len(padded) - size + 1):
                gram = padded[start : start + size]
                yield gram if isinstance(gram, bytes) else gram.encode("utf-8", "surrogatepass")


def _word_grams(text: str) -> Iterator[bytes]:
    words = [b"w:" + word.encode("utf-8", "surrogatepass") for word in _WORD.findall(text)]
    yield from words
    for first, second in pairwise(words):
        yield first + b" " + second


def _signed(grams: Iterator[bytes], shift: int) -> dict[int, int]:
    counts: dict[int, int] = {}
    for gram in grams:
        spread = (crc32(gram) * _SPREAD) & _MASK
        bucket = spread >> shift
        counts[bucket] = counts.get(bucket, 0) + (1 if spread & 1 else -1)
    return counts


def _scaled(counts: dict[int, int]) -> dict[int, float]:
    """Signed square roots, unit length: a repeated n-gram counts, but not twice as much."""
    length = sum(abs(count) for count in counts.values()) ** 0.5
    if not length:
        return {}
    return {bucket: (1 if count > 0 else -1) * abs(count) ** 0.5 / length for bucket, count in counts.items() if count}
