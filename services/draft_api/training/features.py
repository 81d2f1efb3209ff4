"""Expressions as numbers: embeddings (cached on disk by encoder and text) and hashed n-grams."""

import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from shared.nlp.encoder import Encoder
from shared.nlp.ngrams import hash_ngrams

Matrix = NDArray[np.float32]
Tell = Callable[[float], None]

_TELL_EVERY = 50
AT_ONCE = min(2, os.cpu_count() or 1)


def ngram_matrix(texts: Sequence[str], buckets: int) -> sparse.csr_matrix:
    """Float32 [texts, buckets], rows of unit length."""
    rows = [hash_ngrams(text, buckets) for text in texts]
    starts = np.concatenate([[0], np.cumsum([len(ids) for ids, _ in rows])])
    ids = np.concatenate([ids for ids, _ in rows])
    values = np.concatenate([values for _, values in rows])
    return sparse.csr_matrix((values, ids, starts), shape=(len(texts), buckets))


def embed_all(texts: Sequence[str], encoder: Encoder, cache: Path | None, tell: Tell) -> Matrix:
    """Float32 [texts, dimensions]. Only what the cache lacks is encoded, one text at a time (T7)."""
    known = EmbeddingCache(cache, encoder.manifest.digest, encoder.manifest.dimensions)
    missing = [text for text in dict.fromkeys(texts) if text not in known]
    # onnxruntime lets go of the interpreter while it computes; a text's vector does not depend on its neighbours.
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for index, (text, vector) in enumerate(zip(missing, threads.map(encoder.embed, missing), strict=True)):
            known.add(text, vector[0])
            if index % _TELL_EVERY == 0:
                tell(index / len(missing))
    known.save()
    return np.stack([known.get(text) for text in texts])


class EmbeddingCache:
    """A file per encoder: SHA-256 of the text, then its vector. A file that cannot be read is begun anew."""

    def __init__(self, folder: Path | None, encoder: str, dimensions: int) -> None:
        self._record = np.dtype([("key", "S32"), ("vector", "<f4", (dimensions,))])
        self._path = folder / f"{encoder.removeprefix('sha256:')[:32]}.bin" if folder else None
        self._fresh: list[tuple[bytes, Matrix]] = []
        self._vectors = {_padded(row["key"]): row["vector"] for row in self._load()}

    def __contains__(self, text: str) -> bool:
        return _key(text) in self._vectors

    def get(self, text: str) -> Matrix:
        vector: Matrix = self._vectors[_key(text)]
        return vector

    def add(self, text: str, vector: Matrix) -> None:
        self._vectors[_key(text)] = vector
        self._fresh.append((_key(text), vector))

    def save(self) -> None:
        if self._path is None or not self._fresh:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_suffix(f".{os.getpid()}")
        rows = np.array(list(self._vectors.items()), self._record)
        temporary.write_bytes(rows.tobytes())
        temporary.replace(self._path)

    def _load(self) -> NDArray[np.void]:
        if self._path is None or not self._path.is_file():
            return np.empty(0, self._record)
        data = self._path.read_bytes()
        return (
            np.frombuffer(data, self._record) if len(data) % self._record.itemsize == 0 else np.empty(0, self._record)
        )


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _padded(key: bytes) -> bytes:
    """numpy drops zero bytes at the end of a byte string; a digest may well end with one."""
    return key.ljust(32, b"\0")
