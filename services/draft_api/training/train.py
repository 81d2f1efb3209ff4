"""The training of one language, in a process of its own beside serving.

    python -m services.draft_api.training.train SOURCE.json OUT_DIR

Reads the expressions, writes manifest.json, evaluation.json and files/; tells its progress as lines of JSON.
Equal source and equal build give equal bytes (T7): one thread, sorted rows, fixed seeds.
"""

import os

# Before numpy is imported: several BLAS threads add up in an order that changes from run to run.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import sys  # noqa: E402
import threading  # noqa: E402
from contextlib import suppress  # noqa: E402
from dataclasses import dataclass  # noqa: E402
from importlib import import_module  # noqa: E402
from itertools import compress  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402
import orjson  # noqa: E402

from services.draft_api.evaluation.answers import Answers  # noqa: E402
from services.draft_api.evaluation.document import Evaluation, Named  # noqa: E402
from services.draft_api.evaluation.evaluate import Written, evaluate  # noqa: E402
from services.draft_api.training.encoder_folder import EncoderFolder, how_to_get, installed_encoder  # noqa: E402
from services.draft_api.training.features import embed_all, ngram_matrix  # noqa: E402
from services.draft_api.training.head_graph import IR_VERSION, OPSET, head_graph, operators  # noqa: E402
from services.draft_api.training.heads import Labels  # noqa: E402
from services.draft_api.training.held_out import alike, held_out_answers  # noqa: E402
from services.draft_api.training.names import spoken, telling_names  # noqa: E402
from services.draft_api.training.stack import (  # noqa: E402
    SCOPE_QUANTILE,
    Examples,
    Features,
    fit_heads,
    fit_mix,
    folds,
    out_of_fold,
)
from shared.contracts import FileRef, ModelManifest, Probe, Runtime  # noqa: E402
from shared.digest import canonical, digest_of  # noqa: E402
from shared.errors import GreenroomError, InvalidError  # noqa: E402
from shared.nlp.encoder import Encoder, EncoderCache  # noqa: E402
from shared.nlp.exact import pack  # noqa: E402
from shared.nlp.letters import pack_letters  # noqa: E402
from shared.nlp.model import load_model  # noqa: E402
from shared.nlp.spelling import pack_words  # noqa: E402

_BUCKETS = 4096
_MOST_PROBES = 64
# Above this, the mix is fitted on a sample: the scalars are three, and every fold costs a training.
_SAMPLE = 12_000
_NICENESS = 10
# What a training takes grows with their square: 13 s of processor for 500 of two expressions.
_MOST_INTENTS = 2_000

Rows = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Source:
    """`intents` are those that have expressions, sorted by id; rows are sorted by intent and text."""

    language: str
    profile: str
    fingerprint: str
    intents: list[dict[str, str]]
    texts: list[str]
    labels: Labels

    @property
    def written(self) -> Written:
        return Written(self.texts, self.labels, [Named(**intent) for intent in self.intents])

    def texts_of(self, rows: Rows) -> list[str]:
        return list(compress(self.texts, rows))


def read_source(path: Path) -> Source:
    """Raises InvalidError `no_expressions`, `too_many_intents`."""
    document = orjson.loads(path.read_bytes())
    found = sorted((i for i in document["intents"] if i["expressions"]), key=lambda intent: intent["id"])
    if not found:
        raise InvalidError("no_expressions", f"There are no expressions in {document['language']!r} to learn from.")
    if len(found) > _MOST_INTENTS:
        detail = f"A language learns up to {_MOST_INTENTS} intents, and this bot has {len(found)}."
        raise InvalidError("too_many_intents", f"{detail} Join those that lead to the same answer.")
    rows = [(label, text) for label, intent in enumerate(found) for text in sorted(intent["expressions"])]
    return Source(
        language=document["language"],
        profile=document["profile"],
        fingerprint=document["fingerprint"],
        intents=[{"id": intent["id"], "name": intent["name"]} for intent in found],
        texts=[text for _, text in rows],
        labels=np.array([label for label, _ in rows], np.int64),
    )


def tell(step: str, percent: float) -> None:
    print(orjson.dumps({"step": step, "percent": round(percent, 1)}).decode(), flush=True)


def train(source: Source, out: Path, cache: Path | None) -> ModelManifest:
    folder = _encoder_for(source.profile)
    said, names = _examples(source, folder, cache)
    classes = len(source.intents)
    sample = _sample(len(source.texts))
    found = out_of_fold(
        said.rows(sample),
        names,
        classes,
        folds(source.texts, source.labels)[sample],
        lambda share: tell("cross-validating", 35 + 40 * share),
    )
    mix = fit_mix(found)
    answers = held_out_answers(found, mix)
    tell("fitting", 80)
    head = head_graph(fit_heads(said, names, classes), mix, classes)
    tell("exporting", 90)
    hashes, fold_accents = pack(zip(source.texts, source.labels.tolist(), strict=True))
    own = {"expressions.bin": hashes, "head.onnx": head, "letters.bin": pack_letters(source.texts)}
    if folder:
        own["words.bin"] = pack_words(source.texts)
    files = {**own, **_encoder_files(folder)}
    manifest = ModelManifest(
        language=source.language,
        profile=source.profile,
        fingerprint=source.fingerprint,
        labels=tuple(intent["id"] for intent in source.intents),
        files=tuple(_ref(name, data) for name, data in sorted(own.items())),
        encoder=folder.manifest if folder else None,
        ngram_buckets=_BUCKETS,
        scope_threshold=float(np.quantile(answers.said.scope, SCOPE_QUANTILE)),
        fold_accents=fold_accents,
        probes=(),
        runtime=Runtime(opset=OPSET, ir_version=IR_VERSION, operators=operators(head)),
    )
    manifest = manifest.model_copy(update={"probes": _probes(manifest, files, source)})
    tell("evaluating", 95)
    pairs = alike(said.features, source.labels, sample, answers.own)
    _write(out, manifest, files)
    _write_evaluation(out, answers, evaluate(answers, source.texts_of(sample), source.written, pairs))
    return manifest


def _encoder_for(profile: str) -> EncoderFolder | None:
    """Raises InvalidError `encoder_missing` for the default profile, `profile_unavailable` for another."""
    if profile == "fast":
        return None
    folder = installed_encoder(profile)
    if folder is None:
        raise InvalidError("encoder_missing" if profile == "default" else "profile_unavailable", how_to_get(profile))
    return folder


def _examples(source: Source, folder: EncoderFolder | None, cache: Path | None) -> tuple[Examples, Examples]:
    """What was said, and those names that say something."""
    called = [spoken(intent["name"]) for intent in source.intents]
    features = _features([*source.texts, *called], folder, cache)
    said = Examples(features.rows(slice(len(source.texts))), source.labels)
    names = features.rows(slice(len(source.texts), None))
    labels = telling_names(said, names, len(source.intents))
    return said, Examples(names.rows(labels), labels)


def _features(texts: list[str], folder: EncoderFolder | None, cache: Path | None) -> Features:
    ngrams = ngram_matrix(texts, _BUCKETS)
    if folder is None:
        return Features(None, ngrams)
    encoder = Encoder(folder.manifest, folder.read)
    return Features(embed_all(texts, encoder, cache, lambda share: tell("encoding", 2 + 33 * share)), ngrams)


def _sample(count: int) -> Rows:
    chosen = np.ones(count, bool)
    if count > _SAMPLE:
        chosen[:] = False
        chosen[np.random.RandomState(0).permutation(count)[:_SAMPLE]] = True
    return chosen


def _encoder_files(folder: EncoderFolder | None) -> dict[str, bytes]:
    return {file.name: folder.read(file.digest) for file in folder.manifest.files} if folder else {}


def _ref(name: str, data: bytes) -> FileRef:
    return FileRef(name=name, digest=digest_of(data), size_bytes=len(data))


def _probes(manifest: ModelManifest, files: dict[str, bytes], source: Source) -> tuple[Probe, ...]:
    """Spread over the intents, answered by the exported model itself."""
    by_digest = {digest_of(data): data for data in files.values()}
    model = load_model(manifest, by_digest.__getitem__, EncoderCache())
    step = max(1, len(source.texts) // _MOST_PROBES)
    probes = []
    for text in source.texts[::step][:_MOST_PROBES]:
        scores = model.score(text)
        intent, confidence = scores.ranking[0]
        probes.append(Probe(text=text, intent=intent, confidence=confidence, scope=scores.scope))
    return tuple(probes)


def _write(out: Path, manifest: ModelManifest, files: dict[str, bytes]) -> None:
    (out / "files").mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (out / "files" / name).write_bytes(data)
    (out / "manifest.json").write_bytes(manifest.canonical())


def _write_evaluation(out: Path, answers: Answers, found: Evaluation) -> None:
    (out / "evaluation.json").write_bytes(canonical(found.model_dump(mode="json")))
    (out / "outcomes.bin").write_bytes(answers.outcomes().tobytes())


def _end_with_parent() -> None:
    """The parent holds our standard input open; when it is killed, the pipe ends and so do we."""
    # Not through sys.stdin, whose lock this thread would hold when the interpreter wants to close it.
    while os.read(0, 4096):
        continue
    os._exit(1)


def main() -> int:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    threading.Thread(target=import_module, args=("sklearn.svm",), daemon=True).start()
    with suppress(OSError, AttributeError):
        os.nice(_NICENESS)
    cache = os.environ.get("GREENROOM_EMBEDDINGS_CACHE")
    try:
        tell("reading", 1)
        train(read_source(Path(sys.argv[1])), Path(sys.argv[2]), Path(cache) if cache else None)
    except GreenroomError as error:
        print(orjson.dumps({"error": error.code, "detail": error.detail}).decode(), flush=True)
        return 1
    tell("done", 100)
    # onnxruntime and the watching thread need no goodbye.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
