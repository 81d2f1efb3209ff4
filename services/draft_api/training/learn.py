"""From expressions to a model and what is to be said of it. Everything here may take its time to be imported."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np

from services.draft_api.evaluation.answers import Answers
from services.draft_api.evaluation.document import Evaluation, Named
from services.draft_api.evaluation.evaluate import Written, evaluate
from services.draft_api.training.embeddings import AT_ONCE, Encoded
from services.draft_api.training.features import ngram_buckets, ngram_matrix
from services.draft_api.training.head_graph import IR_VERSION, OPSET, head_graph, operators
from services.draft_api.training.held_out import alike, held_out_answers
from services.draft_api.training.names import telling_names
from services.draft_api.training.probing import probe_texts
from services.draft_api.training.source import Rows, Source
from services.draft_api.training.stack import (
    SCOPE_QUANTILE,
    Examples,
    Features,
    fit_heads,
    fit_mix,
    folds,
    out_of_fold,
)
from shared.contracts import FileRef, ModelManifest, Runtime
from shared.digest import canonical, digest_of
from shared.nlp.encoder import EncoderCache
from shared.nlp.exact import pack
from shared.nlp.letters import pack_letters
from shared.nlp.model import SharedParts, load_model
from shared.nlp.spelling import pack_words
from shared.probes import Probe

# Above this, the mix is fitted on a sample: the scalars are three, and every fold costs a training.
_SAMPLE = 12_000

Tell = Callable[[str, float], None]


def learn(source: Source, encoding: "Future[Encoded] | None", out: Path, tell: Tell) -> ModelManifest:
    """What needs no embedding comes first: `encoding` is under way (None without an encoder)."""
    buckets = ngram_buckets(len(source.texts), len(source.intents), encoded=encoding is not None)
    ngrams = ngram_matrix(source.texts_and_names, buckets)
    hashes, fold_accents = pack(zip(source.texts, source.labels.tolist(), strict=True))
    letters = pack_letters(source.texts)
    words = {"words.bin": pack_words(source.texts)} if encoding else {}
    encoded = encoding.result() if encoding else None
    features, sample = Features(encoded.vectors if encoded else None, ngrams), _sample(len(source.texts))
    head, answers = _fit(source, features, sample, tell)
    tell("exporting", 90)
    own = {"expressions.bin": hashes, "head.onnx": head, "letters.bin": letters, **words}
    scope = float(np.quantile(answers.said.scope, SCOPE_QUANTILE))
    manifest = _manifest(source, encoded, own, buckets, scope, fold_accents)
    files = {ref.digest: own[ref.name] for ref in manifest.files} | (encoded.files if encoded else {})
    manifest = manifest.model_copy(update={"probes": _probes(manifest, files, encoded, source)})
    tell("evaluating", 95)
    pairs = alike(features.rows(slice(len(source.texts))), source.labels, sample, answers.own)
    _write(out, manifest, files)
    _write_evaluation(out, answers, evaluate(answers, source.texts_of(sample), _written(source), pairs))
    return manifest


def _fit(source: Source, features: Features, sample: Rows, tell: Tell) -> tuple[bytes, Answers]:
    """The head as a graph, and what heads that had not seen the expressions of the sample say of them."""
    said, names = _examples(source, features)
    classes, fold = len(source.intents), folds(source.texts, source.labels)[sample]

    def told(share: float) -> None:
        tell("cross-validating", 35 + 40 * share)

    # The numeric libraries let go of the interpreter while they compute, and each fit is on its own.
    with ThreadPoolExecutor(AT_ONCE) as threads:
        fitting = threads.submit(fit_heads, said, names, classes)
        found = out_of_fold(said.rows(sample), names, classes, fold, threads, told)
        mix = fit_mix(found)
        answers = held_out_answers(found, mix)
        tell("fitting", 80)
        return head_graph(fitting.result(), mix, classes), answers


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
        encoder=encoded.encoder.manifest if encoded else None,
        ngram_buckets=buckets,
        scope_threshold=scope,
        fold_accents=fold_accents,
        probes=(),
        runtime=Runtime(opset=OPSET, ir_version=IR_VERSION, operators=operators(own["head.onnx"])),
    )


def _examples(source: Source, features: Features) -> tuple[Examples, Examples]:
    """What was said, and those names that say something."""
    said = Examples(features.rows(slice(len(source.texts))), source.labels)
    names = features.rows(slice(len(source.texts), None))
    labels = telling_names(said, names, len(source.intents))
    return said, Examples(names.rows(labels), labels)


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
    loaded = {encoded.encoder.manifest.digest: encoded.encoder} if encoded else {}
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


def _write(out: Path, manifest: ModelManifest, files: Mapping[str, bytes]) -> None:
    (out / "files").mkdir(parents=True, exist_ok=True)
    for file in manifest.all_files():
        (out / "files" / file.name).write_bytes(files[file.digest])
    (out / "manifest.json").write_bytes(manifest.canonical())


def _write_evaluation(out: Path, answers: Answers, found: Evaluation) -> None:
    (out / "evaluation.json").write_bytes(canonical(found.model_dump(mode="json")))
    (out / "outcomes.bin").write_bytes(answers.outcomes().tobytes())
