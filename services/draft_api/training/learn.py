"""From expressions to a model and what is to be said of it. Everything here may take its time to be imported."""

from collections.abc import Callable, Container, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from services.draft_api.evaluation.answers import Answers
from services.draft_api.evaluation.document import Evaluation, Named
from services.draft_api.evaluation.evaluate import Written, evaluate
from services.draft_api.training.embeddings import AT_ONCE, Encoded
from services.draft_api.training.encoder_languages import knows
from services.draft_api.training.examples import Examples, Features
from services.draft_api.training.features import ngram_buckets, ngram_matrix
from services.draft_api.training.head_graph import IR_VERSION, OPSET, head_graph, operators
from services.draft_api.training.held_out import alike, held_out_answers
from services.draft_api.training.memory import give_back
from services.draft_api.training.names import telling_names
from services.draft_api.training.probing import probe_texts
from services.draft_api.training.source import Rows, Source
from services.draft_api.training.stack import cross_fit, fit_mix, fit_scope, folds
from shared.contracts import FileRef, ModelManifest, Runtime
from shared.digest import canonical, digest_of
from shared.nlp.encoder import EncoderCache
from shared.nlp.exact import pack
from shared.nlp.letters import pack_letters
from shared.nlp.model import SharedParts, load_model
from shared.nlp.spelling import pack_words
from shared.probes import Probe

# Above this, the mix is fitted on a sample: the scalars are three, and every fold costs a training. And memory counts.
_SAMPLE = 12_000

Tell = Callable[[str, float], None]


@dataclass(frozen=True)
class Output:
    """A folder, and digests of files that need not be written into it."""

    folder: Path
    stored: Container[str]


def learn(source: Source, encoding: "Future[Encoded] | None", out: Output, tell: Tell) -> ModelManifest:
    """`encoding` is under way (None without an encoder)."""
    buckets = ngram_buckets(len(source.texts), len(source.intents), encoded=encoding is not None)
    sample = _sample(len(source.texts))
    # The numeric libraries let go of the interpreter while they compute.
    with ThreadPoolExecutor(AT_ONCE) as threads:
        packing = threads.submit(_packed, source, encoding is not None)
        ngrams = ngram_matrix(source.texts_and_names, buckets)
        encoded = encoding.result() if encoding else None
        examples = _examples(source, Features(encoded.vectors if encoded else None, ngrams))
        del ngrams
        if len(source.texts) > _SAMPLE:
            # What is fitted now is what takes most, and so far much was held for a moment.
            give_back()
        fold = folds(source.texts, source.labels)
        heads, found = cross_fit(examples, fold, sample, len(source.intents), threads, tell)
        own, fold_accents = packing.result()
    mix = fit_mix(found)
    answers = held_out_answers(found, mix)
    tell("exporting", 90)
    own["head.onnx"] = head_graph(heads, mix, len(source.intents))
    scope = fit_scope(heads, mix, answers.said.scope)
    manifest = _manifest(source, encoded, own, buckets, scope, fold_accents)
    files = {ref.digest: own[ref.name] for ref in manifest.files} | (encoded.files if encoded else {})
    manifest = manifest.model_copy(update={"probes": _probes(manifest, files, encoded, source)})
    tell("evaluating", 95)
    pairs = alike(_read(examples, encoded, source.language), source.labels, sample, answers.own)
    _write(out, manifest, files)
    _write_evaluation(out.folder, answers, evaluate(answers, source.texts_of(sample), _written(source), pairs))
    return manifest


def _packed(source: Source, encoded: bool) -> tuple[dict[str, bytes], bool]:
    """Files for which nothing is to be learnt, and whether accents are folded in them."""
    hashes, fold_accents = pack(zip(source.texts, source.labels.tolist(), strict=True))
    words = {"words.bin": pack_words(source.texts)} if encoded else {}
    return {"expressions.bin": hashes, "letters.bin": pack_letters(source.texts), **words}, fold_accents


def _manifest(
    source: Source, encoded: Encoded | None, own: Mapping[str, bytes], buckets: int, scope: float, fold_accents: bool
) -> ModelManifest:
    """Without probes, which the model itself will answer."""
    return ModelManifest(
        language=source.language,
        profile=source.profile,
        fingerprint=source.fingerprint,
        labels=tuple(intent["id"] for intent in source.intents),
        files=tuple(_ref(name, data) for name, data in sorted(own.items())),
        encoder=encoded.manifest if encoded else None,
        ngram_buckets=buckets,
        scope_threshold=scope,
        fold_accents=fold_accents,
        probes=(),
        runtime=Runtime(opset=OPSET, ir_version=IR_VERSION, operators=operators(own["head.onnx"])),
    )


def _examples(source: Source, features: Features) -> Examples:
    """What was said, and those names that say something."""
    said, intents = len(source.texts), len(source.intents)
    telling = telling_names(features, source.labels, intents)
    labels = np.append(source.labels, telling)
    if len(telling) == intents:
        return Examples(features, labels, said)
    if features.embeddings is not None:
        # In place, because the names are a few rows at the end of what may be large.
        features.embeddings[said : len(labels)] = features.embeddings[said:][telling]
    rows = np.append(np.arange(said), said + telling)
    embeddings = None if features.embeddings is None else features.embeddings[: len(labels)]
    return Examples(Features(embeddings, features.ngrams[rows]), labels, said)


def _read(examples: Examples, encoded: Encoded | None, language: str) -> Features:
    """What expressions are compared by: whatever an encoder cannot read, it takes for the same."""
    features = examples.features.rows(slice(examples.said))
    readable = encoded is not None and knows(encoded.manifest.name, language)
    return features if readable else Features(None, features.ngrams)


def _sample(count: int) -> Rows:
    chosen = np.ones(count, bool)
    if count > _SAMPLE:
        chosen[:] = False
        chosen[np.random.RandomState(0).permutation(count)[:_SAMPLE]] = True
    return chosen


def _ref(name: str, data: bytes) -> FileRef:
    return FileRef(name=name, digest=digest_of(data), size_bytes=len(data))


def _probes(
    manifest: ModelManifest, files: Mapping[str, bytes], encoded: Encoded | None, source: Source
) -> tuple[Probe, ...]:
    """Answered by the exported model itself."""
    loaded = {encoded.manifest.digest: encoded.encoder} if encoded else {}
    model = load_model(manifest, files.__getitem__, SharedParts(EncoderCache(loaded)))

    def probe(text: str) -> Probe:
        scores = model.score(text)
        intent, confidence = scores.ranking[0]
        return Probe(text=text, intent=intent, confidence=confidence, scope=scores.scope)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return tuple(threads.map(probe, probe_texts(source.names)))


def _written(source: Source) -> Written:
    intents, silent = ([Named(**intent) for intent in some] for some in (source.intents, source.silent))
    return Written(source.texts, source.labels, intents, silent)


def _write(out: Output, manifest: ModelManifest, files: Mapping[str, bytes]) -> None:
    folder = out.folder / "files"
    folder.mkdir(parents=True, exist_ok=True)
    for file in manifest.all_files():
        if file.digest not in out.stored:
            (folder / file.name).write_bytes(files[file.digest])
    (out.folder / "manifest.json").write_bytes(manifest.canonical())


def _write_evaluation(out: Path, answers: Answers, found: Evaluation) -> None:
    (out / "evaluation.json").write_bytes(canonical(found.model_dump(mode="json")))
    (out / "outcomes.bin").write_bytes(answers.outcomes().tobytes())
