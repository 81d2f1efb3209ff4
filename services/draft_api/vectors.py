"""Messages as vectors to compare, those of late kept in memory: whoever looks again need not wait again."""

import hashlib
import threading
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from shared.nlp.model import Model
from shared.nlp.ngrams import hash_ngrams

Vector = NDArray[np.float32]

_KEPT = 10_000
_BUCKETS = 2048


class RecentVectors:
    """Of unit length: embeddings where the model has an encoder, hashed n-grams where it has none."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, bytes], Vector] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, text: str, model: Model | None) -> Vector:
        encoder = model.manifest.encoder if model else None
        if model is None or encoder is None:
            return _letters(text)
        # By its digest: what a user said is not kept anywhere but in the inbox.
        place = encoder.digest, hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        with self._lock:
            known = self._kept.get(place)
        if known is None:
            embedded = model.embedding(text)
            assert embedded is not None
            known = embedded.astype(np.float32)
            self._keep(place, known)
        return known

    def _keep(self, place: tuple[str, bytes], vector: Vector) -> None:
        with self._lock:
            self._kept[place] = vector
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)


def _letters(text: str) -> Vector:
    ids, values = hash_ngrams(text, _BUCKETS)
    vector = np.zeros(_BUCKETS, np.float32)
    vector[ids] = values
    return vector
