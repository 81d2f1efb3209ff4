"""A trained model, ready to score. Immutable; every byte of it was verified before it was used."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from shared.contracts import ModelManifest
from shared.errors import InvalidError
from shared.nlp.encoder import EncoderCache, Read, TextEncoder
from shared.nlp.exact import ExpressionHashes
from shared.nlp.letters import Letters
from shared.nlp.ngrams import hash_ngrams
from shared.nlp.onnx import Array, Head, Skeletons
from shared.nlp.spelling import OwnWords, put_right
from shared.probes import ProbeResult

SCOPE_WEIGHT = 4.0
"""How much nearness to a known expression counts beside the log of the best probability."""


@dataclass(frozen=True)
class SharedParts:
    """What the models of a process have in common."""

    encoders: EncoderCache = field(default_factory=EncoderCache)
    skeletons: Skeletons = field(default_factory=Skeletons)


@dataclass(frozen=True)
class Scores:
    """`ranking` holds every intent id with its calibrated confidence, best first; `exact` is a T3 match."""

    ranking: tuple[tuple[str, float], ...]
    scope: float
    exact: str | None


@dataclass(frozen=True)
class Model:
    manifest: ModelManifest
    digest: str
    _head: Head
    _encoder: TextEncoder | None
    _expressions: ExpressionHashes
    letters: Letters | None
    _words: OwnWords | None

    def knows(self, text: str) -> bool:
        return self._expressions.find(text) is not None

    def score(self, text: str) -> Scores:
        probabilities, nearest = self._head.run(["probabilities", "nearest"], self._features(text))
        row = probabilities[0].astype(np.float64)
        order = np.argsort(-row, kind="stable")
        labels = self.manifest.labels
        exact = self._expressions.find(text)
        return Scores(
            ranking=tuple((labels[i], float(row[i])) for i in order),
            scope=math.log(max(float(row[order[0]]), 1e-9)) + SCOPE_WEIGHT * float(nearest.reshape(-1)[0]),
            exact=labels[exact] if exact is not None else None,
        )

    def embedding(self, text: str) -> Array | None:
        """Unit vector, float32 [dimensions]; None without an encoder."""
        embedded: Array | None = self._encoder.embed(text)[0] if self._encoder else None
        return embedded

    @cached_property
    def probed(self) -> tuple[ProbeResult, ...]:
        """Its probe sentences, answered here; once, because a loaded model answers alike every time (P12)."""
        if self._encoder is not None:
            # What the first message with a mistyped word would wait for.
            _ = self._encoder.lexicon
        return tuple(self._probe(probe.text) for probe in self.manifest.probes)

    def _probe(self, text: str) -> ProbeResult:
        scores = self.score(text)
        intent, confidence = scores.ranking[0]
        return ProbeResult(
            language=self.manifest.language, text=text, intent=intent, confidence=confidence, scope=scores.scope
        )

    def _features(self, text: str) -> Mapping[str, Array]:
        right = self._put_right(text)
        ids, values = hash_ngrams(right, self.manifest.ngram_buckets)
        grams: dict[str, Array] = {"ngram_ids": ids, "ngram_values": values}
        return grams if self._encoder is None else {**grams, "embedding": self._encoder.embed(right)}

    def _put_right(self, text: str) -> str:
        if self._words is None or self._encoder is None:
            return text
        strange = self._words.strange(text)
        return put_right(text, strange, self._words, self._encoder.lexicon) if strange else text


def load_model(manifest: ModelManifest, read: Read, shared: SharedParts) -> Model:
    """`read` gives verified bytes by digest. Raises InvalidError `manifest_invalid`, `model_invalid`."""
    files = {file.name: file.digest for file in manifest.files}
    if files.keys() - {"letters.bin", "words.bin"} != {"head.onnx", "expressions.bin"}:
        detail = "A model has the files head.onnx, expressions.bin, letters.bin and, with an encoder, words.bin."
        raise InvalidError("manifest_invalid", detail)
    expressions = ExpressionHashes.parse(read(files["expressions.bin"]), manifest.fold_accents)
    if expressions.highest_label >= len(manifest.labels):
        raise InvalidError("intent_mismatch", "The expressions of the model name intents that it does not have.")
    return Model(
        manifest=manifest,
        digest=manifest.digest,
        _head=Head(read(files["head.onnx"]), shared.skeletons),
        _encoder=shared.encoders.get(manifest.encoder, read) if manifest.encoder else None,
        _expressions=expressions,
        letters=Letters.parse(read(files["letters.bin"])) if "letters.bin" in files else None,
        _words=OwnWords.parse(read(files["words.bin"])) if "words.bin" in files else None,
    )
