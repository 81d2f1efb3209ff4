"""How a language is spelled in the words of one bot, and which of its languages a text is in.

Naive Bayes on hashed n-grams of letters (Cavnar and Trenkle, 1994, asked the same question of ranks): each model
keeps what the n-grams of its expressions cost, so that languages come and go without another being trained again.
Whole numbers alone are added up: draft and live, whatever their processor, hear the same language.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from shared.errors import InvalidError
from shared.nlp.ngrams import hash_many, hash_ngrams

BUCKETS = 8192
_AT_ONCE = 4_000
_SMOOTHING = 0.1
# Costs are kept in twelfths of a nat, which a byte holds up to 21 nats.
_TWELFTHS = 12
CLEARLY = 6
"""By how many nats another language must be likelier before it is taken: measured, see docs/languages.md."""
_SAYS_NOTHING = re.compile(r"\S*(?:://|@|\d)\S*")

Costs = NDArray[np.uint8]


@dataclass(frozen=True)
class Letters:
    """What each bucket costs in one language: minus the log of its share, in twelfths of a nat, uint8 [BUCKETS]."""

    _costs: Costs

    @classmethod
    def parse(cls, data: bytes) -> "Letters":
        """Raises InvalidError `model_invalid` for a length that no file has."""
        if len(data) != BUCKETS:
            raise InvalidError("model_invalid", "The file of letters is cut off.")
        return cls(np.frombuffer(data, np.uint8))

    def cost(self, buckets: NDArray[np.int64]) -> int:
        return int(self._costs[buckets].sum(dtype=np.int64))


def pack_letters(texts: Iterable[str]) -> bytes:
    """The file for the expressions of one language."""
    counts, coming = np.zeros(BUCKETS, np.int64), iter(texts)
    # Bit by bit: the n-grams of 100,000 expressions are half a gigabyte while they are counted.
    while some := [_spelled(text) for text in islice(coming, _AT_ONCE)]:
        counts += np.bincount(hash_many(some, BUCKETS)[1], minlength=BUCKETS)
    shares = (counts + _SMOOTHING) / (counts.sum() + _SMOOTHING * BUCKETS)
    costs: Costs = np.rint(np.minimum(-np.log(shares) * _TWELFTHS, 255)).astype(np.uint8)
    return costs.tobytes()


def likeliest(text: str, languages: Mapping[str, Letters], current: str) -> str:
    """`current`, unless the text is clearly in another of `languages`. Of equals, the first in their order."""
    buckets = _buckets(text)
    if current not in languages or not len(buckets):
        return current
    costs = {language: letters.cost(buckets) for language, letters in languages.items()}
    best = min(costs, key=costs.__getitem__)
    return best if costs[current] - costs[best] > CLEARLY * _TWELFTHS else current


def _buckets(text: str) -> NDArray[np.int64]:
    """Empty for a text without letters."""
    ids, values = hash_ngrams(_spelled(text), BUCKETS)
    heard: NDArray[np.int64] = ids[values != 0]
    return heard


def _spelled(text: str) -> str:
    """Its letters alone: numbers, addresses and signs are in no language."""
    return "".join(c if unicodedata.category(c)[0] in "LM" else " " for c in _SAYS_NOTHING.sub(" ", text))
