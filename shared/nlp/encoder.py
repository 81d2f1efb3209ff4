"""The sentence encoder: text in, one unit vector out. Always one text at a time.

Dynamic int8 depends on the batch, so a text that is encoded in a batch gets another vector than alone.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from shared.contracts import EncoderManifest
from shared.errors import InvalidError
from shared.nlp.onnx import Graph
from shared.nlp.spelling import Lexicon
from shared.nlp.tokens import composed

Vector = NDArray[np.float32]
Read = Callable[[str], bytes]


class TextEncoder(Protocol):
    """What a model needs of an encoder."""

    @property
    def lexicon(self) -> Lexicon: ...

    def embed(self, text: str) -> Vector:
        """Unit vector, float32 [1, dimensions]."""
        ...


class Encoder:
    def __init__(self, manifest: EncoderManifest, read: Read) -> None:
        files = {file.name: file.digest for file in manifest.files}
        if not {"encoder.onnx", "tokenizer.json"} <= files.keys():
            raise InvalidError("manifest_invalid", "An encoder has the files encoder.onnx and tokenizer.json.")
        self.manifest = manifest
        self._graph = Graph(read(files["encoder.onnx"]), optimise=True)
        self._tokenizer = _tokenizer(read(files["tokenizer.json"]), manifest.max_tokens)

    @cached_property
    def lexicon(self) -> Lexicon:
        """Made when it is first asked for."""
        return Lexicon(self._tokenizer)

    def embed(self, text: str) -> Vector:
        """Unit vector, float32 [1, dimensions]."""
        ids = np.array([self._tokenizer.encode(_whole(text)).ids], np.int32)
        (vector,) = self._graph.run(["embedding"], {"input_ids": ids})
        return vector.astype(np.float32, copy=False)


def _whole(text: str) -> str:
    """NFC, with half characters (lone surrogates) replaced: the tokenizer takes none."""
    return text if text.isascii() else composed(text).encode("utf-8", "replace").decode()


def _tokenizer(data: bytes, max_tokens: int) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_str(data.decode())
    except Exception as error:
        # tokenizers raises bare exceptions of the language that it is written in.
        raise InvalidError("model_invalid", "The encoder's tokenizer cannot be read.") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


@dataclass(frozen=True)
class EncoderCache:
    """One encoder per digest in a process, shared by all of its bots."""

    _loaded: dict[str, TextEncoder] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, manifest: EncoderManifest, read: Read) -> TextEncoder:
        digest = manifest.digest
        with self._lock:
            if digest not in self._loaded:
                self._loaded[digest] = Encoder(manifest, read)
            return self._loaded[digest]
