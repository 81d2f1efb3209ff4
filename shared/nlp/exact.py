"""T3: a message that equals an expression. Live holds hashes of normal forms, never the text.

The file is a sorted sequence of 12-byte records: 8 bytes of SHA-256, then the label, 4 bytes, both
big-endian.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.errors import InvalidError
from shared.nlp.tokens import normal_form

_RECORD = np.dtype([("hash", ">u8"), ("label", ">u4")])


@dataclass(frozen=True)
class ExpressionHashes:
    fold_accents: bool
    _hashes: NDArray[np.uint64]
    _labels: NDArray[np.uint32]

    @classmethod
    def parse(cls, data: bytes, fold_accents: bool) -> "ExpressionHashes":
        """Raises InvalidError `model_invalid` for a length that no file has."""
        if len(data) % _RECORD.itemsize:
            raise InvalidError("model_invalid", "The file of expression hashes is cut off.")
        records = np.frombuffer(data, _RECORD)
        return cls(fold_accents, records["hash"].astype(np.uint64), records["label"].astype(np.uint32))

    @property
    def highest_label(self) -> int:
        return int(self._labels.max()) if len(self._labels) else -1

    def find(self, text: str) -> int | None:
        """The label of the expression that `text` equals."""
        normal = normal_form(text, self.fold_accents)
        if not normal or not len(self._hashes):
            return None
        wanted = np.uint64(_hash(normal))
        at = int(np.searchsorted(self._hashes, wanted))
        return int(self._labels[at]) if at < len(self._hashes) and self._hashes[at] == wanted else None


def pack(expressions: Iterable[tuple[str, int]]) -> tuple[bytes, bool]:
    """The file for (text, label) pairs, and whether accents are folded in it.

    They are, unless two expressions differ by accents alone (T3).
    """
    pairs = list(expressions)
    plain = {normal_form(text, fold_accents=False): label for text, label in pairs}
    folded = {normal_form(text, fold_accents=True): label for text, label in pairs}
    fold = len(folded) == len(plain)
    chosen = folded if fold else plain
    records = sorted((_hash(normal), label) for normal, label in chosen.items() if normal)
    return np.array(records, _RECORD).tobytes(), fold


def _hash(normal: str) -> int:
    return int.from_bytes(hashlib.sha256(normal.encode("utf-8", "surrogatepass")).digest()[:8], "big")
