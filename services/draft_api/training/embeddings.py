"""Expressions as embeddings, cached on disk by encoder and text.

Imports little, so that the encoder is at work while what learns from the embeddings is still being imported.
"""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shared.contracts import EncoderManifest
from shared.nlp.encoder import Encoder, TextEncoder, Vector
from shared.nlp.spelling import Lexicon

Matrix = NDArray[np.float32]
Tell = Callable[[float], None]

_TELL_EVERY = 100
# Of 384 dimensions: 300 MB on disk.
MOST_REMEMBERED = 200_000
AT_ONCE = min(2, os.cpu_count() or 1)


@dataclass(frozen=True)
class Remembering:
    """An encoder that is not asked again for what it has said: a proof has the same sentences each time."""

    encoder: Encoder
    vectors: Mapping[str, Vector]

    @property
    def lexicon(self) -> Lexicon:
        return self.encoder.lexicon

    def embed(self, text: str) -> Vector:
        known = self.vectors.get(text)
        return self.encoder.embed(text) if known is None else known


@dataclass(frozen=True)
class Encoded:
    """`files` of the encoder by digest, verified; `vectors` of expressions and then of names [texts, dimensions]."""

    manifest: EncoderManifest
    encoder: TextEncoder
    files: dict[str, bytes]
    vectors: Matrix


def embed_all(texts: Sequence[str], encoder: Encoder, cache: Path | None, tell: Tell) -> Matrix:
    """Float32 [texts, dimensions]. Only what the cache lacks is encoded, one text at a time (T7)."""
    known = EmbeddingCache(cache, encoder.manifest.digest, encoder.manifest.dimensions)
    found = np.empty((len(texts), encoder.manifest.dimensions), np.float32)
    places = {text: place for place, text in reversed(list(enumerate(texts)))}
    missing = [text for text in dict.fromkeys(texts) if text not in known]
    # onnxruntime lets go of the interpreter while it computes; a text's vector does not depend on its neighbours.
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for start in range(0, len(missing), _TELL_EVERY):
            tell(start / len(missing))
            some = missing[start : start + _TELL_EVERY]
            for text, vector in zip(some, threads.map(encoder.embed, some), strict=True):
                # A view: of 100,000 expressions no second copy is kept.
                found[places[text]] = vector[0]
                known.add(text, found[places[text]])
    for place, text in enumerate(texts):
        found[place] = known.get(text)
    known.save()
    return found


class EmbeddingCache:
    """A file per encoder: SHA-256 of a text, then its vector, at most `most` of them; what was used last stands last.

    A file that cannot be read is begun anew.
    """

    def __init__(self, folder: Path | None, encoder: str, dimensions: int, most: int = MOST_REMEMBERED) -> None:
        self._record = np.dtype([("key", "S32"), ("vector", "<f4", (dimensions,))])
        self._path = folder / f"{encoder.removeprefix('sha256:')[:32]}.bin" if folder else None
        self._most = most
        self._stored = self._load()
        self._places = {_padded(key): place for place, key in enumerate(self._stored["key"].tolist())}
        self._used: set[int] = set()
        self._fresh: dict[bytes, Matrix] = {}

    def __contains__(self, text: str) -> bool:
        return _key(text) in self._places or _key(text) in self._fresh

    def get(self, text: str) -> Matrix:
        key = _key(text)
        if key in self._fresh:
            return self._fresh[key]
        place = self._places[key]
        self._used.add(place)
        vector: Matrix = self._stored["vector"][place]
        return vector

    def add(self, text: str, vector: Matrix) -> None:
        self._fresh[_key(text)] = vector

    def save(self) -> None:
        if self._path is None or not self._fresh:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_suffix(f".{os.getpid()}")
        fresh = list(self._fresh.items())[-self._most :]
        with temporary.open("wb") as file:
            for place in self._kept(self._most - len(fresh)):
                file.write(self._stored[place].tobytes())
            for key, vector in fresh:
                file.write(key + vector.astype("<f4", copy=False).tobytes())
        temporary.replace(self._path)

    def _kept(self, room: int) -> list[int]:
        """Places in the order of their last use; those beyond `room` that were not used for longest are left out."""
        unused = [place for place in range(len(self._stored)) if place not in self._used]
        ordered = [*unused, *sorted(self._used)]
        return ordered[max(len(ordered) - room, 0) :]

    def _load(self) -> NDArray[np.void]:
        """Mapped, not read: a bot needs some of it, and the memory of a training is bounded."""
        size = self._path.stat().st_size if self._path is not None and self._path.is_file() else 0
        if self._path is None or size == 0 or size % self._record.itemsize:
            return np.empty(0, self._record)
        return np.memmap(self._path, self._record, "r")


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _padded(key: bytes) -> bytes:
    """numpy drops zero bytes at the end of a byte string; a digest may well end with one."""
    return key.ljust(32, b"\0")
