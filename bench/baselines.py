"""Accuracy beside two baselines, offline: trained by the product's code, answered by the exported model as served.

    python -m bench.baselines DATA/*.json [--typos 500] [--profile fast] [--json] [--cache FOLDER]

A file is `{"train": [[text, label], ...], "test": [...], "oos_test": [...]?}`. The baselines see the same rows in the
same run: a linear SVM on TF-IDF of character and word n-grams, and logistic regression on the same encoder.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

# Before numpy is imported, as in the training: else its sums, and with them the model, differ.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from bench.typos import with_typos  # noqa: E402
from services.draft_api.training.embeddings import EmbeddingCache  # noqa: E402
from services.draft_api.training.encoder_folder import EncoderFolder, how_to_get, installed_encoder  # noqa: E402
from services.draft_api.training.train import read_source, train  # noqa: E402
from shared.contracts import BotSettings  # noqa: E402
from shared.digest import digest_of  # noqa: E402
from shared.nlp.decision import decide  # noqa: E402
from shared.nlp.encoder import Encoder, EncoderCache, Vector  # noqa: E402
from shared.nlp.model import Model, SharedParts, load_model  # noqa: E402
from shared.nlp.tokens import normal_form  # noqa: E402

OUT_OF_SCOPE = {"oos", "ood"}
Rows = list[tuple[str, str]]
Labels = NDArray[np.str_]
Confidences = NDArray[np.float64]
Answer = Callable[[Sequence[str]], tuple[Labels, Confidences]]


@dataclass(frozen=True)
class Row:
    """Shares and errors in percent; `typos` is the accuracy with 6 % of the letters changed."""

    name: str
    train: int
    test: int
    accuracy: float
    tfidf_svm: float
    encoder_lr: float | None
    typos: float
    tfidf_svm_typos: float
    encoder_lr_typos: float | None
    ece: float
    encoder_lr_ece: float | None
    understood: float
    out_of_scope_recall: float | None
    head_bytes: int
    seconds: float


class Remembered(Encoder):
    """Encodes a text once for every model and baseline of a run: alone or not, it has one vector."""

    def __init__(self, folder: EncoderFolder, known: EmbeddingCache) -> None:
        super().__init__(folder.manifest, folder.read)
        self.known = known

    def embed(self, text: str) -> Vector:
        if text not in self.known:
            self.known.add(text, super().embed(text)[0])
        return self.known.get(text)[None]


def measure(path: Path, profile: str, typos: int, cache: Path) -> Row:
    data = {split: [(text, label) for text, label in rows] for split, rows in json.loads(path.read_text()).items()}
    test = [(text, label) for text, label in data["test"] if label not in OUT_OF_SCOPE]
    texts, labels = [text for text, _ in test], np.array([label for _, label in test])
    typed, meant = [with_typos(text, seed) for seed, text in enumerate(texts[:typos])], labels[:typos]
    encoder = None if profile == "fast" else _encoder(profile, cache)
    started = time.perf_counter()
    model = trained(data["train"], profile, encoder, cache)
    seconds = time.perf_counter() - started
    svm = tfidf_svm(data["train"])
    regression = encoder_regression(data["train"], encoder) if encoder else None
    guesses, sure, understood = served(model, texts)
    strangers = [text for text, _ in data.get("oos_test", [])]
    row = Row(
        name=path.stem,
        train=len(data["train"]),
        test=len(test),
        accuracy=_share(guesses == labels),
        tfidf_svm=_share(svm(texts) == labels),
        encoder_lr=_share(regression(texts)[0] == labels) if regression else None,
        typos=_share(served(model, typed)[0] == meant),
        tfidf_svm_typos=_share(svm(typed) == meant),
        encoder_lr_typos=_share(regression(typed)[0] == meant) if regression else None,
        ece=_calibration_error(sure, guesses == labels),
        encoder_lr_ece=_calibration(regression, texts, labels) if regression else None,
        understood=_share((guesses == labels) & understood),
        out_of_scope_recall=_share(~served(model, strangers)[2]) if strangers else None,
        head_bytes=next(file.size_bytes for file in model.manifest.files if file.name == "head.onnx"),
        seconds=seconds,
    )
    if encoder:
        encoder.known.save()
    return row


def _encoder(profile: str, cache: Path) -> Remembered:
    folder = installed_encoder(profile)
    if folder is None:
        raise SystemExit(how_to_get(profile))
    return Remembered(folder, EmbeddingCache(cache, folder.manifest.digest, folder.manifest.dimensions))


def trained(rows: Rows, profile: str, encoder: Remembered | None, cache: Path) -> Model:
    """Trains as draft does, and loads what it exported."""
    with tempfile.TemporaryDirectory() as scratch, redirect_stdout(sys.stderr):
        source, out = Path(scratch) / "source.json", Path(scratch) / "out"
        source.write_text(json.dumps(_document(rows, profile)))
        manifest = train(read_source(source), out, cache)
        files = {digest_of(data): data for data in (file.read_bytes() for file in (out / "files").iterdir())}
    encoders = EncoderCache({encoder.manifest.digest: encoder} if encoder else {})
    return load_model(manifest, files.__getitem__, SharedParts(encoders))


def _document(rows: Rows, profile: str) -> dict[str, Any]:
    """Labels are the ids and the names; a text that was there before is skipped, as the import does (T4)."""
    intents: dict[str, list[str]] = {}
    for text, label in {
        normal_form(text, fold_accents=False): (text, label) for text, label in reversed(rows)
    }.values():
        intents.setdefault(label, []).append(text)
    found = [{"id": label, "name": label, "expressions": texts} for label, texts in intents.items()]
    return {"language": "en", "profile": profile, "fingerprint": "sha256:" + "0" * 64, "intents": found}


def served(model: Model, texts: Sequence[str]) -> tuple[Labels, Confidences, NDArray[np.bool_]]:
    """The first of each ranking, its confidence, and whether it is understood at the default thresholds."""
    scores = [model.score(text) for text in texts]
    settings, scope = BotSettings(), model.manifest.scope_threshold
    found = [decide(text, "en", score, settings, scope, {}, None) for text, score in zip(texts, scores, strict=True)]
    best = [one.ranking[0] for one in found]
    labels, sure = np.array([intent.id for intent in best]), np.array([intent.confidence for intent in best])
    return labels, sure, np.array([one.understood for one in found])


def tfidf_svm(rows: Rows) -> Callable[[Sequence[str]], Labels]:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC

    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    words = TfidfVectorizer(analyzer="word", ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\b\w+\b")
    fitted = make_pipeline(make_union(letters, words), LinearSVC(C=0.5, random_state=0))
    fitted.fit([text for text, _ in rows], [label for _, label in rows])
    return lambda texts: np.asarray(fitted.predict(texts))


def encoder_regression(rows: Rows, encoder: Encoder) -> Answer:
    from sklearn.linear_model import LogisticRegression

    def vectors(texts: Sequence[str]) -> NDArray[np.float32]:
        return np.concatenate([encoder.embed(text) for text in texts])

    fitted = LogisticRegression(C=10, max_iter=300).fit(
        vectors([text for text, _ in rows]), [label for _, label in rows]
    )

    def answers(texts: Sequence[str]) -> tuple[Labels, Confidences]:
        odds = fitted.predict_proba(vectors(texts))
        return fitted.classes_[odds.argmax(axis=1)], odds.max(axis=1)

    return answers


def _calibration(answer: Answer, texts: Sequence[str], labels: Labels) -> float:
    guesses, sure = answer(texts)
    return _calibration_error(sure, guesses == labels)


def _calibration_error(sure: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Over fifteen equal bins, as published figures have it: test sets fill them, which expressions of a bot do not."""
    bins = [np.ceil(sure * 15).clip(1) == place for place in range(1, 16)]
    return 100 * float(sum(abs(sure[inside].sum() - right[inside].sum()) for inside in bins)) / len(right)


def _share(which: NDArray[np.bool_]) -> float:
    return 100 * float(which.mean())


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--profile", choices=["default", "accurate", "fast"], default="default")
    parser.add_argument("--typos", type=int, default=500, help="how many messages of a test set are mistyped")
    parser.add_argument("--cache", type=Path, help="keeps embeddings between runs")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    names = [field.name for field in fields(Row)]
    if not given.json:
        print(f"| {' | '.join(names)} |\n{'| --- ' * len(names)}|")
    with tempfile.TemporaryDirectory() as scratch:
        for path in given.files:
            row = asdict(measure(path, given.profile, given.typos, given.cache or Path(scratch)))
            print(json.dumps(row) if given.json else f"| {' | '.join(map(_cell, row.values()))} |", flush=True)


if __name__ == "__main__":
    main()
