"""Mistyped words, put right before they are read: of "trnasfer" an encoder sees pieces that mean nothing.

A word is put right where neither the bot's expressions nor the encoder have it or forms of it, and one slip away (a
letter left out, added, changed, or two swapped) is a word that both have: of several, the one that is said most often.
Live holds
hashes of the bot's words, never the words (T3): the vocabulary of the encoder, the same for everyone, spells them.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from shared.errors import InvalidError
from shared.nlp.tokens import composed

SHORTEST, LONGEST = 4, 24
"""Of fewer letters, most words are one slip away from another; no word that is written has more."""
# A message of nothing but unknown words costs what a few of them cost.
_MOST_PUT_RIGHT = 16
# One may be a slip's own: "refun" has "refund".
_ENOUGH_FORMS = 2
_WORD = re.compile(r"[^\W\d_]+")
# How SentencePiece marks the beginning of a word.
_BEGINNING = "\N{LOWER ONE EIGHTH BLOCK}"
_RECORD = np.dtype([("hash", "<u4"), ("times", "<u2")])

Hashes = NDArray[np.uint32]


@dataclass(frozen=True)
class OwnWords:
    """How often each word is said in a bot's expressions of one language, by the hash of the word."""

    _hashes: Hashes
    _times: NDArray[np.uint16]

    @classmethod
    def parse(cls, data: bytes) -> "OwnWords":
        """Raises InvalidError `model_invalid` for a length that no file has."""
        if len(data) % _RECORD.itemsize:
            raise InvalidError("model_invalid", "The file of words is cut off.")
        records = np.frombuffer(data, _RECORD)
        return cls(records["hash"].astype(np.uint32), records["times"].astype(np.uint16))

    def strange(self, text: str) -> list[str]:
        """The first words of `text` that no expression has."""
        words = list(dict.fromkeys(_words(text)))
        unsaid = (word for word, times in zip(words, self.times(words), strict=True) if not times)
        return list(islice((word for word in unsaid if SHORTEST <= len(word) <= LONGEST), _MOST_PUT_RIGHT))

    def times(self, words: Sequence[str]) -> NDArray[np.uint16]:
        if not len(self._hashes):
            return np.zeros(len(words), np.uint16)
        wanted = np.array([_hash(word) for word in words], np.uint32)
        places = np.minimum(self._hashes.searchsorted(wanted), len(self._hashes) - 1)
        return np.where(self._hashes[places] == wanted, self._times[places], np.uint16(0))


def pack_words(texts: Iterable[str]) -> bytes:
    """The file for the expressions of one language: records sorted by the hash of a word."""
    counts = Counter(_hash(word) for text in texts for word in _words(text))
    return np.array([(key, min(times, 65_535)) for key, times in sorted(counts.items())], _RECORD).tobytes()


class Lexicon:
    """The words that an encoder knows whole, found by what is left of them without one of their letters.

    Symmetric deletion (Garbe, 2012): two words are one slip apart only if they agree where each lacks a letter at most.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        vocabulary = tokenizer.get_vocab()
        marked = any(len(piece) > 1 and piece.startswith(_BEGINNING) for piece in vocabulary)
        self._mark = _BEGINNING if marked else ""
        whole = [(piece.removeprefix(self._mark), at) for piece, at in vocabulary.items() if self._is_word(piece)]
        keys = np.array([key for word, _ in whole for key in _shortened(word)], np.uint32)
        owners = np.array([at for word, at in whole for _ in range(len(word) + 1)], np.int32)
        # By owner where keys are equal: the order of the vocabulary's own table is another in every process.
        order = np.lexsort((owners, keys))
        self._keys, self._owners = keys[order], owners[order]

    def __contains__(self, word: str) -> bool:
        return self._tokenizer.token_to_id(self._mark + word) is not None

    def knows(self, word: str) -> bool:
        """Also by its forms: a vocabulary of "baked", "baker" and "baking" may lack "bake"."""
        return word in self or sum(form in self for form in _forms(word)) >= _ENOUGH_FORMS

    def near(self, word: str) -> list[str]:
        """Its words that are one slip away from `word`, in the order of the vocabulary."""
        keys = np.array(_shortened(word), np.uint32)
        spans = zip(self._keys.searchsorted(keys), self._keys.searchsorted(keys, "right"), strict=True)
        owners = sorted({owner for start, end in spans for owner in self._owners[start:end].tolist()})
        pieces = [self._tokenizer.id_to_token(owner) or "" for owner in owners]
        words = [piece.removeprefix(self._mark) for piece in pieces]
        return [found for found in words if is_one_slip(word, found)]

    def _is_word(self, piece: str) -> bool:
        word = piece.removeprefix(self._mark)
        return piece.startswith(self._mark) and SHORTEST - 1 <= len(word) <= LONGEST + 1 and word.isalpha()


def put_right(text: str, strange: Iterable[str], own: OwnWords, lexicon: Lexicon) -> str:
    """`text` with those words of `strange` put right that are mistyped; none of the others is touched."""
    meant = {word: _meant(word, own, lexicon) for word in strange if not lexicon.knows(word)}
    if not any(meant.values()):
        return text
    return _WORD.sub(lambda found: meant.get(found.group().casefold()) or found.group(), composed(text))


def is_one_slip(written: str, word: str) -> bool:
    """A letter left out, added or changed, or two neighbours swapped; false for equals."""
    start = 0
    while start < min(len(written), len(word)) and written[start] == word[start]:
        start += 1
    ours, theirs = written[start:], word[start:]
    swapped = ours[1::-1] + ours[2:]
    return ours != theirs and theirs in {ours[1:], swapped} | {theirs[:1] + ours, theirs[:1] + ours[1:]}


def _meant(word: str, own: OwnWords, lexicon: Lexicon) -> str | None:
    near = lexicon.near(word)
    said = own.times(near)
    return near[int(said.argmax())] if said.any() else None


def _forms(word: str) -> tuple[str, ...]:
    """As English makes them; of another language's words they are in no vocabulary, which does no harm."""
    if word.endswith("e"):
        return word + "s", word + "d", word + "r", word[:-1] + "ing"
    return word + "s", word + "es", word + "ed", word + "er", word + "ing"


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(composed(text))]


def _hash(word: str) -> int:
    return crc32(word.encode("utf-8", "surrogatepass"))


def _shortened(word: str) -> list[int]:
    """Hashes of the word without each of its letters, then of the whole."""
    return [*(_hash(word[:at] + word[at + 1 :]) for at in range(len(word))), _hash(word)]
